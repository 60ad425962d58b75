"""Streams as v3io has them: whether they are there, how they are, and how far their readers are."""

from __future__ import annotations

import contextlib
import importlib.util
import os
from collections.abc import Iterable, Iterator
from typing import Any

from ..errors import RunError, printable
from ..local.streams import NoAnswerError, StreamPlace, ask, connect, positions
from .found import FoundStream

_NO_CONTAINER = b"Container not found"
_VARIABLES = {"V3IO_API": "http://…", "V3IO_ACCESS_KEY": "…"}


@contextlib.contextmanager
def named_v3io() -> Iterator[Any]:
    """v3io's client, for the platform that V3IO_API and V3IO_ACCESS_KEY name.

    Raises RunError where they do not, or where nobody answers there.
    """
    api, key = _named()
    if "@" in api:
        raise RunError("V3IO_API holds a user or a password; say: export V3IO_ACCESS_KEY=…")
    if importlib.util.find_spec("v3io") is None:
        raise RunError("v3io's client is not installed; say: pip install 'iguazioig[deploy]'")
    client = connect(api, key)
    try:
        yield client
    except NoAnswerError as error:
        raise RunError(f"{error} (asked {printable(api)}); is V3IO_API right?") from error
    finally:
        client.close()


def _named() -> list[str]:
    """The address and the key. Raises RunError with all that is missing."""
    values = {name: os.environ.get(name, "").strip() for name in _VARIABLES}
    missing = [name for name, value in values.items() if not value]
    if missing:
        verb = "is" if len(missing) == 1 else "are"
        cure = " ".join(f"{name}={_VARIABLES[name]}" for name in missing)
        raise RunError(
            f"{' and '.join(missing)} {verb} not set, and the streams are asked for; say: export {cure}"
        )
    return list(values.values())


def find(client: Any, container: str, path: str, groups: Iterable[str] = ()) -> FoundStream | None:
    """The stream at a place, with the lags of some groups; None where there is none.

    Raises RunError for any other answer, and where nobody answers.
    """
    place = StreamPlace(path, container, path)
    answer = ask(client.stream.describe, container, path)
    if answer.status_code == 404 and _NO_CONTAINER not in answer.body:
        return None
    if answer.status_code != 200 or answer.output is None:
        raise RunError(_explained(place, answer))
    shards, retention = answer.output.shard_count, answer.output.retention_period_hours
    wanted = list(groups)
    if not wanted:
        return FoundStream(shards, retention)
    found = positions(client, place, shards, wanted)
    lags = {it: sum(max(0, last - done[it]) for last, done in found.values()) for it in wanted}
    return FoundStream(shards, retention, lags)


def _explained(place: StreamPlace, answer: Any) -> str:
    cures = {
        400: "is something else at this path?",
        401: "is V3IO_ACCESS_KEY right?",
        403: "is V3IO_ACCESS_KEY right?",
        404: f"is there a container `{place.container}`?",
    }
    cure = cures.get(answer.status_code, "try again later")
    return f"{place.full}: v3io answered {answer.status_code}, {answer.body[:200]!r}; {cure}"
