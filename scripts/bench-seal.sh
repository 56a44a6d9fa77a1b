#!/usr/bin/env bash
# Measures signing and verifying, ours and pyHanko's in the same run, in files a second of CPU time: more is better.
#
#   scripts/bench-seal.sh
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/tools.sh test
target=${CARGO_TARGET_DIR:-target}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

echo "== a file of 120 KB with P-256 (targets: sign B-B 2500 a CPU-second, verify B-LT 1500; memory 3 times the file)"
cargo build --release --quiet --package muniment-seal --example bench_seal
"$target/release/examples/bench_seal" "$work"
.venv/bin/python tests/judges/bench_seal.py "$work"
