-- The transparency log: one row for each event, in the order that is published. Positions have no gaps.
CREATE TABLE log_entries (
    position  INTEGER PRIMARY KEY CHECK (position >= 0),
    record    TEXT NOT NULL,
    version   INTEGER NOT NULL,
    leaf      TEXT NOT NULL,
    companion TEXT NOT NULL
) STRICT;

CREATE INDEX log_entries_by_record ON log_entries (record, version);
