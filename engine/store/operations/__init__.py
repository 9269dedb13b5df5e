"""What the message store does, written once for every database.

An operation is a generator: it yields named statements with their parameters and is sent the rows. It does no I/O, so
the SQLite driver runs it synchronously and the PostgreSQL driver asynchronously, and both keep the same promises.
"""
