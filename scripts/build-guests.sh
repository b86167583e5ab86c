#!/usr/bin/env bash
# Builds the example challenges and agents into components, and writes each to its `dist`, beside its digest. Guests
# that are written by hand, for tests of the sandbox, become components beside their text.
#
#   scripts/build-guests.sh            build, and replace what is committed
#   scripts/build-guests.sh --check    build elsewhere, and fail if any differs from the committed one
#
# The components are committed, so only who changes a guest needs this. The compiler for WASM comes from Debian's
# packages: its compiler and its standard library's sources have one version, which is what building the library
# needs. They are unpacked into a cache, never installed. The same sources give the same bytes on any machine.
set -euo pipefail

repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cache=${AGON_GUEST_TOOLCHAIN:-${XDG_CACHE_HOME:-$HOME/.cache}/agon-guest-toolchain}
packages=(rustc-web libstd-rust-web-1.96 libstd-rust-web-dev rust-web-src libllvm22 lld-22)
target=wasm32-unknown-unknown
# Cargo names a crate outside of a workspace by its absolute path, and the names of its functions with it: so the
# guests are built in one place, wherever the repository is.
place=/tmp/agon-guests

fetch_toolchain() {
    [[ -e $cache/complete ]] && return
    echo "unpacking ${packages[*]} into $cache"
    rm -rf "$cache/root" "$cache/packages"
    mkdir -p "$cache/root" "$cache/packages"
    # A new machine has no lists of packages yet.
    apt-cache show "${packages[@]}" >/dev/null 2>&1 || apt-get update -qq
    (cd "$cache/packages" && apt-get download "${packages[@]}")
    for package in "$cache"/packages/*.deb; do
        dpkg -x "$package" "$cache/root"
    done
    rm -rf "$cache/packages"
    touch "$cache/complete"
}

# No path of this machine may get into a component: each is replaced by a name that is the same everywhere.
remaps() {
    local sources crates=${CARGO_HOME:-$HOME/.cargo}/registry/src
    sources=$(readlink -f "$cache/root/usr/lib/rustlib/src/rust")
    local pairs=("$sources=/rust" "$cache/root/usr/lib/rustlib/src/rust=/rust" "$place=/agon")
    for registry in "$crates"/*/; do
        pairs+=("${registry%/}=/crates")
    done
    printf -- '--remap-path-prefix=%s\x1f' "${pairs[@]}"
}

guest_cargo() {
    LD_LIBRARY_PATH=$cache/root/usr/lib/x86_64-linux-gnu:$cache/root/usr/lib/llvm-22/lib \
        RUSTC=$cache/root/usr/bin/rustc RUSTC_BOOTSTRAP=1 RUSTC_WRAPPER='' \
        CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER=$cache/root/usr/lib/llvm-22/bin/wasm-ld \
        CARGO_TARGET_DIR="$builds" CARGO_ENCODED_RUSTFLAGS=$remaps cargo "$@"
}

build() { # workspace
    (cd "$place/$1" && guest_cargo build --release --locked --quiet --target $target -Zbuild-std=std,panic_abort)
}

componentize() { # module-or-text component
    (cd "$repository" && CARGO_TARGET_DIR=$tools cargo run --quiet --locked \
        --manifest-path challenges/componentize/Cargo.toml -- "$1" "$2")
}

# Puts every guest of a workspace into `dist`, or compares it with what is there.
finish() { # workspace
    local manifest name module component digest dist
    for manifest in "$repository/$1"/*/Cargo.toml; do
        name=$(basename "$(dirname "$manifest")")
        module=$builds/$target/release/${name//-/_}.wasm
        [[ -e $module ]] || continue # a library that guests share
        component=$builds/$name.wasm
        componentize "$module" "$component"
        digest=$(sha256sum "$component" | cut -d' ' -f1)
        dist=$repository/$1/$name/dist
        if [[ $mode == --check ]]; then
            [[ $digest == "$(cat "$dist/$name.sha256")" ]] || { echo "$1/$name differs: $digest"; differing=1; }
        else
            mkdir -p "$dist"
            cp "$component" "$dist/$name.wasm"
            echo "$digest" >"$dist/$name.sha256"
            name_code "$repository/$1/$name/manifest.toml" "$digest"
        fi
    done
}

# Makes the components of the guests that are written by hand, or compares them with what is there.
finish_written() { # folder
    local text component
    for text in "$repository/$1"/*.wat; do
        component=${text%.wat}.wasm
        if [[ $mode == --check ]]; then
            componentize "$text" "$builds/written.wasm"
            cmp --quiet "$builds/written.wasm" "$component" || { echo "$component differs"; differing=1; }
        else
            componentize "$text" "$component"
        fi
    done
}

# The manifest of a challenge names its code.
name_code() { # manifest digest
    [[ ! -e $1 ]] || sed -i "s/^code = .*/code = \"$2\"/" "$1"
}

mode=${1:-}
differing=0
tools=${CARGO_TARGET_DIR:-$repository/target}/tools
fetch_toolchain
if [[ $mode == --check ]]; then
    builds=$(mktemp -d)
    trap 'rm -rf "$builds"' EXIT
else
    builds=${CARGO_TARGET_DIR:-$repository/target}/guests
fi
exec 9>"$place.lock"
flock 9
rm -rf "$place"
mkdir -p "$place"
(cd "$repository" && tar --exclude=./target --exclude=./.git -cf - .) | tar -xf - -C "$place"
for workspace in challenges agents; do
    (cd "$place/$workspace" && cargo fetch --quiet --locked)
done
remaps=$(remaps)
remaps=${remaps%$'\x1f'}
for workspace in challenges agents; do
    build $workspace
    finish $workspace
done
# Whoever checks a score may do it in a page: the light verifier is built in the same way.
(cd "$place" && guest_cargo build --release --locked --quiet --target $target -Zbuild-std=std,panic_abort -p agon-proof)
finish_written adapters/sandbox-wasm/tests/contest/written
exit $differing
