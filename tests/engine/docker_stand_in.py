"""Stands in for `docker` where a real nuctl deploys to its local platform: nuclio-facts 8.

    python docker_stand_in.py HOME DOCKER-COMMAND…

Nothing is built and nothing runs: builds succeed, containers are healthy at once. What nuctl stores is kept, in
HOME/store; every command is noted in HOME/commands, a line of JSON each; the Dockerfile and the context of each build of a
function are kept in HOME/builds/<image>. Of a function of which there is a file in HOME/broken the builds fail.
"""

from __future__ import annotations

import json
import os
import sys
import zlib
from pathlib import Path

STORE = "/etc/nuclio/store"  # in the container that nuctl keeps its records in
# What the image handler-builder-python-onbuild of a late Nuclio 1.14 has (nuclio-facts 2.1). It is that image, and not
# nuctl, which decides whether a Python can be built for: that of 1.14.1 has no 3.12.
WHEELS = [f"/home/nuclio/bin/py{version}-whl" for version in ("3.9", "3.10", "3.11", "3.12")]
FOLDERS = ["/home/nuclio/bin/py", *WHEELS]
FILES = ["/home/nuclio/bin/processor", "/home/nuclio/bin/uhttpc"]
IGNORED = ["create", "network", "pull", "push", "rmi", "tag", "volume"]


def main(home: Path, command: str, *words: str) -> None:
    with (home / "commands").open("a") as file:
        file.write(json.dumps([command, *words]) + "\n")
    if command == "version":
        print(json.dumps({"Client": {"Version": "28.0.0"}, "Server": {"Version": "28.0.0"}}))
    elif command in ANSWERS:
        ANSWERS[command](home, *words)
    elif command in IGNORED:
        print("0123456789ab")
    else:
        sys.exit(f"docker stand-in: `{command}` is not known")


def execute(home: Path, container: str, *words: str) -> None:
    """Run a command of nuctl's on the files that it keeps."""
    here = [word.replace(STORE, str(home / "store")) for word in words]
    os.execvp(here[0], here)


def copy(home: Path, source: str, target: str) -> None:
    """Copy what nuctl stores into a container, or what it builds with out of an image."""
    container, _, path = target.rpartition(":")
    if container:
        Path(path.replace(STORE, str(home / "store"))).write_bytes(Path(source).read_bytes())
        return
    path = source.rpartition(":")[2]
    if path in FOLDERS:
        Path(target).mkdir(parents=True, exist_ok=True)
    elif path in FILES:
        Path(target).touch()
    else:
        sys.exit(f"Error response from daemon: Could not find the file {path} in container")


def build(home: Path, *words: str) -> None:
    """Keep what the image of a function would be built from."""
    import shutil  # only here, because this program runs so often

    dockerfile, image = Path(words[words.index("-f") + 1]), words[words.index("-t") + 1]
    if (home / "broken" / image.rpartition("processor-")[2].partition(":")[0]).exists():
        sys.exit(
            "the command '/bin/sh -c pip install -r requirements.txt' returned a non-zero code: 1"
        )
    if dockerfile.name == "Dockerfile.processor":
        kept = home / "builds" / image.replace("/", "_")
        shutil.rmtree(kept, ignore_errors=True)
        shutil.copytree(".", kept / "context")
        shutil.copy(dockerfile, kept / "Dockerfile")


def run(home: Path, *words: str) -> None:
    """Have a container, which is known by the name that it is given."""
    name = words[words.index("--name") + 1] if "--name" in words else "nameless"
    container = identify(name)
    (home / "containers").mkdir(exist_ok=True)
    (home / "containers" / container).touch()
    print(container)


def find(home: Path, *words: str) -> None:
    """The containers that are asked for, by the one filter that nuctl gives."""
    key, _, value = words[words.index("--filter") + 1].partition("=")
    container = identify(value.strip("^/$")) if key == "name" else value
    if (home / "containers" / container).exists():
        print(container)


def remove(home: Path, *words: str) -> None:
    (home / "containers" / words[-1]).unlink(missing_ok=True)


def inspect(home: Path, *words: str) -> None:
    """A container in good health."""
    if words[0] == "--format":
        print("{}")
    elif words[0] == "-f":
        print("127.0.0.1")
    else:
        ports = {"8080/tcp": [{"HostIp": "127.0.0.1", "HostPort": "32768"}]}
        container = {
            "Id": words[-1],
            "Name": f"/{words[-1]}",
            "State": {"Status": "running", "Health": {"Status": "healthy"}},
            "HostConfig": {"PortBindings": {}},
            "NetworkSettings": {"Ports": ports, "Networks": {}},
            "Config": {"Labels": {}},
        }
        print(json.dumps([container]))


def identify(name: str) -> str:
    return f"{zlib.crc32(name.encode()):012x}"


ANSWERS = {
    "build": build,
    "cp": copy,
    "exec": execute,
    "inspect": inspect,
    "ps": find,
    "rm": remove,
    "run": run,
}

if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:])
