-- Finding and counting; the conditions are joined to the queries by name.

-- name: find_messages
SELECT {message_columns} FROM message WHERE {where} ORDER BY id LIMIT ?

-- name: count_messages
SELECT count(*) FROM message WHERE {where}

-- name: where_ids
id IN (SELECT jsonb_array_elements_text(?::text::jsonb)::bigint)

-- name: where_channel
channel = ?

-- name: where_states
state IN (SELECT jsonb_array_elements_text(?::text::jsonb))

-- Every message of the transactions that carry the key.
-- name: where_key
correlation_id IN (SELECT correlation_id FROM business_key WHERE value = ? AND kind = ?)

-- name: where_any_key
correlation_id IN (SELECT correlation_id FROM business_key WHERE value = ?)

-- name: where_correlation_id
correlation_id = ?

-- name: where_revision
revision = ?

-- name: where_error_class
error_class = ?

-- name: where_reason
reason = ?

-- name: where_operation
operation = ?

-- name: where_source
source = ?

-- name: where_since
(id >= ? AND received_at >= ?)

-- name: where_until
received_at < ?

-- name: where_after_id
id > ?

-- name: count_unfinished
SELECT channel, state, count(*), min(received_at) FROM message
WHERE settled_at IS NULL OR state = 'dead' GROUP BY state, channel ORDER BY channel, state
