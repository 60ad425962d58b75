"""`%nuclio mount`: volumes belong to the project, and the graph says which there are."""

from __future__ import annotations

import shlex

from ..document import shorten
from .said import Said, Text

_TAKES_A_VALUE = {"-t": "type", "--type": "type", "-n": "name", "--name": "name", "-k": "key", "--key": "key", "-r": "readonly", "--readonly": "readonly"}  # fmt: skip


def add_mount(said: Said, line: Text) -> None:
    """One `MOUNT_PATH REMOTE`, with options before, between or behind."""
    words, options = _parsed(line.text)
    if "key" in options:
        wrong = "a mount is given a literal key"
        expected = "leave it out: the key is in the Secret that `volume_secret` of the graph names"
        said.refuse(line.place, wrong, expected, "credential")
    elif options.get("type", "v3io") not in ("", "v3io"):
        wrong = f"a volume of type `{shorten(options['type'])}`, and projects have v3io's"
        said.refuse(line.place, wrong, "put it on v3io, or into the image")
    elif len(words) != 2:
        said.refuse(
            line.place, "`%nuclio mount` takes two paths", "write `%nuclio mount /User users/ana`"
        )
    else:
        said.mounts.append((Text(words[1], line.place), Text(words[0], line.place)))


def _parsed(text: str) -> tuple[list[str], dict[str, str]]:
    try:
        words = shlex.split(text)
    except ValueError:
        words = []
    plain: list[str] = []
    options: dict[str, str] = {}
    left = iter(words)
    for word in left:
        name, equals, value = word.partition("=")
        if name in _TAKES_A_VALUE:
            options[_TAKES_A_VALUE[name]] = value if equals else next(left, "")
        else:
            plain.append(word)
    return plain, options
