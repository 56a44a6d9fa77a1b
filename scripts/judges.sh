#!/usr/bin/env bash
# Has programs judge what we make that need Maven, Go or another installation: PDF/A-2u by veraPDF, signatures by the EU's Digital
# Signature Service, the published log by the client of Go's checksum database, stores by rocfl, dependencies by cargo-deny.
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

echo "== log (golang.org/x/mod/sumdb)"
log=$work/home/archive/log/public
(cd tests/judges/tlog && go build -o "../../../$work/tlog" .)
cp "$log/checkpoint" "$work/older-checkpoint"
# More comes in: the log must go on from the checkpoint that was kept.
mkdir -p "$work/more"
cp samples/small/0001-business.json "$work/more/more.json"
sed -i 's/-10001-KQ1/-10099-KQ1/' "$work/more/more.json"
{ cat samples/small/0001-business.jpg; printf '\0'; } >"$work/more/more.jpg"
"$muniment" --home "$work/home" --lang en take "$work/more"
"$work/tlog" "$work/home/log.pub" "$log" "$work/older-checkpoint"
rm -rf "$work/forged"
cp -r "$log" "$work/forged"
bundle=$(find "$work/forged/tile/entries" -type f | sort -V | tail -1)
printf 'x' | dd of="$bundle" bs=1 seek=100 conv=notrunc status=none
if "$work/tlog" "$work/home/log.pub" "$work/forged" 2>/dev/null; then
    echo "FAILED: the judge passes a log with a forged entry" >&2
    exit 1
fi
echo "The judge refuses a forged entry, as it must."

echo "== stores (rocfl): on a disk, and copied down from S3"
rm -rf "$work/from-s3"
MUNIMENT_KEEP_COPY=$(realpath "$work")/from-s3 cargo test --quiet --package muniment-archive --lib an_archive_on_s3
for root in "$work/home/archive/ocfl" "$work/from-s3/ocfl"; do
    # It ends with 1 for a store that is not valid; a version directory without a copy of the inventory (W010) is allowed.
    rocfl --root "$root" validate --suppress-warning W010
done
damaged=$(find "$work/from-s3/ocfl" -name version.json | head -1)
printf ' ' >>"$damaged"
if rocfl --root "$work/from-s3/ocfl" validate >/dev/null; then
    echo "FAILED: the judge passes a damaged store" >&2
    exit 1
fi
echo "The judge refuses a damaged store, as it must."
