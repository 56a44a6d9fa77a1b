-- When all files of a record were last found as they should be by an audit; nothing where none has looked yet.
ALTER TABLE records ADD COLUMN intact_at TEXT;
CREATE INDEX records_by_intact_at ON records (intact_at, id);
