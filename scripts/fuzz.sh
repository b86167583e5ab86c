#!/usr/bin/env bash
# Builds the fuzz targets and runs each for some seconds (20, or the first argument). Needs a nightly compiler.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../fuzz"
seconds=${1:-20}
target=$(rustc -vV | sed -n 's/^host: //p')

if ! cargo +nightly --version >/dev/null 2>&1; then
    echo "no nightly compiler here, so nothing was fuzzed: install one with 'rustup toolchain install nightly'"
    exit 0
fi

builds=${CARGO_TARGET_DIR:-target}/fuzz
CARGO_TARGET_DIR=$builds RUSTFLAGS="-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
-Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
-Cllvm-args=-sanitizer-coverage-trace-compares -Zsanitizer=address --cfg fuzzing" \
    cargo +nightly build --quiet --release --locked --target "$target"

for source in targets/*.rs; do
    name=$(basename "$source" .rs)
    corpus=$builds/corpus/$name
    mkdir -p "$corpus"
    echo "fuzzing $name for $seconds s"
    "$builds/$target/release/$name" -max_total_time="$seconds" -verbosity=0 -print_final_stats=0 "$corpus"
done
