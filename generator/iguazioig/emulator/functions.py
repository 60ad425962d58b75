"""The functions of the web API by their names: v3io-protocol 1.1."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from . import items, listings, objects, reading, scans, streams
from .errors import V3ioError, invalid_argument
from .paths import Target
from .requests import Answer, Request
from .store import Store

KIB = 1024
LARGEST_PUT = 10 * KIB * KIB
LARGEST_ITEM = 4 * KIB * KIB
LARGEST_OBJECT = 64 * KIB * KIB
LARGEST_QUERY = 2 * KIB * KIB


@dataclass(frozen=True, slots=True)
class Function:
    """What answers a request: its name, and the largest body in bytes that is read for it."""

    name: str
    answer: Callable[[Store, Request], Answer | Awaitable[Answer]]
    largest: int = LARGEST_QUERY


_NAMED = {
    function.name.lower(): function
    for function in (
        Function("CreateStream", streams.create_stream),
        Function("UpdateStream", streams.update_stream),
        Function("DescribeStream", streams.describe_stream),
        Function("PutRecords", streams.put_records, LARGEST_PUT),
        Function("SeekShard", reading.seek_shard),
        Function("GetRecords", reading.get_records),
        Function("PutItem", items.put_item, LARGEST_ITEM),
        Function("UpdateItem", items.update_item, LARGEST_ITEM),
        Function("GetItem", items.get_item),
        Function("GetItems", scans.get_items),
        Function("GetClusterMD", listings.get_cluster_metadata),
    )
}
_NAMED["seek"] = _NAMED["seekshard"]

_VERBS = {
    "GET": Function("GET", objects.get_object),
    "HEAD": Function("HEAD", objects.head_object),
    "PUT": Function("PUT", objects.put_object, LARGEST_OBJECT),
    "DELETE": Function("DELETE", objects.delete_object),
}
NAMES = tuple(dict.fromkeys(each.name for each in (*_NAMED.values(), *_VERBS.values())))
"""What all functions are called."""

_LIST_CONTAINERS = Function("GET", listings.list_containers)
_LIST_FOLDER = Function("GET", listings.list_folder)


def find(method: str, name: str | None, target: Target) -> Function:
    """The function for a request: the one of the header, in any case, or the verb's; V3ioError where there is none."""
    if name is not None:
        try:
            return _NAMED[name.strip().lower()]
        except KeyError:
            raise invalid_argument("an X-v3io-function of the web API") from None
    if method == "GET" and not target.path:
        return _LIST_FOLDER if target.container else _LIST_CONTAINERS
    try:
        return _VERBS[method]
    except KeyError:
        message = "InvalidArgumentException: GET, HEAD, PUT, DELETE, or an X-v3io-function"
        raise V3ioError(405, -201326592, message) from None
