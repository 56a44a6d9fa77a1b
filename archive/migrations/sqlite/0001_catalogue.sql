-- The catalogue: what is asked of the archive often. All but the rows of arrivals that were not archived can be made
-- again from the objects (docs/format.md). Times are RFC 3339 in UTC, digests lower-case hexadecimal.

CREATE TABLE batches (
    id        TEXT PRIMARY KEY,
    opened_at TEXT NOT NULL
) STRICT;

-- The intake ledger: one row for each document that came in, in exactly one state, so that it balances.
CREATE TABLE arrivals (
    number        INTEGER PRIMARY KEY AUTOINCREMENT,
    batch         TEXT NOT NULL REFERENCES batches (id),
    name          TEXT NOT NULL,
    source_sha256 TEXT,
    pages         INTEGER NOT NULL CHECK (pages >= 0),
    state         TEXT NOT NULL
        CHECK (state IN ('pending', 'archived', 'duplicate', 'rejected', 'quarantined')),
    code          TEXT,
    detail        TEXT,
    record        TEXT,
    lookup_token  TEXT,
    arrived_at    TEXT NOT NULL,
    settled_at    TEXT,
    CHECK ((state = 'pending') = (settled_at IS NULL)),
    CHECK (state NOT IN ('pending', 'archived') OR (record IS NOT NULL AND lookup_token IS NOT NULL))
) STRICT;

CREATE INDEX arrivals_by_batch ON arrivals (batch, number);
-- A source is taken in once: no second row with its digest is pending or archived.
CREATE UNIQUE INDEX arrivals_by_source ON arrivals (source_sha256) WHERE state IN ('pending', 'archived');
CREATE UNIQUE INDEX arrivals_by_record ON arrivals (record) WHERE state IN ('pending', 'archived');

CREATE TABLE records (
    id             TEXT PRIMARY KEY,
    version        INTEGER NOT NULL,
    result_code    TEXT UNIQUE,
    dossier_code   TEXT,
    symbol_key     TEXT NOT NULL,
    agency_issuing TEXT NOT NULL,
    sha256         TEXT NOT NULL,
    batch          TEXT NOT NULL REFERENCES batches (id),
    archived_at    TEXT NOT NULL,
    record         TEXT NOT NULL
) STRICT;

CREATE INDEX records_by_dossier ON records (dossier_code) WHERE dossier_code IS NOT NULL;
CREATE INDEX records_by_symbol ON records (symbol_key);
CREATE INDEX records_by_sha256 ON records (sha256);

-- What the index has yet to take up: one row for each change of a record.
CREATE TABLE outbox (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    record   TEXT NOT NULL,
    version  INTEGER NOT NULL
) STRICT;

CREATE TABLE receipts (
    record  TEXT NOT NULL REFERENCES records (id),
    version INTEGER NOT NULL,
    receipt TEXT NOT NULL,
    PRIMARY KEY (record, version)
) STRICT;
