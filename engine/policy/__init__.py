"""Policies: pure decisions about retries, breakers, rates, calendars and priorities.

Nothing here reads a clock, sleeps, writes or logs. Every function takes `now` (seconds since the epoch, a float) and
the state it decides upon, and returns a value; the caller acts on it. Durations are seconds.
"""
