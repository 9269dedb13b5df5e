-- The state of one stand-in. A container of the state has a row of its own and one row for each item in it, so that an
-- effect writes only what it changes.
CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS state (
  field TEXT NOT NULL,
  item TEXT NOT NULL DEFAULT '',
  is_item INTEGER NOT NULL DEFAULT 0,
  value TEXT NOT NULL,
  PRIMARY KEY (field, is_item, item)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS ledger (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  at REAL NOT NULL,
  operation TEXT NOT NULL,
  method TEXT NOT NULL,
  target TEXT NOT NULL,
  key TEXT,
  digest TEXT NOT NULL,
  headers TEXT NOT NULL,
  body BLOB NOT NULL,
  applied INTEGER NOT NULL,
  repeat INTEGER NOT NULL,
  sequence INTEGER,
  status INTEGER NOT NULL,
  fault TEXT,
  note TEXT
);
CREATE TABLE IF NOT EXISTS answers (
  operation TEXT NOT NULL,
  key TEXT NOT NULL,
  sequence INTEGER NOT NULL,
  status INTEGER NOT NULL,
  headers TEXT NOT NULL,
  content_type TEXT NOT NULL,
  body BLOB NOT NULL,
  PRIMARY KEY (operation, key)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS emissions (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  event TEXT NOT NULL,
  event_id TEXT NOT NULL,
  due REAL NOT NULL,
  first_due REAL NOT NULL,
  path TEXT NOT NULL,
  headers TEXT NOT NULL,
  body BLOB NOT NULL,
  attempts INTEGER NOT NULL DEFAULT 0,
  outcome TEXT NOT NULL DEFAULT 'waiting' CHECK (outcome IN ('waiting', 'taken', 'refused', 'given-up')),
  status INTEGER,
  detail TEXT
);
CREATE INDEX IF NOT EXISTS emissions_due ON emissions (due) WHERE outcome = 'waiting';
