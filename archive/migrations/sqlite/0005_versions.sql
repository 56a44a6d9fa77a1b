-- Every version of every record, so that whoever holds an older file of it is told what it is.
CREATE TABLE versions (
    record  TEXT NOT NULL REFERENCES records (id),
    version INTEGER NOT NULL,
    sha256  TEXT NOT NULL,
    PRIMARY KEY (record, version)
) STRICT;

CREATE INDEX versions_by_sha256 ON versions (sha256);
INSERT INTO versions (record, version, sha256) SELECT id, version, sha256 FROM records;
DROP INDEX records_by_sha256;

-- The PAdES level that all of a digitised copy's signatures reach; nothing for a signed original, which is never touched.
ALTER TABLE records ADD COLUMN level TEXT;
UPDATE records SET level = (SELECT min(json_extract(signature.value, '$.level')) FROM json_each(record, '$.signatures') AS signature)
WHERE json_extract(record, '$.form') = 'digitised';
CREATE INDEX records_to_uplift ON records (id) WHERE level = 'B-T';

-- Next versions that are being made: written before storage is touched, removed with the version's own rows.
CREATE TABLE revisions (
    record   TEXT PRIMARY KEY REFERENCES records (id),
    version  INTEGER NOT NULL,
    begun_at TEXT NOT NULL
) STRICT;
