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

# Licences, duplicates, sources and heavy crates; needs cargo-deny
deny:
    cargo deny check bans licenses sources

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
