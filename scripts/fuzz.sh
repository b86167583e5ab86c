#!/usr/bin/env bash
# Builds the fuzz targets and runs each for some seconds (20, or the first argument), as many at a time as there are
# cores. The compiler is the one of the repository: RUSTC_BOOTSTRAP lets it take the flags of coverage and sanitizers.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../fuzz"
seconds=${1:-20}
target=$(rustc -vV | sed -n 's/^host: //p')

builds=${CARGO_TARGET_DIR:-target}/fuzz
RUSTC_BOOTSTRAP=1 CARGO_TARGET_DIR=$builds RUSTFLAGS="-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
-Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
-Cllvm-args=-sanitizer-coverage-trace-compares -Zsanitizer=address --cfg fuzzing" \
    cargo build --quiet --release --locked --target "$target"

fuzz() { # source
    local name corpus said
    name=$(basename "$1" .rs)
    corpus=$builds/corpus/$name
    said=$builds/$name.log
    mkdir -p "$corpus"
    if ! "$builds/$target/release/$name" -max_total_time="$seconds" -verbosity=0 -print_final_stats=0 \
        -artifact_prefix="$builds/" "$corpus" >"$said" 2>&1; then
        cat "$said"
        echo "$name: found a fault, see above"
        return 1
    fi
    echo "$name: nothing found in $seconds s"
}

# As many at a time as there are cores; xargs fails if one of them does.
export -f fuzz
export builds target seconds
printf '%s\n' targets/*.rs | xargs -P "$(nproc)" -I '{}' bash -c 'fuzz "$1"' _ '{}'
