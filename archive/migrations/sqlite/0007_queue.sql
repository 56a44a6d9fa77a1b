-- The queue: one row for each document that waits for a worker, is worked on, or was set aside. It goes in the transaction that
-- archives the document.
CREATE TABLE jobs (
    record TEXT PRIMARY KEY,
    task   TEXT NOT NULL,
    state  TEXT NOT NULL CHECK (state IN ('ready', 'aside')),
    -- Milliseconds since 1970: when it may be claimed; of one that is claimed, when its lease ends.
    due_at INTEGER NOT NULL,
    tries  INTEGER NOT NULL DEFAULT 0 CHECK (tries >= 0),
    -- Grows with each claim; what an older claim says is not listened to.
    fence  INTEGER NOT NULL DEFAULT 0,
    worker TEXT,
    -- The record as it was sealed, from when its PDF is kept as a blob.
    staged TEXT,
    -- Why the last try failed.
    fault  TEXT
) STRICT;

CREATE INDEX jobs_due ON jobs (due_at, record) WHERE state = 'ready';
-- Recovery and the queue ask for what is pending, which is little beside what is archived.
CREATE INDEX arrivals_pending ON arrivals (number) WHERE state = 'pending';
