-- Legal holds: one row for each record that is held, or whose hold is being set or lifted. Written in one transaction with the log's entry,
-- before any file knows of it.
CREATE TABLE holds (
    record text COLLATE "C" PRIMARY KEY REFERENCES records (id),
    since  text NOT NULL,
    reason text NOT NULL,
    state  text NOT NULL CHECK (state IN ('setting', 'set', 'lifting'))
);
