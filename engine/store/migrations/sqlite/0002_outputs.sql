-- What a message that is stored with its end has appended: [[step, time, [message ids]], …]. Later outputs are journal lines.

ALTER TABLE message ADD COLUMN outputs TEXT
