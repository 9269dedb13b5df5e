-- The path of a message: append, claim, record, settle.

-- name: message_columns
id, channel, state, source, payload, received_at, content_type, headers, correlation_id, causation_id, origin, key,
step, operation, lane, position, overtakes, priority, attempts, first_attempt_at, not_before, uncertain, phase,
revision, lease, settled_at, failure, parked, again, force, traceparent, business_keys, lines, outputs, answer

-- What is written of every new message.
-- name: new_columns
id, channel, lane, position, eligible, blocks, priority, overtakes, source, payload, received_at, content_type, headers,
correlation_id, causation_id, origin, key, step, operation, revision, business_keys, traceparent, entered

-- name: new_values
$1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $4

-- A new message that is leased at once.
-- name: put_running
INSERT INTO message ({new_columns}, state, first_attempt_at, lease, lease_until)
VALUES ({new_values}, 'running', $23, $24, $25)

-- One that is stored with the end of its exchange, without failure or answer.
-- name: put_completed
INSERT INTO message ({new_columns}, state, first_attempt_at, settled_at, attempts, lines, outputs)
VALUES ({new_values}, 'completed', $23, $24, $25, $26, $27)

-- Any other.
-- name: put_message
INSERT INTO message ({new_columns}, state, not_before, first_attempt_at, settled_at, failure, error_class, reason, attempts,
  lines, outputs, answer)
VALUES ({new_values}, $23, $24, $25, $26, $27, $28, $29, $30, $31, $32, $33)

-- The highest id there is, so that new ones are always higher.
-- name: last_id
SELECT greatest(
  coalesce((SELECT max(id) FROM message), 0),
  coalesce((SELECT max(id) FROM audit), 0),
  coalesce((SELECT max(message_id) FROM claim), 0))

-- For an append in one look: whether its claim is taken, the newest transaction of its key, whether its lane and that of
-- its output are busy.
-- name: look
SELECT EXISTS (SELECT 1 FROM claim WHERE scope = $1 AND key = $2 AND expires_at > $3),
  (SELECT correlation_id FROM business_key WHERE value = $4 AND kind = $5 ORDER BY correlation_id DESC LIMIT 1),
  EXISTS (SELECT 1 FROM message WHERE lane = $6 AND blocks = 1),
  EXISTS (SELECT 1 FROM message WHERE lane = $7 AND blocks = 1)

-- Whether anything blocks the lane.
-- name: lane_head
SELECT 1 FROM message WHERE lane = $1 AND blocks = 1 LIMIT 1

-- The lane's first two blocking messages, and whether an overtaker is among the blocking. Locked, so that a claim that
-- takes one of them at the same time is seen.
-- name: lane_front
SELECT id, state, eligible, overtakes, channel,
  EXISTS (SELECT 1 FROM message o WHERE o.lane = m.lane AND o.overtakes = 1 AND o.blocks = 1)
FROM message m WHERE lane = $1 AND blocks = 1 ORDER BY position LIMIT 2
FOR UPDATE OF m

-- The overtakers that carry a flag, wherever they stand, and the first of the others that is not parked.
-- name: lane_overtakers
SELECT id, state, eligible, overtakes, channel FROM message WHERE blocks = 1 AND id IN (
  SELECT id FROM message WHERE lane = $1 AND overtakes = 1 AND blocks = 1 AND eligible = 1
  UNION ALL
  (SELECT id FROM message
    WHERE lane = $1 AND overtakes = 1 AND blocks = 1 AND eligible = 0 AND state <> 'parked' ORDER BY position LIMIT 1))
ORDER BY position FOR UPDATE

-- name: set_eligible
UPDATE message SET eligible = $1 WHERE id = $2

-- Lease the eligible ready messages of a channel, the most urgent and oldest first.
-- name: claim_messages
UPDATE message SET state = 'running', lease = $1, lease_until = $2, first_attempt_at = coalesce(first_attempt_at, $3)
WHERE id IN (
  SELECT id FROM message WHERE channel = $4 AND state = 'ready' AND eligible = 1 ORDER BY priority, position LIMIT $5
  FOR UPDATE SKIP LOCKED)
RETURNING {message_columns}

-- name: find_leased
SELECT {message_columns} FROM message WHERE id = $1 AND lease = $2

-- name: find_bodies
SELECT m.id, p.digest, p.place, p.body FROM message m JOIN payload p ON p.digest = m.payload
WHERE m.id IN (SELECT jsonb_array_elements_text($1::text::jsonb)::bigint)

-- The message behind a lease that still holds, locked until it is written.
-- name: find_lease
SELECT channel, lane, correlation_id, lines, outputs, again, answer,
  EXISTS (SELECT 1 FROM message o WHERE o.lane = m.lane AND o.blocks = 1 AND o.id <> m.id)
FROM message m WHERE id = $1 AND lease = $2 FOR UPDATE OF m

-- name: find_correlation
SELECT correlation_id FROM message WHERE id = $1

-- name: renew_lease
UPDATE message SET lease_until = $1 WHERE id = $2

-- Unchanged means also: as if it had never been started.
-- name: give_back
UPDATE message SET state = 'ready', lease = NULL, lease_until = NULL,
  first_attempt_at = CASE WHEN attempts = 0 AND lines = 0 AND uncertain = 0 THEN NULL ELSE first_attempt_at END
WHERE id = $1

-- name: record_progress
UPDATE message SET lease_until = $1, phase = coalesce($2, phase), revision = coalesce($3, revision), lines = lines + $4
WHERE id = $5

-- The end of a message that its lease still holds, if nothing is left to do again and nobody waits behind it.
-- name: complete_alone
UPDATE message AS m SET state = 'completed', blocks = 0, eligible = (lane IS NULL)::int, attempts = attempts + $1, settled_at = $2,
  uncertain = 0, failure = NULL, error_class = NULL, reason = NULL, lease = NULL, lease_until = NULL
WHERE id = $3 AND lease = $4 AND again IS NULL
  AND NOT EXISTS (SELECT 1 FROM message o WHERE o.lane = m.lane AND o.blocks = 1 AND o.id <> m.id)
RETURNING 1

-- The end of nearly every message; settle_message does the rest.
-- name: complete_message
UPDATE message SET state = 'completed', blocks = 0, eligible = (lane IS NULL)::int, attempts = attempts + $1, settled_at = $2,
  uncertain = 0, failure = NULL, error_class = NULL, reason = NULL, lease = NULL, lease_until = NULL,
  answer = coalesce($3, answer), phase = coalesce($4, phase), revision = coalesce($5, revision), lines = lines + $6
WHERE id = $7

-- name: settle_message
UPDATE message SET state = $1, blocks = (lane IS NOT NULL AND $2::int = 1)::int, eligible = (lane IS NULL OR $3::int = 1)::int,
  attempts = attempts + $4,
  first_attempt_at = CASE WHEN $5::int = 1 AND attempts = 0 AND lines = 0 THEN NULL ELSE first_attempt_at END,
  not_before = $6, failure = $7, error_class = $8, reason = $9, parked = $10, due = $11, escalated = 0, settled_at = $12,
  uncertain = greatest(uncertain, $13::int), lease = NULL, lease_until = NULL,
  answer = coalesce($14, answer), phase = coalesce($15, phase), revision = coalesce($16, revision), lines = lines + $17
WHERE id = $18

-- name: set_again
UPDATE message SET again = $1 WHERE id = $2

-- name: add_lines
UPDATE message SET lines = lines + $1 WHERE id = $2
