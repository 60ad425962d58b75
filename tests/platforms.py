"""What a test does with an embedded v3io from outside, as others who use the platform do: with v3io's own client."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any, Protocol

import v3io.dataplane
from iguazioig.emulator import V3io

CONTAINERS = ("bigdata", "projects", "users")


class Platform(Protocol):
    """Whatever a client can be pointed at."""

    url: str
    access_key: str


def connect(platform: Platform) -> contextlib.closing[Any]:
    """A client for as long as the block runs."""
    options = {"access_key": platform.access_key, "max_connections": 1}
    return contextlib.closing(v3io.dataplane.Client(endpoint=platform.url, **options))


def streams(platform: V3io) -> dict[tuple[str, str], tuple[int, int]]:
    """Every stream by its container and path: how many shards it has, and for how many hours it keeps a record."""
    with connect(platform) as client:
        return {
            (container, each.prefix.strip("/")): shape
            for container in CONTAINERS
            for listing in listings(client, container)
            for each in listing.common_prefixes
            if (shape := _shape(client, container, each.prefix))
        }


def objects(platform: V3io) -> set[tuple[str, str]]:
    """Every object by its container and path, the shards of streams among them."""
    with connect(platform) as client:
        return {
            (container, each.key)
            for container in CONTAINERS
            for listing in listings(client, container)
            for each in listing.contents
        }


def listings(client: Any, container: str, folder: str = "") -> Iterator[Any]:
    """The listing of a folder, and of all that are below it."""
    listing = client.container.list(container, folder).output
    yield listing
    for each in listing.common_prefixes:
        yield from listings(client, container, each.prefix)


def _shape(client: Any, container: str, path: str) -> tuple[int, int] | None:
    answer = client.stream.describe(container, path, raise_for_status="never")
    if answer.status_code != 200:
        return None
    return answer.output.shard_count, answer.output.retention_period_hours


def shards(platform: V3io, container: str, path: str) -> int:
    """How many shards a stream has."""
    with connect(platform) as client:
        return int(client.stream.describe(container, path).output.shard_count)


def delete(platform: V3io, container: str, path: str) -> None:
    """Delete a stream with all that is in it."""
    with connect(platform) as client:
        client.stream.delete(container, path)


def without_origin(message: Any) -> Any:
    """A message as the step returned it that wrote it."""
    if not isinstance(message, dict):
        return message
    return {name: value for name, value in message.items() if name != "_origin"}
