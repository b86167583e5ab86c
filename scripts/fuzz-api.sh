#!/usr/bin/env bash
# Asks a running hub some thousands of questions, right ones and wrong ones, made from its own description, and fails on
# a fault of ours and on any answer that the description does not have. The network is one of its own, with the example
# agents, and ends with the script. The argument is the built binary; XDG_CACHE_HOME keeps the tool between two runs.
#
#   scripts/fuzz-api.sh target/debug/agon
set -euo pipefail
agon=$(realpath "$1")
tools=${XDG_CACHE_HOME:-$HOME/.cache}/agon/schemathesis-4.32.5
folder=$(mktemp -d)

end() {
    [[ -z ${network:-} ]] || { kill "$network" 2>/dev/null && wait "$network"; } || true
    rm -rf "$folder"
}
trap end EXIT

if [[ ! -e $tools/complete ]]; then
    rm -rf "$tools"
    python3 -m venv "$tools"
    "$tools/bin/pip" install --quiet --disable-pip-version-check schemathesis==4.32.5
    touch "$tools/complete"
fi

exec {lines}< <(exec "$agon" up --json --port 0 --validators 1 --epoch 6s --data-dir "$folder/data")
network=$!
# The first line names the hub; once an agent is entered, there is something to ask for.
while read -r line; do
    [[ $line != *'"event":"started"'* ]] || hub=$(sed 's/.*"hub":"\([^"]*\)".*/\1/' <<<"$line")
    [[ $line != *'"event":"entered"'* ]] || break
done <&"$lines"

# An open stream of events has no end to wait for. What the tool notes goes to the folder.
cd "$folder"
"$tools/bin/schemathesis" --no-color run "$hub/openapi.json" --exclude-path /v1/events \
    --phases examples,coverage,fuzzing --max-examples 25 --request-timeout 15 --max-time 80 \
    --checks not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance \
    --checks unsupported_method,ignored_auth
