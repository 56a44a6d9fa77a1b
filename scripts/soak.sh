#!/usr/bin/env bash
# Takes in many samples while the program is killed again and again, then checks that nothing is lost and nothing is there twice.
# Before that, prepares a PDF and a TIFF of a thousand colour pages, and checks the memory that they take.
#
#   COUNT=200 ROUNDS=5 SEED=1 MEMORY_PAGES=1000 scripts/soak.sh
set -euo pipefail
cd "$(dirname "$0")/.."

count=${COUNT:-200}
rounds=${ROUNDS:-5}
scripts/tools.sh test
target=${CARGO_TARGET_DIR:-target}
MEMORY_PAGES=${MEMORY_PAGES:-1000} cargo test --release --quiet --package muniment-ingest --test inputs memory -- --nocapture
cargo build --release --quiet --bin muniment --package muniment --package muniment-samples --bin muniment-samples
work=$(mktemp -d "$target/soak.XXXXXX")
muniment=("$target/release/muniment" --home "$work/home" --lang en)

"$target/release/muniment-samples" --seed "${SEED:-1}" --count "$count" --out "$work/scans"
"${muniment[@]}" init
for round in $(seq "$rounds"); do
    seconds=$((RANDOM % 20 + 3))
    echo "round $round: killed after $seconds s"
    timeout --signal KILL "$seconds" "${muniment[@]}" take "$work/scans" >/dev/null 2>&1 || true
done
"${muniment[@]}" take "$work/scans" | tail -20
"${muniment[@]}" audit
objects=$(find "$work/home/archive/ocfl" -name 0=ocfl_object_1.1 | wc -l)
echo "objects: $objects of $count"
[ "$objects" -eq "$count" ]
rm -rf "$work"

echo "== random sequences against models, on each kind of store (MODEL_CASES=${MODEL_CASES:-200})"
MODEL_CASES=${MODEL_CASES:-200} cargo test --release --quiet --package muniment-archive --lib model

echo "== the S3 server killed in the midst of deposits (KILLS=${KILLS:-50})"
KILLS=${KILLS:-50} SEED=${SEED:-$RANDOM} cargo test --release --quiet --package muniment-archive --lib killed_server -- --ignored --nocapture

echo "== ${CLUSTER_DOCUMENTS:-5000} documents, three workers on SeaweedFS and PostgreSQL, killed again and again (CLUSTER_KILLS=${CLUSTER_KILLS:-50})"
CLUSTER_DOCUMENTS=${CLUSTER_DOCUMENTS:-5000} CLUSTER_KILLS=${CLUSTER_KILLS:-50} \
    cargo test --release --quiet --package muniment --test program every_document -- --nocapture

echo "== signed files changed at every place (MUTATIONS=${MUTATIONS:-100000})"
MUTATIONS=${MUTATIONS:-100000} cargo test --release --quiet --package muniment-seal --test mutations
