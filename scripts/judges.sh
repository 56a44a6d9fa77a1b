#!/usr/bin/env bash
# Has programs that need Maven or cargo-deny judge what we make: PDF/A-2u by veraPDF, signatures by the EU's Digital Signature Service,
# dependencies by cargo-deny.
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
# Copies the jars that a judge's pom.xml names to a folder of $work, once for each version of the pom.
fetch_jars() {
    local pom=tests/judges/$1/pom.xml jars=$work/$1
    cmp -s "$pom" "$jars/pom.xml" && return
    rm -rf "$jars" "$jars.part"
    mvn --quiet --batch-mode --file "$pom" \
        org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies "-DoutputDirectory=$(realpath "$work")/$1.part"
    cp "$pom" "$jars.part/pom.xml"
    mv "$jars.part" "$jars"
}
fetch_jars verapdf
judge() {
    java -cp "$work/verapdf/*" tests/judges/verapdf/PdfaJudge.java "$@"
}
# The tests of ingest leave a PDF of every kind of page there: upright, turned, blank, of every profile.
cargo test --quiet --package muniment-ingest --test conformance
judge "$work/home/archive/ocfl" "$work/prepared" "$target/tmp/pdfa"

# A judge that passes everything would say nothing: a scanner's PDF is no PDF/A.
if judge samples/small/0004-permit.pdf >/dev/null; then
    echo "FAILED: the judge passes a PDF that is no PDF/A" >&2
    exit 1
fi
echo "The judge refuses a scanner's PDF, as it must."

echo "== signatures (EU DSS), and PDF/A-2u after two of each level"
fetch_jars dss
rm -rf "$work/levels"
cargo run --release --quiet --package muniment-seal --example sign_levels -- "$work/prepared/with-text.pdf" "$work/levels"
java -cp "$work/dss/*" tests/judges/dss/SignatureJudge.java \
    "$work/levels/anchor.pem" "$work/levels" "$(cat "$work/levels/at")" "$work/levels" 2> >(grep -v SLF4J >&2)
judge "$work/levels"/{p256,rsa}*.pdf
