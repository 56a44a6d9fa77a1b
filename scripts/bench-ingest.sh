#!/usr/bin/env bash
# Measures what ingest makes of pages beside its peers: bytes, CPU, readability, likeness; ratios and targets in a table.
#
#   scripts/bench-ingest.sh [SCANS...]    folders with NAME.jpg or NAME.png and, where there is a truth, NAME.gt.txt
#
# Without a folder it draws samples. The peers are installed into a virtual environment of their own, BENCH_VENV.
set -euo pipefail
cd "$(dirname "$0")/.."

target=${CARGO_TARGET_DIR:-target}
venv=${BENCH_VENV:-$target/bench-venv}
scripts/tools.sh bench-ingest
if ! "$venv/bin/python" -c 'import edlib, numpy, PIL, pymupdf, skimage, img2pdf' 2>/dev/null; then
    python3 -m venv "$venv"
    "$venv/bin/pip" install --quiet edlib numpy pillow pymupdf scikit-image img2pdf
fi
# These two do better with programs that Debian does not have (jbig2 before Debian 13, Kakadu); they are measured with what is there.
[ -x "$venv/bin/ocrmypdf" ] || "$venv/bin/pip" install --quiet ocrmypdf || echo "ocrmypdf does not install here"
[ -x "$venv/bin/recode_pdf" ] || "$venv/bin/pip" install --quiet archive-pdf-tools || echo "archive-pdf-tools does not install here"

cargo build --release --quiet --package muniment-ingest --example prepare
if [ $# -eq 0 ]; then
    scans=$target/bench-scans
    if [ ! -d "$scans" ]; then
        cargo run --release --quiet --package muniment-samples -- --seed 42 --count 8 --dpi 300 --format jpeg --out "$scans"
    fi
    set -- "$scans"
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
PATH="$(realpath "$venv")/bin:$PATH" "$venv/bin/python" tests/judges/bench_ingest.py \
    --prepare "$target/release/examples/prepare" --work "$work" "$@"
