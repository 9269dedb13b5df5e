-- The message and everything that hangs on it. The states and their transitions are drawn in docs/state-machine.md.

CREATE TABLE meta (
  name text COLLATE "C" PRIMARY KEY,
  value text COLLATE "C" NOT NULL
);

CREATE SEQUENCE message_position;

CREATE TABLE message (
  id bigint PRIMARY KEY,
  channel text COLLATE "C" NOT NULL,
  state text COLLATE "C" NOT NULL,
  lane text COLLATE "C",
  position bigint NOT NULL,
  entered bigint NOT NULL,            -- the position at append: orders messages over replicas whose clocks differ
  eligible smallint NOT NULL,          -- may run now as far as its lane goes
  blocks smallint NOT NULL,            -- keeps later messages of its lane waiting
  priority smallint NOT NULL,
  overtakes smallint NOT NULL,
  source text NOT NULL,
  payload bytea NOT NULL,              -- address
  received_at float8 NOT NULL,
  content_type text NOT NULL,
  headers text NOT NULL,
  correlation_id text COLLATE "C" NOT NULL,
  causation_id bigint,
  origin bigint NOT NULL,
  key text COLLATE "C" NOT NULL,
  step text NOT NULL,
  operation text NOT NULL,
  attempts integer NOT NULL DEFAULT 0,
  first_attempt_at float8,
  not_before float8,
  uncertain smallint NOT NULL DEFAULT 0,
  phase text NOT NULL DEFAULT 'forward',
  revision text COLLATE "C",
  lease bigint,
  lease_until float8,
  settled_at float8,
  failure text,
  error_class text,
  reason text,
  parked text,
  due float8,
  escalated smallint NOT NULL DEFAULT 0,
  again text,
  force smallint NOT NULL DEFAULT 0,
  answer bytea,                        -- address
  lines integer NOT NULL DEFAULT 0,   -- how many journal lines there may be; 0: none
  business_keys text,                 -- as given, in order; the table business_key is the index over them
  traceparent text NOT NULL DEFAULT '',

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
);

CREATE INDEX message_claimable ON message (channel, priority, position) WHERE state = 'ready' AND eligible = 1;
CREATE INDEX message_lane ON message (lane, blocks, position) WHERE lane IS NOT NULL;
CREATE INDEX message_overtaking ON message (lane, eligible, position) WHERE overtakes = 1 AND blocks = 1;
CREATE INDEX message_waiting ON message (not_before) WHERE state = 'waiting';
CREATE INDEX message_due ON message (due) WHERE due IS NOT NULL AND escalated = 0;
CREATE INDEX message_open ON message (state, channel, received_at) WHERE settled_at IS NULL OR state = 'dead';
CREATE INDEX message_transaction ON message (correlation_id);

CREATE TABLE transition (
  before text NOT NULL,
  after text NOT NULL,
  PRIMARY KEY (before, after)
);

INSERT INTO transition (before, after) VALUES
  ('ready', 'running'), ('ready', 'waiting'), ('ready', 'discarded'), ('ready', 'dead'),
  ('waiting', 'ready'), ('waiting', 'discarded'), ('waiting', 'dead'),
  ('running', 'completed'), ('running', 'waiting'), ('running', 'parked'), ('running', 'discarded'),
  ('running', 'dead'), ('running', 'ready'),
  ('parked', 'ready'), ('parked', 'waiting'), ('parked', 'discarded'), ('parked', 'dead'),
  ('dead', 'ready'), ('dead', 'waiting'), ('dead', 'discarded'),
  ('completed', 'ready'), ('completed', 'waiting'),
  ('discarded', 'ready'), ('discarded', 'waiting');

CREATE FUNCTION message_transition() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (SELECT 1 FROM transition WHERE before = OLD.state AND after = NEW.state) THEN
    RAISE EXCEPTION 'illegal transition of a message from % to %', OLD.state, NEW.state USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;

