#!/usr/bin/env bash
# Measures the own reader of text beside Tesseract on the same pages: CPU, letters misread, places of words, memory.
#
#   PAGES=200 SEED=5 ROUNDS=2 SCANS="DIR DIR" LINES=DIR scripts/bench-ocr.sh [DIR...]
#
# It draws PAGES pages that try a reader (200 take some fifteen minutes, 0 is none) and reads them and the folders that are given,
# with NAME.jpg or NAME.png and, where there is a truth, NAME.gt.txt: each reader ROUNDS times, of which the least time counts. The
# worst lines go to LINES (target/bench-ocr). Python's packages go into an environment of their own, BENCH_VENV.
set -euo pipefail
# shellcheck disable=SC2086 # a list of folders
set -- ${SCANS:-} "$@"
given=$#
cd "$(dirname "$0")/.."

scripts/tools.sh test
target=${CARGO_TARGET_DIR:-target}
venv=${BENCH_VENV:-$target/bench-venv}
if ! "$venv/bin/python" -c 'import edlib, numpy, PIL, pymupdf, skimage' 2>/dev/null; then
    python3 -m venv "$venv"
    "$venv/bin/pip" install --quiet edlib numpy pillow pymupdf scikit-image
fi
cargo build --release --quiet --package muniment-ingest --example prepare
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
if [ "${PAGES:-200}" -gt 0 ]; then
    cargo run --release --quiet --package muniment-samples -- \
        --reading --seed "${SEED:-5}" --count "${PAGES:-200}" --dpi 300 --out "$work/drawn"
    set -- "$@" "$work/drawn"
fi
"$venv/bin/python" tests/judges/bench_ocr.py --prepare "$target/release/examples/prepare" --work "$work" \
    --lines "${LINES:-$target/bench-ocr}" --rounds "${ROUNDS:-2}" "$@" || result=$?
if [ "$given" = 0 ]; then
    echo "Only drawn pages were measured: SCANS names folders with scans."
fi
exit "${result:-0}"
