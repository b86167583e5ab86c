#!/usr/bin/env bash
# Holds the crates of others to deny.toml: licences, sources, duplicates, and who may name a heavy one. Known
# vulnerabilities are a question of their own, because their database has to be fetched.
#
#   scripts/deny.sh               all but known vulnerabilities
#   scripts/deny.sh advisories    known vulnerabilities; ends with 75 if their database cannot be fetched
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
tools=${XDG_CACHE_HOME:-$HOME/.cache}/agon/tools
export PATH=$tools/bin:$PATH

# Unoptimised, it is built in little more than a minute, and checks in two seconds.
CARGO_TARGET_DIR=$tools/build cargo install --quiet --locked --debug --root "$tools" cargo-deny@0.20.2
rm -rf "$tools/build"

deny() { # manifest checks-and-options
    local manifest=$1
    shift
    cargo deny --manifest-path "$manifest" --config deny.toml -L error check -D warnings "$@"
}

if [[ ${1:-} == advisories ]]; then
    if ! cargo deny -L off fetch db >/dev/null 2>&1; then
        echo "the database of vulnerabilities cannot be fetched"
        exit 75
    fi
    deny Cargo.toml advisories
    exit 0
fi

deny Cargo.toml bans licenses sources
# Guests are given away as well. They need fewer licences than the list has.
for workspace in challenges agents; do
    deny $workspace/Cargo.toml -A license-not-encountered licenses sources
done
deny fuzz/Cargo.toml sources
