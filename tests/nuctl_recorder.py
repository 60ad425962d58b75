"""A `nuctl` that notes what it is told and deploys nothing; its answers are those of nuclio-facts 1.2, 1.3 and 8.1.

nuctl = Recorder(tmp_path)          # a program in nuctl.folder, to be put onto the PATH
nuctl.fail_at(3)                    # the third call from now fails
…                                   # something that calls nuctl
nuctl.calls                         # each as one line, in order; other stand-ins may write into nuctl.log, too
"""

from __future__ import annotations

from pathlib import Path

PROGRAM = """\
#!/bin/sh
cluster={cluster}
echo "nuctl $*" >> {log}
fail() {{ echo "Error - $*" >&2; exit 1; }}
left=$(($(cat "$cluster/fail_at") - 1))
echo "$left" > "$cluster/fail_at"
[ "$left" -ne 0 ] || fail "the connection to the server was refused"

case "$1 $2" in
"get project")
  [ -e "$cluster/projects/$3" ] || {{ echo "No projects found"; exit 1; }}
  ;;
"create project")
  [ ! -e "$cluster/projects/$3" ] || fail "nuclioprojects.nuclio.io \\"$3\\" already exists"
  touch "$cluster/projects/$3"
  ;;
"deploy "*)
  name=$2 source= image=
  shift 2
  while [ $# -gt 0 ]; do
    case $1 in
    --path) source=$2/function.yaml ;;
    --file) source=$2 image=needed ;;
    --run-image) [ -n "$image" ] || fail "would build in spite of --run-image"; image=$2 ;;
    --project-name) [ -e "$cluster/projects/$2" ] || fail "Project does not exist" ;;
    --readiness-timeout | --image) ;;
    *) fail "unknown flag: $1" ;;
    esac
    shift 2
  done
  [ -f "$source" ] || fail "Function path doesn't exist"
  [ "$image" != needed ] || fail "Function must have either spec.build.path, ..."
  touch "$cluster/functions/$name"
  ;;
*) fail "unknown command" ;;
esac
"""


class Recorder:
    """The stand-in, and the cluster that it believes in."""

    def __init__(self, home: Path) -> None:
        self.folder = home / "bin"
        self.log = home / "calls.log"
        self._cluster = home / "cluster"
        for folder in (self.folder, self._cluster / "projects", self._cluster / "functions"):
            folder.mkdir(parents=True)
        program = self.folder / "nuctl"
        program.write_text(PROGRAM.format(cluster=f"'{self._cluster}'", log=f"'{self.log}'"))
        program.chmod(0o755)
        self.log.touch()
        self.fail_at(0)

    @property
    def calls(self) -> list[str]:
        return self.log.read_text().splitlines()

    @property
    def functions(self) -> set[str]:
        """What is deployed."""
        return {each.name for each in (self._cluster / "functions").iterdir()}

    def fail_at(self, call: int) -> None:
        """Let a later call fail: 1 is the next, 0 none."""
        (self._cluster / "fail_at").write_text(f"{call}\n")

    def forget(self) -> None:
        """A new cluster; nothing was called yet."""
        for each in self._cluster.glob("*/*"):
            each.unlink()
        self.log.write_text("")
