-- How far the log has been published, one row or none: by it a log that was lost or set back is told from one that was not
-- published yet.
CREATE TABLE log_published (
    only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
    size     INTEGER NOT NULL CHECK (size >= 0)
) STRICT;
