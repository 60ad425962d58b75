#!/usr/bin/env bash
# A graph becomes a project. `make demo` runs this; it writes into build/ and nowhere else.
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

show cat examples/scoring/graph.yaml
show iguazioig validate examples/scoring/graph.yaml
show iguazioig generate examples/scoring/graph.yaml -o build/demo/fraud
show iguazioig graph examples/scoring/graph.yaml
show cat build/demo/fraud/steps/score/handler.py
show iguazioig plan examples/scoring/graph.yaml

cat <<'END'

That is a whole project, in build/demo/fraud: read it, commit it, deploy it with its own deploy.sh. Nothing in it needs
iguazioig. Now change a line in examples/scoring/graph.yaml and run

    .venv/bin/iguazioig generate examples/scoring/graph.yaml -o build/demo/fraud --diff
END
