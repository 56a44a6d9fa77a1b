#!/usr/bin/env bash
# Measures signing, ours and pyHanko's in the same run, in files a second of CPU time: more is better.
#
#   scripts/bench-seal.sh
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/tools.sh test
target=${CARGO_TARGET_DIR:-target}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

echo "== signing (target: 2500 a CPU-second, B-B with P-256, 120 KB)"
cargo build --release --quiet --package muniment-seal --example bench_sign
"$target/release/examples/bench_sign" "$work"
.venv/bin/python tests/judges/bench_sign.py "$work"
