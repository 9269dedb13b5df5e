-- Chores and operator's orders.

-- name: promote_messages
UPDATE message SET state = 'ready', not_before = NULL
WHERE id IN (SELECT id FROM message WHERE state = 'waiting' AND not_before <= ? ORDER BY not_before LIMIT ?)
RETURNING channel, eligible

-- name: next_due
SELECT min(at) FROM (
  SELECT min(not_before) AS at FROM message WHERE state = 'waiting'
  UNION ALL SELECT min(due) FROM message WHERE due IS NOT NULL AND escalated = 0)

-- name: overdue_parked
SELECT {message_columns} FROM message WHERE due IS NOT NULL AND escalated = 0 AND due <= ? ORDER BY due LIMIT ?

-- name: set_escalated
UPDATE message SET escalated = 1 WHERE id = ? AND state = 'parked'

-- name: find_expired
SELECT id, lane FROM message WHERE (settled_at IS NULL OR state = 'dead') AND state = 'running' AND lease_until <= ? ORDER BY id

-- Outbound messages may have been carried out: their second try asks first.
-- name: rescue_message
UPDATE message SET state = 'ready', lease = NULL, lease_until = NULL,
  uncertain = uncertain OR channel LIKE 'system:%'
WHERE id = ? AND state = 'running' AND lease_until <= ? RETURNING channel

-- At start: nobody else can hold the leases that are found.
-- name: end_leases
UPDATE message SET lease_until = 0 WHERE (settled_at IS NULL OR state = 'dead') AND state = 'running'

-- name: release_parked
UPDATE message SET state = 'ready', position = ?, parked = NULL, due = NULL, reason = NULL, blocks = lane IS NOT NULL,
  eligible = lane IS NULL OR (blocks AND eligible)
WHERE id = ? AND state = 'parked' RETURNING id

-- name: find_lane
SELECT lane FROM message WHERE id = ?

-- name: find_message
SELECT {message_columns} FROM message WHERE id = ?

-- name: lock_message
SELECT {message_columns}, blocks FROM message WHERE id = ?

-- Whether a later message of the lane has run.
-- name: later_started
SELECT 1 FROM message WHERE lane = ? AND blocks IN (0, 1) AND position > ?
  AND (state IN ('running', 'completed', 'discarded', 'dead') OR attempts > 0 OR first_attempt_at IS NOT NULL)
LIMIT 1

-- name: requeue_message
UPDATE message SET state = ?, not_before = ?, position = ?,
  attempts = CASE WHEN ? THEN 0 ELSE attempts END,
  first_attempt_at = CASE WHEN ? THEN NULL ELSE first_attempt_at END,
  phase = ?, revision = coalesce(?, revision), again = ?, force = ?,
  blocks = lane IS NOT NULL, eligible = lane IS NULL OR (blocks AND eligible), lease = NULL, lease_until = NULL,
  failure = NULL, error_class = NULL, reason = NULL, parked = NULL, due = NULL, settled_at = NULL, answer = NULL
WHERE id = ?

-- name: end_message
UPDATE message SET state = ?, blocks = lane IS NOT NULL AND ?, eligible = lane IS NULL OR ?,
  failure = ?, error_class = ?, reason = ?, settled_at = ?,
  not_before = NULL, parked = NULL, due = NULL, lease = NULL, lease_until = NULL
WHERE id = ?

-- name: put_audit
INSERT INTO audit (id, at, who, verb, message_id, reason, facts) VALUES (?, ?, ?, ?, ?, ?, ?)

-- name: find_audit
SELECT at, who, verb, message_id, reason, facts FROM audit WHERE message_id = ? ORDER BY id

-- name: find_prunable
SELECT id, payload, answer, correlation_id FROM message
WHERE id < ?5 AND settled_at < ?1 AND (state <> 'dead' OR channel = 'invalid') AND (?3 IS NULL OR channel = ?3)
  AND channel NOT IN (SELECT value FROM json_each(?4))
ORDER BY id LIMIT ?2

-- name: count_uses
SELECT digest, count(*) FROM (
  SELECT request AS digest FROM journal WHERE message_id IN (SELECT value FROM json_each(?1))
  UNION ALL SELECT reply FROM journal WHERE message_id IN (SELECT value FROM json_each(?1))
  UNION ALL SELECT request FROM attempt WHERE message_id IN (SELECT value FROM json_each(?1))
  UNION ALL SELECT reply FROM attempt WHERE message_id IN (SELECT value FROM json_each(?1)))
WHERE length(digest) > 0 GROUP BY digest

-- name: drop_journal
DELETE FROM journal WHERE message_id IN (SELECT value FROM json_each(?))

-- name: drop_attempts
DELETE FROM attempt WHERE message_id IN (SELECT value FROM json_each(?))

-- name: drop_topic_keys
DELETE FROM topic_key WHERE message_id IN (SELECT value FROM json_each(?))

-- name: drop_messages
DELETE FROM message WHERE id IN (SELECT value FROM json_each(?))

-- A business transaction's keys and milestones go with its last message.
-- name: drop_business_keys
DELETE FROM business_key WHERE correlation_id IN (
  SELECT value FROM json_each(?) WHERE NOT EXISTS (SELECT 1 FROM message m WHERE m.correlation_id = value))

-- name: drop_milestones
DELETE FROM milestone WHERE correlation_id IN (
  SELECT value FROM json_each(?) WHERE NOT EXISTS (SELECT 1 FROM message m WHERE m.correlation_id = value))

-- name: drop_unused_payloads
DELETE FROM payload WHERE id IN (SELECT id FROM payload WHERE uses <= 0 LIMIT 10000) RETURNING digest, place

-- name: drop_expired_claims
DELETE FROM claim WHERE (scope, key) IN (SELECT scope, key FROM claim WHERE expires_at < ? LIMIT ?)

-- Messages younger than the bound cannot be pinned to a revision that was last used before it.
-- name: drop_unused_revisions
DELETE FROM revision WHERE used_at < ? AND used_at < (SELECT max(used_at) FROM revision)
  AND NOT EXISTS (SELECT 1 FROM message m WHERE m.id < ? AND m.revision = revision.revision)

-- name: payload_needed
SELECT 1 FROM message WHERE settled_at IS NULL AND payload = ? LIMIT 1

-- name: erase_payload
UPDATE payload SET place = 2, body = NULL WHERE digest = ?

-- name: put_meta
INSERT INTO meta (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value

-- One writer: there is nothing to lock.
-- name: lock_names
SELECT 1 WHERE ? IS NULL

-- The lanes' next place; nothing where ids themselves give the order.
-- name: next_position
SELECT NULL
