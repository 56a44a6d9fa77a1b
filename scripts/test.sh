#!/usr/bin/env bash
# Runs every everyday check: form, lints, documentation, tests. Says how long each took. Names and arguments go to cargo test:
#
#   scripts/test.sh [ARGUMENTS OF cargo test]
set -euo pipefail
cd "$(dirname "$0")/.."

steps=()
step() {
    local name=$1 start=$SECONDS
    shift
    echo "== $name"
    "$@"
    steps+=("$(printf '%5d s  %s' $((SECONDS - start)) "$name")")
}

summary() {
    local status=$?
    echo
    printf '%s\n' "${steps[@]}"
    [ $status -eq 0 ] || echo "FAILED in the step that follows"
    return $status
}
trap summary EXIT

export RUSTDOCFLAGS="-D warnings"
step "tools" scripts/tools.sh test
step "form" cargo fmt --all --check
# Tests come first: what they build serves clippy's and the documentation's dependencies in part, and a failing test is the news.
step "tests" cargo test --workspace --quiet "$@"
step "lints" cargo clippy --workspace --all-targets --quiet -- -D warnings
step "documentation" cargo doc --workspace --no-deps --quiet
