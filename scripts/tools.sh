#!/usr/bin/env bash
# Installs what a task needs and this machine lacks. Quick when everything is there.
#
#   scripts/tools.sh demo|test|judges|bench-ingest|bench-search
set -euo pipefail
cd "$(dirname "$0")/.."

task=${1:-}
packages=()
case $task in
demo)
    packages=(tesseract-ocr tesseract-ocr-vie curl)
    ;;
test)
    packages=(tesseract-ocr tesseract-ocr-vie fonts-liberation2 qpdf poppler-utils python3-venv softhsm2 opensc openssl strace postgresql sqlite3)
    ;;
judges)
    packages=(tesseract-ocr tesseract-ocr-vie maven default-jdk-headless qpdf poppler-utils python3-venv)
    command -v go >/dev/null || packages+=(golang-go)
    ;;
bench-ingest)
    # The peers of ingest want the last four.
    packages=(tesseract-ocr tesseract-ocr-vie python3-venv ghostscript unpaper pngquant qpdf)
    ;;
bench-search)
    packages=(postgresql postgresql-contrib sqlite3 zstd)
    ;;
*)
    echo "usage: scripts/tools.sh demo|test|judges|bench-ingest|bench-search" >&2
    exit 2
    ;;
esac
# Rust needs a linker, and SQLite and ring a C compiler.
packages+=(gcc libc6-dev)

is_installed() {
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

install_packages() {
    local missing=()
    for package in "${packages[@]}"; do
        is_installed "$package" || missing+=("$package")
    done
    [ ${#missing[@]} -eq 0 ] && return
    local as_root=()
    if [ "$(id -u)" -ne 0 ]; then
        if ! command -v sudo >/dev/null; then
            echo "missing Debian packages: ${missing[*]}" >&2
            echo "install them as root: apt-get install ${missing[*]}" >&2
            exit 1
        fi
        as_root=(sudo)
    fi
    echo "installing Debian packages: ${missing[*]}"
    "${as_root[@]}" apt-get update -qq
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

# The judges written in Python, in a virtual environment of their own; a stamp says which list of versions is in it.
install_python() {
    local list=scripts/requirements.txt stamp=.venv/requirements.txt
    cmp -s "$list" "$stamp" && return
    echo "installing Python packages of $list in .venv"
    rm -rf .venv
    /usr/bin/python3 -m venv .venv
    .venv/bin/pip install --quiet --disable-pip-version-check --requirement "$list"
    cp "$list" "$stamp"
}

if ! command -v dpkg-query >/dev/null; then
    echo "this is not Debian; install the equivalents of: ${packages[*]}" >&2
else
    install_packages
fi
if ! command -v cargo >/dev/null; then
    echo "cargo is missing: install a Rust toolchain, version 1.95 or later" >&2
    exit 1
fi
if [ "$task" = test ] || [ "$task" = judges ]; then
    install_python
fi
if [ "$task" = judges ] && ! command -v cargo-deny >/dev/null; then
    echo "installing cargo-deny"
    cargo install --quiet --locked cargo-deny
fi
if [ "$task" = judges ] && ! command -v rocfl >/dev/null; then
    echo "installing rocfl"
    cargo install --quiet --locked --no-default-features rocfl
fi
