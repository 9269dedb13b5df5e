-- Chores and operator's orders.

-- name: promote_messages
UPDATE message SET state = 'ready', not_before = NULL
WHERE id IN (SELECT id FROM message WHERE state = 'waiting' AND not_before <= $1 ORDER BY not_before LIMIT $2
  FOR UPDATE SKIP LOCKED)
RETURNING channel, eligible

-- name: next_due
SELECT min(at) FROM (
  SELECT min(not_before) AS at FROM message WHERE state = 'waiting'
  UNION ALL SELECT min(due) FROM message WHERE due IS NOT NULL AND escalated = 0) AS times

-- name: overdue_parked
SELECT {message_columns} FROM message WHERE due IS NOT NULL AND escalated = 0 AND due <= $1 ORDER BY due LIMIT $2

-- name: set_escalated
UPDATE message SET escalated = 1 WHERE id = $1 AND state = 'parked'

-- name: find_expired
SELECT id, lane FROM message WHERE (settled_at IS NULL OR state = 'dead') AND state = 'running' AND lease_until <= $1 ORDER BY id

-- Outbound messages may have been carried out: their second try asks first.
-- name: rescue_message
UPDATE message SET state = 'ready', lease = NULL, lease_until = NULL,
  uncertain = CASE WHEN channel LIKE 'system:%' THEN 1 ELSE uncertain END
WHERE id = $1 AND state = 'running' AND lease_until <= $2 RETURNING channel

-- The leases of a process that is known to be gone; its tokens are from $1 to $2. What somebody works on is left to them.
-- name: end_leases
UPDATE message SET lease_until = 0 WHERE id IN (SELECT id FROM message
  WHERE (settled_at IS NULL OR state = 'dead') AND state = 'running' AND lease BETWEEN $1 AND $2 FOR UPDATE SKIP LOCKED)

-- name: release_parked
UPDATE message SET state = 'ready', position = $1, parked = NULL, due = NULL, reason = NULL, blocks = (lane IS NOT NULL)::int,
  eligible = CASE WHEN lane IS NULL THEN 1 ELSE blocks * eligible END
WHERE id = $2 AND state = 'parked' RETURNING id

-- name: find_lane
SELECT lane FROM message WHERE id = $1

-- name: find_message
SELECT {message_columns} FROM message WHERE id = $1

-- name: lock_message
SELECT {message_columns}, blocks FROM message WHERE id = $1 FOR UPDATE

-- Whether a later message of the lane has run.
-- name: later_started
SELECT 1 FROM message WHERE lane = $1 AND blocks IN (0, 1) AND position > $2
  AND (state IN ('running', 'completed', 'discarded', 'dead') OR attempts > 0 OR first_attempt_at IS NOT NULL)
LIMIT 1

-- name: requeue_message
UPDATE message SET state = $1, not_before = $2, position = $3,
  attempts = CASE WHEN $4::int = 1 THEN 0 ELSE attempts END,
  first_attempt_at = CASE WHEN $5::int = 1 THEN NULL ELSE first_attempt_at END,
  phase = $6, revision = coalesce($7, revision), again = $8, force = $9,
  blocks = (lane IS NOT NULL)::int, eligible = CASE WHEN lane IS NULL THEN 1 ELSE blocks * eligible END,
  lease = NULL, lease_until = NULL,
  failure = NULL, error_class = NULL, reason = NULL, parked = NULL, due = NULL, settled_at = NULL, answer = NULL
WHERE id = $10

-- name: end_message
UPDATE message SET state = $1, blocks = (lane IS NOT NULL AND $2::int = 1)::int,
  eligible = (lane IS NULL OR $3::int = 1)::int,
  failure = $4, error_class = $5, reason = $6, settled_at = $7,
  not_before = NULL, parked = NULL, due = NULL, lease = NULL, lease_until = NULL
WHERE id = $8

-- name: put_audit
INSERT INTO audit (id, at, who, verb, message_id, reason, facts) VALUES ($1, $2, $3, $4, $5, $6, $7)

