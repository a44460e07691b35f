#!/usr/bin/env bash
# A coordinator and two workers, as on three machines. On real machines, leave out --state, use
# --listen 0.0.0.0:7070 and copy worker.join to the nodes.
set -euo pipefail
cd "$(dirname "$0")/.."
ridgeline=./scripts/ridgeline.mjs
state=$(mktemp -d)
pids=()
trap 'kill "${pids[@]}" 2>/dev/null || true; wait; rm -rf "$state"' EXIT

"$ridgeline" coordinator --listen 127.0.0.1:0 --state "$state" >"$state/coordinator.log" 2>&1 &
pids+=($!)
until [ -s "$state/worker.join" ]; do sleep 0.1; done

for node in node1 node2; do
  "$ridgeline" worker --join "@$state/worker.join" --name "$node" --threads 1 --cache "$state/$node" 2>"$state/$node.log" &
  pids+=($!)
done

"$ridgeline" submit examples/minimal.yaml --state "$state"
"$ridgeline" watch minimal --state "$state"
"$ridgeline" results minimal --state "$state"
