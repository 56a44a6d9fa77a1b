-- Legal holds: one row for each record that is held, or whose hold is being set or lifted. Written in one transaction with the log's entry,
-- before any file knows of it.
CREATE TABLE holds (
    record TEXT PRIMARY KEY REFERENCES records (id),
    since  TEXT NOT NULL,
    reason TEXT NOT NULL,
    state  TEXT NOT NULL CHECK (state IN ('setting', 'set', 'lifting'))
) STRICT;
