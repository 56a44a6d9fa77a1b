-- The catalogue in PostgreSQL: the tables of the SQLite one (migrations/sqlite), with the same names and meanings. Times are RFC 3339 in
-- UTC, digests lower-case hexadecimal, numbers that are compared are bigint. Texts compare by their bytes, as ids and times sort.

CREATE TABLE batches (
    id        text COLLATE "C" PRIMARY KEY,
    opened_at text NOT NULL
);

-- The intake ledger: one row for each document that came in, in exactly one state, so that it balances.
CREATE TABLE arrivals (
    number        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    batch         text COLLATE "C" NOT NULL REFERENCES batches (id),
    name          text NOT NULL,
    source_sha256 text,
    pages         bigint NOT NULL CHECK (pages >= 0),
    state         text NOT NULL CHECK (state IN ('pending', 'archived', 'duplicate', 'rejected', 'quarantined')),
    code          text,
    detail        text,
    record        text COLLATE "C",
    lookup_token  text,
    arrived_at    text NOT NULL,
    settled_at    text,
    CHECK ((state = 'pending') = (settled_at IS NULL)),
    CHECK (state NOT IN ('pending', 'archived') OR (record IS NOT NULL AND lookup_token IS NOT NULL))
);

CREATE INDEX arrivals_by_batch ON arrivals (batch, number);
-- A source is taken in once: no second row with its digest is pending or archived.
CREATE UNIQUE INDEX arrivals_by_source ON arrivals (source_sha256) WHERE state IN ('pending', 'archived');
CREATE UNIQUE INDEX arrivals_by_record ON arrivals (record) WHERE state IN ('pending', 'archived');
CREATE INDEX arrivals_pending ON arrivals (number) WHERE state = 'pending';

CREATE TABLE records (
    id             text COLLATE "C" PRIMARY KEY,
    version        bigint NOT NULL,
    result_code    text UNIQUE,
    dossier_code   text,
    symbol_key     text NOT NULL,
    agency_issuing text NOT NULL,
    sha256         text NOT NULL,
    batch          text COLLATE "C" NOT NULL REFERENCES batches (id),
    archived_at    text NOT NULL,
    level          text,
    intact_at      text COLLATE "C",
    record         text NOT NULL
);

CREATE INDEX records_by_dossier ON records (dossier_code) WHERE dossier_code IS NOT NULL;
CREATE INDEX records_by_symbol ON records (symbol_key);
CREATE INDEX records_to_uplift ON records (id) WHERE level = 'B-T';
CREATE INDEX records_by_intact_at ON records (intact_at NULLS FIRST, id);

-- Every version of every record, so that whoever holds an older file of it is told what it is.
CREATE TABLE versions (
    record  text COLLATE "C" NOT NULL REFERENCES records (id),
    version bigint NOT NULL,
    sha256  text NOT NULL,
    PRIMARY KEY (record, version)
);

CREATE INDEX versions_by_sha256 ON versions (sha256);

CREATE TABLE receipts (
    record  text COLLATE "C" NOT NULL REFERENCES records (id),
    version bigint NOT NULL,
    receipt text NOT NULL,
    PRIMARY KEY (record, version)
);

-- Next versions that are being made: written before storage is touched, removed with the version's own rows.
CREATE TABLE revisions (
    record   text COLLATE "C" PRIMARY KEY REFERENCES records (id),
    version  bigint NOT NULL,
    begun_at text NOT NULL
);

-- What the index has yet to take up: one row for each change of a record. Written under a lock of log_entries, so that sequences
-- become visible in their order.
CREATE TABLE outbox (
    sequence bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    record   text COLLATE "C" NOT NULL,
    version  bigint NOT NULL
);

-- The transparency log: one row for each event, in the order that is published. Positions have no gaps.
CREATE TABLE log_entries (
    position  bigint PRIMARY KEY CHECK (position >= 0),
    record    text COLLATE "C" NOT NULL,
    version   bigint NOT NULL,
    leaf      text NOT NULL,
    companion text NOT NULL
);

CREATE INDEX log_entries_by_record ON log_entries (record, version);

-- How far the log has been published, one row or none.
CREATE TABLE log_published (
    only_row bigint PRIMARY KEY CHECK (only_row = 1),
    size     bigint NOT NULL CHECK (size >= 0)
);

-- The queue: one row for each document that waits for a worker, is worked on, or was set aside. It goes in the transaction that
-- archives the document.
CREATE TABLE jobs (
    record text COLLATE "C" PRIMARY KEY,
    task   text NOT NULL,
    state  text NOT NULL CHECK (state IN ('ready', 'aside')),
    -- Milliseconds since 1970: when it may be claimed; of one that is claimed, when its lease ends.
    due_at bigint NOT NULL,
    tries  bigint NOT NULL DEFAULT 0 CHECK (tries >= 0),
    -- Grows with each claim; what an older claim says is not listened to.
    fence  bigint NOT NULL DEFAULT 0,
    worker text,
    -- The record as it was sealed, from when its PDF is kept as a blob.
    staged text,
    -- Why the last try failed.
    fault  text
);

CREATE INDEX jobs_due ON jobs (due_at, record) WHERE state = 'ready';
