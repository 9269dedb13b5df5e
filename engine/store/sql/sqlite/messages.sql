-- The path of a message: append, claim, record, settle.

-- name: message_columns
id, channel, state, source, payload, received_at, content_type, headers, correlation_id, causation_id, origin, key,
step, operation, lane, position, overtakes, priority, attempts, first_attempt_at, not_before, uncertain, phase,
revision, lease, settled_at, failure, parked, again, force, traceparent, business_keys, lines, outputs, answer

-- What is written of every new message.
-- name: new_columns
id, channel, lane, position, eligible, blocks, priority, overtakes, source, payload, received_at, content_type, headers,
correlation_id, causation_id, origin, key, step, operation, revision, business_keys, traceparent

-- name: new_values
?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?

-- A new message that is leased at once. One statement for each kind: to pass a NULL takes longer than to write a value.
-- name: put_running
INSERT INTO message ({new_columns}, state, first_attempt_at, lease, lease_until)
VALUES ({new_values}, 'running', ?, ?, ?)

-- One that is stored with the end of its exchange, without failure or answer.
-- name: put_completed
INSERT INTO message ({new_columns}, state, first_attempt_at, settled_at, attempts, lines, outputs)
VALUES ({new_values}, 'completed', ?, ?, ?, ?, ?)

-- Any other.
-- name: put_message
INSERT INTO message ({new_columns}, state, not_before, first_attempt_at, settled_at, failure, error_class, reason, attempts,
  lines, outputs, answer)
VALUES ({new_values}, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)

-- The highest id there is, so that new ones are always higher.
-- name: last_id
SELECT max(
  coalesce((SELECT max(id) FROM message), 0),
  coalesce((SELECT max(id) FROM audit), 0),
  coalesce((SELECT max(message_id) FROM claim), 0))

-- For an append in one look: whether its claim is taken, the newest transaction of its key, whether its lane and that of
-- its output are busy.
-- name: look
SELECT EXISTS (SELECT 1 FROM claim WHERE scope = ? AND key = ? AND expires_at > ?),
  (SELECT correlation_id FROM business_key WHERE value = ? AND kind = ? ORDER BY correlation_id DESC LIMIT 1),
  EXISTS (SELECT 1 FROM message WHERE lane = ? AND blocks = 1),
  EXISTS (SELECT 1 FROM message WHERE lane = ? AND blocks = 1)

-- Whether anything blocks the lane.
-- name: lane_head
SELECT 1 FROM message WHERE lane = ? AND blocks = 1 LIMIT 1

-- The lane's first two blocking messages, and whether an overtaker is among the blocking.
-- name: lane_front
SELECT id, state, eligible, overtakes, channel,
  EXISTS (SELECT 1 FROM message o INDEXED BY message_overtaking WHERE o.lane = m.lane AND o.overtakes = 1 AND o.blocks = 1)
FROM message m WHERE lane = ? AND blocks = 1 ORDER BY position LIMIT 2

-- The overtakers that carry a flag, wherever they stand, and the first of the others that is not parked.
-- name: lane_overtakers
SELECT id, state, eligible, overtakes, channel FROM message WHERE id IN (
  SELECT id FROM message INDEXED BY message_overtaking
  WHERE lane = ?1 AND overtakes = 1 AND blocks = 1 AND eligible = 1
  UNION ALL
  SELECT id FROM (SELECT id FROM message INDEXED BY message_overtaking
    WHERE lane = ?1 AND overtakes = 1 AND blocks = 1 AND eligible = 0 AND state <> 'parked' ORDER BY position LIMIT 1))
ORDER BY position

-- name: set_eligible
UPDATE message SET eligible = ? WHERE id = ?

-- Lease the eligible ready messages of a channel, the most urgent and oldest first.
-- name: claim_messages
UPDATE message SET state = 'running', lease = ?, lease_until = ?, first_attempt_at = coalesce(first_attempt_at, ?)
WHERE id IN (
  SELECT id FROM message WHERE channel = ? AND state = 'ready' AND eligible = 1 ORDER BY priority, position LIMIT ?)
RETURNING {message_columns}

-- name: find_leased
SELECT {message_columns} FROM message WHERE id = ? AND lease = ?

-- name: find_bodies
SELECT m.id, p.digest, p.place, p.body FROM message m JOIN payload p ON p.digest = m.payload
WHERE m.id IN (SELECT value FROM json_each(?))

-- The message behind a lease that still holds. Read first and then written: RETURNING costs more than both.
-- name: find_lease
SELECT channel, lane, correlation_id, lines, outputs, again, answer,
  EXISTS (SELECT 1 FROM message o WHERE o.lane = m.lane AND o.blocks = 1 AND o.id <> m.id)
FROM message m WHERE id = ? AND lease = ?

-- name: find_correlation
SELECT correlation_id FROM message WHERE id = ?

-- name: renew_lease
UPDATE message SET lease_until = ? WHERE id = ?

-- Unchanged means also: as if it had never been started.
-- name: give_back
UPDATE message SET state = 'ready', lease = NULL, lease_until = NULL,
  first_attempt_at = CASE WHEN attempts = 0 AND lines = 0 AND uncertain = 0 THEN NULL ELSE first_attempt_at END
WHERE id = ?

-- name: record_progress
UPDATE message SET lease_until = ?, phase = coalesce(?, phase), revision = coalesce(?, revision), lines = lines + ?
WHERE id = ?

-- The end of a message that its lease still holds, if nothing is left to do again and nobody waits behind it.
-- name: complete_alone
UPDATE message AS m SET state = 'completed', blocks = 0, eligible = lane IS NULL, attempts = attempts + ?, settled_at = ?,
  uncertain = 0, failure = NULL, error_class = NULL, reason = NULL, lease = NULL, lease_until = NULL
WHERE id = ? AND lease = ? AND again IS NULL
  AND NOT EXISTS (SELECT 1 FROM message o WHERE o.lane = m.lane AND o.blocks = 1 AND o.id <> m.id)

-- The end of nearly every message; settle_message does the rest.
-- name: complete_message
UPDATE message SET state = 'completed', blocks = 0, eligible = lane IS NULL, attempts = attempts + ?, settled_at = ?,
  uncertain = 0, failure = NULL, error_class = NULL, reason = NULL, lease = NULL, lease_until = NULL,
  answer = coalesce(?, answer), phase = coalesce(?, phase), revision = coalesce(?, revision), lines = lines + ?
WHERE id = ?

-- name: settle_message
UPDATE message SET state = ?, blocks = lane IS NOT NULL AND ?, eligible = lane IS NULL OR ?, attempts = attempts + ?,
  first_attempt_at = CASE WHEN ? AND attempts = 0 AND lines = 0 THEN NULL ELSE first_attempt_at END,
  not_before = ?, failure = ?, error_class = ?, reason = ?, parked = ?, due = ?, escalated = 0, settled_at = ?,
  uncertain = uncertain OR ?, lease = NULL, lease_until = NULL,
  answer = coalesce(?, answer), phase = coalesce(?, phase), revision = coalesce(?, revision), lines = lines + ?
WHERE id = ?

-- name: set_again
UPDATE message SET again = ? WHERE id = ?

-- name: add_lines
UPDATE message SET lines = lines + ? WHERE id = ?
