"""Scans of the items in a folder: v3io-protocol 3.5."""

from __future__ import annotations

import asyncio
import base64
import binascii
import zlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import orjson

from . import attributes, nodes
from .attributes import Attribute
from .errors import invalid_argument, not_found
from .items import holds
from .nodes import Node
from .requests import Answer, Request, answer_json, number, text
from .store import Store

LARGEST_PAGE = 4 * 1024 * 1024
MOST_SEGMENTS = 1024

_AT_ONCE = 250
"""Items that are looked at before others get their turn: a filter may look at all of a large table for one page."""


@dataclass(frozen=True, slots=True)
class _Query:
    """What a scan asks for."""

    names: list[str]
    condition: str
    sharding_key: str
    start: str
    end: str
    segment: int
    segments: int

    def takes(self, node: Node) -> bool:
        """Whether an item is one of those asked for."""
        shard, _, sort = node.name.partition(".")
        if self.sharding_key and shard != self.sharding_key:
            return False
        if sort < self.start or (self.end and sort >= self.end):
            return False
        if self.segments > 1 and zlib.crc32(node.name.encode()) % self.segments != self.segment:
            return False
        return not self.condition or holds(self.condition, attributes.every(node))


async def get_items(store: Store, request: Request) -> Answer:
    """GetItems: one page of a scan.

    A page is never empty unless it is the last: clients stop at an empty one.
    """
    fields = request.json()
    folder = nodes.find(store, request.target.inside(text(fields, "TableName")))
    if folder is None or not folder.is_folder:
        raise not_found()
    query = _read(fields)
    limit = number(fields, "Limit", 0) or 2**63 - 1
    found, more = await _page(store, folder.id, query, _marked(text(fields, "Marker")), limit)
    answer: dict[str, Any] = {
        "LastItemIncluded": "FALSE" if more else "TRUE",
        "NumItems": len(found),
        "Items": [item for _, item in found],
    }
    if more:
        answer["NextMarker"] = _marker(found[-1][0])
    return answer_json(answer)


async def _page(
    store: Store, folder: int, query: _Query, after: str, limit: int
) -> tuple[list[tuple[str, dict[str, Attribute]]], bool]:
    """Names and attributes of the items of a page, and whether there are more."""
    found: list[tuple[str, dict[str, Attribute]]] = []
    size = 0
    async for node in _files(store, folder, after):
        if not query.takes(node):
            continue
        item = attributes.project(node, query.names, star=("__name",))
        size += len(orjson.dumps(item))
        if found and (len(found) >= limit or size > LARGEST_PAGE):
            return found, True
        found.append((node.name, item))
    return found, False


async def _files(store: Store, folder: int, after: str) -> AsyncIterator[Node]:
    while batch := nodes.children(store, folder, after=after, limit=_AT_ONCE):
        for node in batch:
            if not node.is_folder:
                yield node
        after = batch[-1].name
        await asyncio.sleep(0)


def _read(fields: dict[str, Any]) -> _Query:
    segments = number(fields, "TotalSegment", 1, least=1, most=MOST_SEGMENTS)
    return _Query(
        attributes.names(text(fields, "AttributesToGet")),
        text(fields, "FilterExpression"),
        text(fields, "ShardingKey"),
        text(fields, "SortKeyRangeStart"),
        text(fields, "SortKeyRangeEnd"),
        number(fields, "Segment", 0, most=segments - 1),
        segments,
    )


def _marker(name: str) -> str:
    return base64.b64encode(name.encode()).decode()


def _marked(marker: str) -> str:
    try:
        return binascii.a2b_base64(marker, strict_mode=True).decode() if marker else ""
    except ValueError:
        raise invalid_argument("Marker as the NextMarker of an answer") from None
