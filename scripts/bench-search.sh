#!/usr/bin/env bash
# Measures the search beside SQLite FTS5 and PostgreSQL on the same records, and alone on a million.
#
#   RECORDS=records.jsonl.zst QUERIES=queries.json scripts/bench-search.sh
#
# Takes ten minutes and 4 GB in TMPDIR; GROW=100000 makes fewer records. Latency is wall time of one thread: measure on a
# quiet machine. PostgreSQL runs in a folder of its own under the account postgres, and is stopped at the end.
set -euo pipefail
cd "$(dirname "$0")/.."

records=${RECORDS:-../shared/search/records-40k.jsonl.zst}
queries=${QUERIES:-../shared/search/queries-dev.json}
grow=${GROW:-1000000}
for file in "$records" "$queries"; do
    [ -r "$file" ] || { echo "no $file: set RECORDS and QUERIES" >&2; exit 2; }
done

scripts/tools.sh bench-search
# initdb, postgres and pg_isready are not on the path of Debian.
for bin in /usr/lib/postgresql/*/bin; do
    PATH=$PATH:$bin
done
export PATH

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
# The account postgres must be able to pass through.
chmod 755 "$folder"
export TMPDIR=$folder

evaluate=(cargo run --quiet --release --package muniment-search --example evaluate -- "$records" "$queries")
echo "=== beside its peers"
"${evaluate[@]}" --peers --misses
echo
echo "=== $grow records"
"${evaluate[@]}" --grow "$grow" --slowest
