#!/usr/bin/env bash
# Has programs that need Maven or cargo-deny judge what the real program makes: PDF/A-2u by veraPDF, dependencies by cargo-deny.
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/tools.sh judges
target=${CARGO_TARGET_DIR:-target}
work=$target/judges
muniment=$target/release/muniment

echo "== dependencies (cargo-deny)"
cargo deny check licenses bans sources

echo "== program"
cargo build --release --quiet --bin muniment

echo "== PDFs from the samples"
rm -rf "$work/home" "$work/prepared"
mkdir -p "$work/prepared"
"$muniment" --home "$work/home" --lang en init
"$muniment" --home "$work/home" --lang en take samples/small
"$muniment" --home "$work/home" --lang en prepare samples/small/0001-business.jpg -o "$work/prepared/with-text.pdf"
"$muniment" --home "$work/home" --lang en prepare --no-ocr samples/small/0003-land.tif -o "$work/prepared/without-text.pdf"

echo "== PDF/A-2u (veraPDF)"
jars=$work/verapdf
if [ ! -d "$jars" ]; then
    mvn --quiet --batch-mode --file tests/judges/verapdf/pom.xml \
        org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies "-DoutputDirectory=$(realpath "$work")/verapdf.part"
    mv "$work/verapdf.part" "$jars"
fi
judge() {
    java -cp "$jars/*" tests/judges/verapdf/PdfaJudge.java "$@"
}
judge "$work/home/archive/ocfl" "$work/prepared"

# A judge that passes everything would say nothing: a scanner's PDF is no PDF/A.
if judge samples/small/0004-permit.pdf >/dev/null; then
    echo "FAILED: the judge passes a PDF that is no PDF/A" >&2
    exit 1
fi
echo "The judge refuses a scanner's PDF, as it must."
