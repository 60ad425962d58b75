#!/usr/bin/env bash
# A graph becomes a project, and the project runs on this machine. `make demo` runs this; it writes into build/ and nowhere else.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

show() {
  if [[ -t 1 && -z ${NO_COLOR:-} ]]; then
    printf '\n\033[1m$ %s\033[0m\n' "$*"
  else
    printf '\n$ %s\n' "$*"
  fi
  "$@"
}

rm -rf build/demo
mkdir -p build/demo

show cat examples/converge/graph.yaml
show iguazioig validate examples/converge/graph.yaml
show iguazioig generate examples/converge/graph.yaml -o build/demo/orders
show iguazioig graph examples/converge/graph.yaml
show cat build/demo/orders/steps/converge/handler.py
show iguazioig plan examples/converge/graph.yaml
show cat examples/converge/messages/orders.jsonl
show iguazioig run build/demo/orders --mount results=build/demo/results --logs build/demo/logs \
  --send orders=examples/converge/messages/orders.jsonl \
  --expect answers=examples/converge/expected/answers.jsonl --until-idle
show head -n 1 build/demo/results/*.json

cat <<'END'

That is a whole project, in build/demo/orders, and what it made of four orders: three results, and two dead letters with their
cause. Read it, commit it, deploy it with its own deploy.sh: nothing in it needs iguazioig, and nothing in it knows where it
ran. Three commands to try next: let it wait for orders, send some from another terminal, and, once you have changed something
in the graph, see what that changes:

    .venv/bin/iguazioig run build/demo/orders --mount results=build/demo/results
    .venv/bin/iguazioig send orders examples/converge/messages/orders.jsonl --graph build/demo/orders
    .venv/bin/iguazioig generate examples/converge/graph.yaml -o build/demo/orders --diff
END
