"""Stand-ins for systems: real HTTP peers in a process of their own, with durable state, a ledger and faults."""
