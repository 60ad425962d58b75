"""The variables of a function as `env_custom`; what may be a credential is never written, only where it should be."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ..api.naming import slug
from ..api.texts import ENV_NAME, SECRET_KEY, SECRET_NAME, SERVER
from ..errors import printable
from ..project.yaml_text import flow_mapping, plain, quoted
from ..reported.config import part, word
from ..reported.private import is_private_text
from .function import Function
from .graph_text import Entry, Mark

V3IO_API, V3IO_ACCESS_KEY = "V3IO_API", "V3IO_ACCESS_KEY"

_LONGEST = 100_000


@dataclass(slots=True)
class Environment:
    """The variables of a step, and what of them is the project's: v3io's address, and the Secret with the key to it."""

    entries: list[Entry] = field(default_factory=list)
    api: str = ""
    access_key: tuple[str, str] | None = None


def environment(function: Function, step: str) -> Environment:
    """The variables of a function."""
    found = Environment()
    for name, value in part(function.spec, "env").items():
        _take(function, found, (step, name), value)
    if "envFrom" in function.spec:
        function.understood.append("spec.envFrom")
        wrong = "all keys of a Secret or a ConfigMap are variables of it (`envFrom`)"
        function.mark(wrong, "a graph has them one by one, in `env_custom`")
    return found


def _take(function: Function, found: Environment, place: tuple[str, str], value: Any) -> None:
    name = place[1]
    secret = _secret(value)
    if name == V3IO_API and isinstance(value, str) and is_server(value):
        found.api = value
    elif name == V3IO_ACCESS_KEY:
        found.access_key = secret
        if secret is None:
            function.mark(
                "its access key is no key of a Secret",
                "put it in the Secret that `access_key_secret` names",
            )
    elif not ENV_NAME.fits(name):
        function.mark(
            f"variable `{printable(name, 60)}` cannot be said in a graph", "give it another name"
        )
    elif secret is not None:
        found.entries.append(_reference(name, *secret))
    elif isinstance(value, str):
        found.entries.append(_text(place, value))
    else:
        function.mark(
            f"variable `{name}` comes from {_source(value)}",
            "a graph has texts, and keys of Secrets",
        )


def is_server(text: str) -> bool:
    """Whether it is an address that a graph can have."""
    return len(text) <= SERVER.longest and SERVER.fits(text)


def _secret(value: Any) -> tuple[str, str] | None:
    name, key = (word(value, "secretKeyRef", each) for each in ("name", "key"))
    return (name, key) if SECRET_NAME.fits(name) and SECRET_KEY.fits(key) else None


def _source(value: Any) -> str:
    kinds = {"configMapKeyRef": "a ConfigMap", "secretKeyRef": "a Secret with an odd name"}
    return next((kinds[each] for each in part(value) if each in kinds), "its pod")


def _reference(name: str, secret: str, key: str, *marks: Mark) -> Entry:
    return Entry(name, flow_mapping({"secret": plain(secret), "key": plain(key)}), marks)


def _text(place: tuple[str, str], value: str) -> Entry:
    step, name = place
    if is_private_text(name, value):
        what = f"the value of `{name}` may be a credential, and is not written"
        mark = Mark(what, "put it into a Secret of this name, or of another one")
        return _reference(name, f"{slug(step)}-secrets", name.lower(), mark)
    if not _is_text(value) or len(value) > _LONGEST:
        return Entry(name, '""', (Mark(f"the value of `{name}` is no text for a graph", "say it"),))
    return Entry(name, quoted(value))


def _is_text(value: str) -> bool:
    """Whether a file and a process can have it: JSON has halves of characters, too."""
    return "\0" not in value and not any("\ud800" <= char <= "\udfff" for char in value)