-- name: find_audit
SELECT at, who, verb, message_id, reason, facts FROM audit WHERE message_id = $1 ORDER BY id

-- name: find_prunable
SELECT id, payload, answer, correlation_id FROM message
WHERE id < $5 AND settled_at < $1 AND (state <> 'dead' OR channel = 'invalid') AND ($3::text IS NULL OR channel = $3)
  AND channel NOT IN (SELECT jsonb_array_elements_text($4::text::jsonb))
ORDER BY id LIMIT $2
FOR UPDATE SKIP LOCKED

-- name: count_uses
SELECT digest, count(*) FROM (
  SELECT request AS digest FROM journal WHERE message_id IN (SELECT jsonb_array_elements_text($1::text::jsonb)::bigint)
  UNION ALL SELECT reply FROM journal WHERE message_id IN (SELECT jsonb_array_elements_text($1::text::jsonb)::bigint)
  UNION ALL SELECT request FROM attempt WHERE message_id IN (SELECT jsonb_array_elements_text($1::text::jsonb)::bigint)
  UNION ALL SELECT reply FROM attempt WHERE message_id IN (SELECT jsonb_array_elements_text($1::text::jsonb)::bigint))
AS used
WHERE length(digest) > 0 GROUP BY digest

-- name: drop_journal
DELETE FROM journal WHERE message_id IN (SELECT jsonb_array_elements_text($1::text::jsonb)::bigint)

-- name: drop_attempts
DELETE FROM attempt WHERE message_id IN (SELECT jsonb_array_elements_text($1::text::jsonb)::bigint)

-- name: drop_topic_keys
DELETE FROM topic_key WHERE message_id IN (SELECT jsonb_array_elements_text($1::text::jsonb)::bigint)

-- name: drop_messages
DELETE FROM message WHERE id IN (SELECT jsonb_array_elements_text($1::text::jsonb)::bigint)

-- A business transaction's keys and milestones go with its last message.
-- name: drop_business_keys
DELETE FROM business_key WHERE correlation_id IN (
  SELECT value FROM jsonb_array_elements_text($1::text::jsonb) AS value
  WHERE NOT EXISTS (SELECT 1 FROM message m WHERE m.correlation_id = value))

-- name: drop_milestones
DELETE FROM milestone WHERE correlation_id IN (
  SELECT value FROM jsonb_array_elements_text($1::text::jsonb) AS value
  WHERE NOT EXISTS (SELECT 1 FROM message m WHERE m.correlation_id = value))

-- name: drop_unused_payloads
DELETE FROM payload WHERE id IN (SELECT id FROM payload WHERE uses <= 0 LIMIT 10000 FOR UPDATE SKIP LOCKED) RETURNING digest, place

-- name: drop_expired_claims
DELETE FROM claim WHERE (scope, key) IN (SELECT scope, key FROM claim WHERE expires_at < $1 LIMIT $2)

-- Messages younger than the bound cannot be pinned to a revision that was last used before it.
-- name: drop_unused_revisions
DELETE FROM revision WHERE used_at < $1 AND used_at < (SELECT max(used_at) FROM revision)
  AND NOT EXISTS (SELECT 1 FROM message m WHERE m.id < $2 AND m.revision = revision.revision)

-- name: payload_needed
SELECT 1 FROM message WHERE settled_at IS NULL AND payload = $1 LIMIT 1

-- name: erase_payload
UPDATE payload SET place = 2, body = NULL WHERE digest = $1

-- name: put_meta
INSERT INTO meta (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value

-- Held until the transaction ends; taken in one order by everybody, so that nobody waits in a circle.
-- name: lock_names
SELECT pg_advisory_xact_lock(number) FROM (
  SELECT DISTINCT hashtextextended(current_schema() || chr(31) || name, 0) AS number
  FROM jsonb_array_elements_text($1::text::jsonb) AS name ORDER BY number) AS numbers

-- The lanes' next place, drawn while the lane is locked.
-- name: next_position
SELECT nextval('message_position')
