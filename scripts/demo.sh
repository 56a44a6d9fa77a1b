#!/usr/bin/env bash
# Shows the whole way: makes a home, digitises the samples, finds and checks one, and serves the web pages.
#
#   SERVE=1 PORT=8080 DEMO_HOME=./demo-home scripts/demo.sh
#
# SERVE=0 ends instead of serving. The home is made anew each time.
set -euo pipefail
cd "$(dirname "$0")/.."

serve=${SERVE:-1}
port=${PORT:-8080}
home=${DEMO_HOME:-./demo-home}
muniment=${CARGO_TARGET_DIR:-target}/release/muniment

say() {
    printf '\n== %s\n' "$*"
}

# Prints a field of a sample's metadata.
field() {
    sed -n "s/^ *\"$1\": \"\(.*\)\",\{0,1\}$/\1/p" "$2" | head -1
}

say "1. Tools and program"
scripts/tools.sh demo
echo "building the program; the first time takes ten minutes or more"
cargo build --release --quiet --bin muniment
"$muniment" --version

say "2. A fresh home in $home"
if [ -e "$home" ]; then
    if [ ! -f "$home/made-by-demo" ]; then
        echo "$home exists and was not made by this script; move it away or set DEMO_HOME" >&2
        exit 1
    fi
    rm -rf "$home"
fi
"$muniment" --home "$home" --lang en init --demo | tee demo-accounts.tmp
touch "$home/made-by-demo"
mv demo-accounts.tmp "$home/demo-accounts.txt"

say "3. Digitising samples/small: PDF/A, text, seal, archive, index"
"$muniment" --home "$home" --lang en take samples/small

sample=samples/small/0004-permit.json
code=$(field result_code "$sample")
holder=$(field id "$sample")

say "4. Finding one, marks left out: giay phep xay dung"
"$muniment" --home "$home" --lang en search giay phep xay dung

say "5. Taking $code out and checking it"
"$muniment" --home "$home" --lang en get "$code" -o "$home/licence.pdf"
"$muniment" --home "$home" --lang en verify "$home/licence.pdf" --trust "$home/trust/development.pem"

say "6. Adding what validates the signatures offline, without waiting a day"
"$muniment" --home "$home" --lang en uplift --now

say "7. Checking the whole archive"
"$muniment" --home "$home" --lang en audit

say "Done"
echo "The sealed PDF: $home/licence.pdf"
echo "The accounts for officers: $home/demo-accounts.txt"
echo
token=$("$muniment" --home "$home" --lang en show "$code" | sed -n 's/^Look-up token *//p')
echo "Citizens look up:   dossier code   ${code%-KQ*}"
echo "                    second factor  $token    (the look-up token of the slip: opens pages and file)"
echo "                    or             $holder   (the holder's number: shows the summary; invented)"
echo "Officers sign in with:"
grep '^Account:' "$home/demo-accounts.txt" | sed 's/^Account:/   /'
echo
if [ "$serve" = 0 ]; then
    exit 0
fi
echo "Open http://127.0.0.1:$port/ ; Ctrl-C ends it."
exec "$muniment" --home "$home" serve --listen "127.0.0.1:$port"
