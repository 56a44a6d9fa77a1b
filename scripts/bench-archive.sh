#!/usr/bin/env bash
# Measures the archive on this machine's disk and in a bucket of SeaweedFS, beside what disk and server can do by themselves.
#
#   COUNT=20000 AUDITED=500 ON_S3=1000 scripts/bench-archive.sh
#
# COUNT=200000 shows whether the cost stays flat, and takes about ten times as long.
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/tools.sh test

cargo test --release --quiet --package muniment-archive --lib -- --ignored --nocapture --test-threads 1 tests::bench
