-- What only this database needs: beginning a shared transaction, and waking other replicas.

-- name: begin_batch
SELECT extract(epoch FROM clock_timestamp())::float8, pg_current_xact_id()::text

-- name: batch_lanes
SELECT DISTINCT 'lane:' || lane FROM message WHERE id = ANY($1::bigint[]) AND lane IS NOT NULL

-- name: draw_positions
SELECT nextval('message_position') FROM generate_series(1, $1::int)

-- name: notify
SELECT pg_notify($1, $2)

-- Whether a commit whose answer was lost has happened.
-- name: transaction_status
SELECT pg_xact_status($1::text::xid8)
