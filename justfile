# What people do in this repository. `just` lists it; each line also works when typed by hand.

_default:
    @just --list

# Everything that can fail on this machine, in one build
test *options:
    cargo test --workspace {{ options }}

# What formatting, clippy and our own rules say
lint:
    cargo fmt --all --check
    cargo clippy --workspace --all-targets --locked -- -D warnings
    cargo test --locked --quiet -p agon-tidy

# Licences, duplicates, sources and heavy crates; takes cargo-deny the first time
deny:
    scripts/deny.sh

# Requests made from the hub's own description, against a network of its own; takes the tool the first time
fuzz-api:
    cargo build --locked
    scripts/fuzz-api.sh "${CARGO_TARGET_DIR:-target}/debug/agon"

# Bytes that make no sense, for so many seconds each
fuzz *seconds:
    scripts/fuzz.sh {{ seconds }}

# Seeds of the simulator from one to another, a hundred heights each: `just simulate 0 10000` is a million heights
simulate from="0" to="100":
    cargo run --release -p agon-sim -- --from {{ from }} --to {{ to }} --heights 100

# The whole network on this machine, with its board at http://127.0.0.1:7700
up *options:
    cargo run -- up {{ options }}

# All that must hold before a commit, as on a new machine
ci:
    .ci/run

# Every Rust file in the one format
fmt:
    cargo fmt --all

# The example challenges and agents as components: into their dist, or with --check compared with what is committed
guests *options:
    scripts/build-guests.sh {{ options }}

# The figures of docs/benchmarks.md
bench:
    cargo bench -p agon-protocol --bench step --bench replay
    cargo bench -p agon-proof --bench tree
    cargo bench -p agon-hub --bench sse
    cargo bench -p agon-hub --bench board
    cargo bench -p agon-sandbox-wasm --bench inside
