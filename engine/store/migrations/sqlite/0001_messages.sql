-- The message and everything that hangs on it. The states and their transitions are drawn in docs/state-machine.md.

CREATE TABLE meta (
  name TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE message (
  id INTEGER PRIMARY KEY,
  channel TEXT NOT NULL,
  state TEXT NOT NULL,
  lane TEXT,
  position INTEGER NOT NULL,
  eligible INTEGER NOT NULL,          -- may run now as far as its lane goes
  blocks INTEGER NOT NULL,            -- keeps later messages of its lane waiting
  priority INTEGER NOT NULL,
  overtakes INTEGER NOT NULL,
  source TEXT NOT NULL,
  payload BLOB NOT NULL,              -- address
  received_at REAL NOT NULL,
  content_type TEXT NOT NULL,
  headers TEXT NOT NULL,
  correlation_id TEXT NOT NULL,
  causation_id INTEGER,
  origin INTEGER NOT NULL,
  key TEXT NOT NULL,
  step TEXT NOT NULL,
  operation TEXT NOT NULL,
  attempts INTEGER NOT NULL DEFAULT 0,
  first_attempt_at REAL,
  not_before REAL,
  uncertain INTEGER NOT NULL DEFAULT 0,
  phase TEXT NOT NULL DEFAULT 'forward',
  revision TEXT,
  lease INTEGER,
  lease_until REAL,
  settled_at REAL,
  failure TEXT,
  error_class TEXT,
  reason TEXT,
  parked TEXT,
  due REAL,
  escalated INTEGER NOT NULL DEFAULT 0,
  again TEXT,
  force INTEGER NOT NULL DEFAULT 0,
  answer BLOB,                        -- address
  lines INTEGER NOT NULL DEFAULT 0,   -- how many journal lines there may be; 0: none
  business_keys TEXT,                 -- as given, in order; the table business_key is the index over them
  traceparent TEXT NOT NULL DEFAULT '',

  -- comparisons joined by OR: an IN list is a temporary table for each statement
  CONSTRAINT known_state CHECK (
    state = 'ready' OR state = 'waiting' OR state = 'running' OR state = 'parked'
    OR state = 'completed' OR state = 'discarded' OR state = 'dead'),
  CONSTRAINT running_is_leased CHECK ((state = 'running') = (lease IS NOT NULL)),
  CONSTRAINT lease_has_an_end CHECK ((lease IS NULL) = (lease_until IS NULL)),
  CONSTRAINT waiting_has_a_time CHECK ((state = 'waiting') = (not_before IS NOT NULL)),
  CONSTRAINT parked_says_why CHECK ((state = 'parked') = (parked IS NOT NULL)),
  CONSTRAINT dead_says_why CHECK (state <> 'dead' OR failure IS NOT NULL),
  CONSTRAINT final_is_settled CHECK (
    (settled_at IS NOT NULL) = (state = 'completed' OR state = 'discarded' OR state = 'dead')),
  CONSTRAINT final_frees_its_lane CHECK (blocks = 0 OR (state <> 'completed' AND state <> 'discarded')),
  CONSTRAINT only_lanes_are_blocked CHECK (lane IS NOT NULL OR (blocks = 0 AND eligible = 1)),
  CONSTRAINT known_phase CHECK (phase = 'forward' OR phase = 'undo')
) STRICT;

CREATE INDEX message_claimable ON message (channel, priority, position) WHERE state = 'ready' AND eligible = 1;
CREATE INDEX message_lane ON message (lane, blocks, position) WHERE lane IS NOT NULL;
CREATE INDEX message_overtaking ON message (lane, eligible, position) WHERE overtakes = 1 AND blocks = 1;
CREATE INDEX message_waiting ON message (not_before) WHERE state = 'waiting';
CREATE INDEX message_due ON message (due) WHERE due IS NOT NULL AND escalated = 0;
CREATE INDEX message_open ON message (state, channel, received_at) WHERE settled_at IS NULL OR state = 'dead';
CREATE INDEX message_transaction ON message (correlation_id);

CREATE TABLE transition (
  before TEXT NOT NULL,
  after TEXT NOT NULL,
  PRIMARY KEY (before, after)
) STRICT, WITHOUT ROWID;

INSERT INTO transition (before, after) VALUES
  ('ready', 'running'), ('ready', 'waiting'), ('ready', 'discarded'), ('ready', 'dead'),
  ('waiting', 'ready'), ('waiting', 'discarded'), ('waiting', 'dead'),
  ('running', 'completed'), ('running', 'waiting'), ('running', 'parked'), ('running', 'discarded'),
  ('running', 'dead'), ('running', 'ready'),
  ('parked', 'ready'), ('parked', 'waiting'), ('parked', 'discarded'), ('parked', 'dead'),
  ('dead', 'ready'), ('dead', 'waiting'), ('dead', 'discarded'),
  ('completed', 'ready'), ('completed', 'waiting'),
  ('discarded', 'ready'), ('discarded', 'waiting');

CREATE TRIGGER message_transition BEFORE UPDATE OF state ON message
WHEN OLD.state <> NEW.state
  AND NOT (OLD.state = 'running' AND NEW.state = 'completed')  -- nearly every one: it need not be looked up
  AND NOT EXISTS (SELECT 1 FROM transition WHERE before = OLD.state AND after = NEW.state)
BEGIN
  SELECT RAISE(ABORT, 'illegal transition of a message');
END;

CREATE TABLE payload (
  id INTEGER PRIMARY KEY,
  digest BLOB NOT NULL UNIQUE,        -- the address: time and part of the SHA-256
  size INTEGER NOT NULL,
  uses INTEGER NOT NULL,              -- rows that name it; pruned at 0
  place INTEGER NOT NULL,             -- 0 in the row, 1 in a file, 2 erased
  body BLOB
) STRICT;

CREATE INDEX payload_unused ON payload (id) WHERE uses <= 0;

CREATE TABLE journal (
  message_id INTEGER NOT NULL,
  line INTEGER NOT NULL,
  step TEXT NOT NULL,
  kind TEXT NOT NULL,
  at REAL NOT NULL,
  request BLOB,                       -- address
  reply BLOB,                         -- address
  facts TEXT NOT NULL,
  PRIMARY KEY (message_id, line)
) STRICT, WITHOUT ROWID;

CREATE TABLE attempt (
  message_id INTEGER NOT NULL,
  line INTEGER NOT NULL,
  number INTEGER NOT NULL,
  started_at REAL NOT NULL,
  ended_at REAL NOT NULL,
  outcome TEXT NOT NULL,
  step TEXT NOT NULL,
  error_class TEXT,
  reason TEXT,
  detail TEXT NOT NULL,
  status INTEGER,
  request BLOB,                       -- address
  reply BLOB,                         -- address
  revision TEXT,
  PRIMARY KEY (message_id, line)
) STRICT, WITHOUT ROWID;

CREATE TABLE claim (
  scope TEXT NOT NULL,
  key TEXT NOT NULL,
  digest BLOB NOT NULL,
  message_id INTEGER NOT NULL,
  expires_at REAL NOT NULL,
  PRIMARY KEY (scope, key)
) STRICT, WITHOUT ROWID;

CREATE INDEX claim_expiry ON claim (expires_at);

CREATE TABLE business_key (
  value TEXT NOT NULL,
  kind TEXT NOT NULL,
  correlation_id TEXT NOT NULL,
  message_id INTEGER NOT NULL,        -- the first that carried it
  PRIMARY KEY (value, kind, correlation_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX business_key_transaction ON business_key (correlation_id);

CREATE TABLE milestone (
  correlation_id TEXT NOT NULL,
  name TEXT NOT NULL,
  message_id INTEGER NOT NULL,
  at REAL NOT NULL,
  note TEXT NOT NULL,
  PRIMARY KEY (correlation_id, name, message_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE topic_key (
  topic TEXT NOT NULL,
  selector TEXT NOT NULL,
  key TEXT NOT NULL,
  message_id INTEGER NOT NULL,        -- the event
  PRIMARY KEY (topic, selector, key, message_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX topic_key_message ON topic_key (message_id);

CREATE TABLE wait (
  message_id INTEGER PRIMARY KEY,     -- the parked message
  topic TEXT NOT NULL,
  selector TEXT NOT NULL,
  key TEXT NOT NULL
) STRICT;

CREATE INDEX wait_event ON wait (topic, selector, key);

CREATE TABLE mark (
  lane TEXT PRIMARY KEY,
  version BLOB NOT NULL,
  message_id INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE watermark (
  name TEXT PRIMARY KEY,
  value BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE revision (
  revision TEXT PRIMARY KEY,
  bundle BLOB NOT NULL,
  stored_at REAL NOT NULL,
  used_at REAL NOT NULL
) STRICT;

CREATE TABLE audit (
  id INTEGER PRIMARY KEY,
  at REAL NOT NULL,
  who TEXT NOT NULL,
  verb TEXT NOT NULL,
  message_id INTEGER,
  reason TEXT NOT NULL,
  facts TEXT NOT NULL
) STRICT;

CREATE INDEX audit_message ON audit (message_id) WHERE message_id IS NOT NULL;