CREATE TRIGGER message_transition BEFORE UPDATE OF state ON message
FOR EACH ROW WHEN (OLD.state <> NEW.state) EXECUTE FUNCTION message_transition();

CREATE TABLE payload (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  digest bytea NOT NULL UNIQUE,        -- the address: time and part of the SHA-256
  size integer NOT NULL,
  uses bigint NOT NULL,              -- rows that name it; pruned at 0
  place smallint NOT NULL,            -- 0 in the row, 2 erased; files would not be seen by other replicas
  body bytea
);

CREATE INDEX payload_unused ON payload (id) WHERE uses <= 0;

CREATE TABLE journal (
  message_id bigint NOT NULL,
  line bigint NOT NULL,
  step text NOT NULL,
  kind text COLLATE "C" NOT NULL,
  at float8 NOT NULL,
  request bytea,                       -- address
  reply bytea,                         -- address
  facts text NOT NULL,
  PRIMARY KEY (message_id, line)
);

CREATE TABLE attempt (
  message_id bigint NOT NULL,
  line bigint NOT NULL,
  number integer NOT NULL,
  started_at float8 NOT NULL,
  ended_at float8 NOT NULL,
  outcome text NOT NULL,
  step text NOT NULL,
  error_class text,
  reason text,
  detail text NOT NULL,
  status smallint,
  request bytea,                       -- address
  reply bytea,                         -- address
  revision text COLLATE "C",
  PRIMARY KEY (message_id, line)
);

CREATE TABLE claim (
  scope text COLLATE "C" NOT NULL,
  key text COLLATE "C" NOT NULL,
  digest bytea NOT NULL,
  message_id bigint NOT NULL,
  expires_at float8 NOT NULL,
  PRIMARY KEY (scope, key)
);

CREATE INDEX claim_expiry ON claim (expires_at);

CREATE TABLE business_key (
  value text COLLATE "C" NOT NULL,
  kind text COLLATE "C" NOT NULL,
  correlation_id text COLLATE "C" NOT NULL,
  message_id bigint NOT NULL,        -- the first that carried it
  PRIMARY KEY (value, kind, correlation_id)
);

CREATE INDEX business_key_transaction ON business_key (correlation_id);

CREATE TABLE milestone (
  correlation_id text COLLATE "C" NOT NULL,
  name text COLLATE "C" NOT NULL,
  message_id bigint NOT NULL,
  at float8 NOT NULL,
  note text NOT NULL,
  PRIMARY KEY (correlation_id, name, message_id)
);

CREATE TABLE topic_key (
  topic text COLLATE "C" NOT NULL,
  selector text COLLATE "C" NOT NULL,
  key text COLLATE "C" NOT NULL,
  message_id bigint NOT NULL,        -- the event
  PRIMARY KEY (topic, selector, key, message_id)
);

CREATE INDEX topic_key_message ON topic_key (message_id);

CREATE TABLE wait (
  message_id bigint PRIMARY KEY,     -- the parked message
  topic text COLLATE "C" NOT NULL,
  selector text COLLATE "C" NOT NULL,
  key text COLLATE "C" NOT NULL
);

CREATE INDEX wait_event ON wait (topic, selector, key);

CREATE TABLE mark (
  lane text COLLATE "C" PRIMARY KEY,
  version bytea NOT NULL,
  message_id bigint NOT NULL
);

CREATE TABLE watermark (
  name text COLLATE "C" PRIMARY KEY,
  value bytea NOT NULL
);

CREATE TABLE revision (
  revision text COLLATE "C" PRIMARY KEY,
  bundle bytea NOT NULL,
  stored_at float8 NOT NULL,
  used_at float8 NOT NULL
);

CREATE TABLE audit (
  id bigint PRIMARY KEY,
  at float8 NOT NULL,
  who text NOT NULL,
  verb text NOT NULL,
  message_id bigint,
  reason text NOT NULL,
  facts text NOT NULL
);

CREATE INDEX audit_message ON audit (message_id) WHERE message_id IS NOT NULL;
