-- What hangs on a message: payloads, journal, attempts, claims, keys, milestones, marks.

-- One row a digest, with the number of rows that name it; bytes that were erased come back with a new use.
-- name: put_payload
INSERT INTO payload (digest, size, uses, place, body) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (digest) DO UPDATE SET uses = uses + excluded.uses,
  body = CASE WHEN place = 2 THEN excluded.body ELSE body END,
  place = CASE WHEN place = 2 THEN excluded.place ELSE place END

-- name: use_payload
UPDATE payload SET uses = uses + ? WHERE digest = ?

-- name: find_payload
SELECT digest, place, body FROM payload WHERE digest = ?

-- name: put_journal
INSERT INTO journal (message_id, line, step, kind, at, request, reply, facts) VALUES (?, ?, ?, ?, ?, ?, ?, ?)

-- name: find_journal
SELECT j.message_id, j.step, j.kind, j.at, j.request, p.place, p.body, j.reply, q.place, q.body, j.facts
FROM journal j LEFT JOIN payload p ON p.digest = j.request LEFT JOIN payload q ON q.digest = j.reply
WHERE j.message_id IN (SELECT value FROM json_each(?)) ORDER BY j.message_id, j.line

-- The outputs that a message has appended already; a later line of the same step replaces an earlier one.
-- name: find_outputs
SELECT step, facts FROM journal WHERE message_id = ? AND kind = 'output' ORDER BY line

-- name: put_attempt
INSERT INTO attempt (message_id, line, number, started_at, ended_at, outcome, step, error_class, reason, detail,
  status, request, reply, revision)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)

-- A request of no length is the message's own payload.
-- name: find_attempts
SELECT a.number, a.started_at, a.ended_at, a.outcome, a.step, a.error_class, a.reason, a.detail, a.status,
  p.digest, p.place, p.body, a.reply, q.place, q.body, a.revision
FROM attempt a JOIN message m ON m.id = a.message_id
LEFT JOIN payload p ON p.digest = CASE WHEN length(a.request) = 0 THEN m.payload ELSE a.request END
LEFT JOIN payload q ON q.digest = a.reply
WHERE a.message_id = ? ORDER BY a.line

-- A claim that still holds.
-- name: find_claim
SELECT message_id, digest FROM claim WHERE scope = ? AND key = ? AND expires_at > ?

-- Replaces one that has expired.
-- name: put_claim
INSERT INTO claim (scope, key, digest, message_id, expires_at) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (scope, key) DO UPDATE SET digest = excluded.digest, message_id = excluded.message_id,
  expires_at = excluded.expires_at

-- name: put_business_key
INSERT INTO business_key (value, kind, correlation_id, message_id) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING

-- The newest transaction of a key: ids' texts sort by time.
-- name: find_transaction
SELECT correlation_id FROM business_key WHERE value = ? AND kind = ?
ORDER BY correlation_id DESC LIMIT 1

-- name: put_milestone
INSERT INTO milestone (correlation_id, name, message_id, at, note) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING

-- name: find_milestones
SELECT name, at, message_id, note FROM milestone WHERE correlation_id = ? ORDER BY at, message_id

-- name: put_mark
INSERT INTO mark (lane, version, message_id) VALUES (?, ?, ?)
ON CONFLICT (lane) DO UPDATE SET version = excluded.version, message_id = excluded.message_id

-- name: drop_mark
DELETE FROM mark WHERE lane = ?

-- name: find_mark
SELECT version, message_id FROM mark WHERE lane = ?

-- name: put_watermark
INSERT INTO watermark (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value

-- name: find_watermark
SELECT value FROM watermark WHERE name = ?

-- name: put_topic_key
INSERT INTO topic_key (topic, selector, key, message_id) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING

-- The first event with the key that was appended after a message.
-- name: find_event
SELECT t.message_id, m.payload FROM topic_key t JOIN message m ON m.id = t.message_id
WHERE t.topic = ? AND t.selector = ? AND t.key = ? AND t.message_id > ? ORDER BY t.message_id LIMIT 1

-- name: put_wait
INSERT INTO wait (message_id, topic, selector, key) VALUES (?, ?, ?, ?)
ON CONFLICT (message_id) DO UPDATE SET topic = excluded.topic, selector = excluded.selector, key = excluded.key

-- name: drop_wait
DELETE FROM wait WHERE message_id = ?

-- name: find_waiting
SELECT m.id, m.channel, m.lane, m.blocks, m.position, m.parked FROM wait w JOIN message m ON m.id = w.message_id
WHERE w.topic = ? AND w.selector = ? AND w.key = ? AND m.state = 'parked' ORDER BY m.id

-- name: put_revision
INSERT INTO revision (revision, bundle, stored_at, used_at) VALUES (?, ?, ?, ?)
ON CONFLICT (revision) DO UPDATE SET used_at = max(used_at, excluded.used_at)

-- At most one write an hour.
-- name: touch_revision
UPDATE revision SET used_at = ?1 WHERE revision = ?2 AND used_at < ?1 - 3600

-- name: find_revision
SELECT bundle FROM revision WHERE revision = ?

-- name: list_revisions
SELECT r.revision, r.stored_at,
  (SELECT count(*) FROM message m WHERE (m.settled_at IS NULL OR m.state = 'dead') AND m.state <> 'dead'
    AND m.revision = r.revision)
FROM revision r ORDER BY r.stored_at DESC, r.revision

-- name: find_answer
SELECT answer FROM message WHERE id = ?
