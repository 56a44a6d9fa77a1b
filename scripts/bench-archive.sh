#!/usr/bin/env bash
# Measures the archive on this machine's disk, beside what the disk itself can do.
#
#   COUNT=20000 scripts/bench-archive.sh
#
# COUNT=200000 shows whether the cost stays flat, and takes about ten times as long.
set -euo pipefail
cd "$(dirname "$0")/.."

cargo test --release --quiet --package muniment-archive --lib -- --ignored --nocapture --exact tests::bench::measure
