"""Listings of containers and folders, in XML: v3io-protocol 5."""

from __future__ import annotations

from datetime import UTC, datetime
from html import escape

from . import nodes
from .errors import invalid_argument, not_found
from .nodes import Kind, Node
from .paths import Target, of, query
from .requests import BILLION, XML, Answer, Request, answer_json
from .store import Store

MOST_KEYS = 1000

_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'


def list_containers(store: Store, request: Request) -> Answer:
    """`GET /`: every container."""
    buckets = "".join(
        _tag("Bucket", _fields(Name=each.name, CreationDate=_time(each.ctime), Id=each.id))
        for each in nodes.containers(store)
    )
    listing = _tag("ListAllMyBucketsResult", _tag("Buckets", buckets))
    return Answer(200, (_HEAD + listing).encode(), XML)


def list_folder(store: Store, request: Request) -> Answer:
    """`GET /<container>`: what is in one folder, a page of it.

    `prefix` names the folder: it is not a search. After the last entry `NextMarker` is empty, which some wait for.
    """
    asked = query(request.target)
    folder = of(request.target.container, asked.get("prefix", ""))
    found = nodes.find(store, folder)
    if found is None or not found.is_folder:
        raise not_found()
    limit = _limit(asked)
    after = _name_after(folder, asked.get("marker", ""))
    only = asked.get("prefix-only", "0") != "0"
    entries = nodes.children(store, found.id, after=after, limit=limit + 1, folders_only=only)
    page, more = entries[:limit], len(entries) > limit
    listing = _fields(
        Name=folder.container,
        Prefix=f"{folder.path}/" if folder.path else "",
        Marker=asked.get("marker", ""),
        Delimiter="/",
        NextMarker=folder.inside(page[-1].name).path if page else "",
        MaxKeys=limit,
        IsTruncated=str(more).lower(),
    )
    details = asked.get("prefix-info", "0") != "0"
    for each in sorted(page, key=lambda node: node.is_folder):
        listing += _entry(folder, each, details=details)
    return Answer(200, (_HEAD + _tag("ListBucketResult", listing)).encode(), XML)


def get_cluster_metadata(store: Store, request: Request) -> Answer:
    """GetClusterMD: v3io-protocol 5.3."""
    nodes.folder(store, request.target.container, "")
    return answer_json({"NumberOfVNs": 1})


def _limit(asked: dict[str, str]) -> int:
    text = asked.get("max-keys") or str(MOST_KEYS)
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise invalid_argument("max-keys as a number")
    return min(int(text), MOST_KEYS)


def _name_after(folder: Target, marker: str) -> str:
    """The name in the folder that a marker, the path of an entry, stands for."""
    path = of(folder.container, marker).path
    return path.removeprefix(f"{folder.path}/") if folder.path else path


def _entry(folder: Target, node: Node, *, details: bool) -> str:
    """Without details a folder has nothing but its prefix (v3io-protocol 5.2)."""
    path = folder.inside(node.name).path
    if node.is_folder:
        modified = _fields(LastModified=_time(node.mtime)) if details else ""
        more = modified + (_details(node) if details else "")
        return _tag("CommonPrefixes", _fields(Prefix=f"{path}/") + more)
    basic = _fields(Key=path, Size=node.size, LastModified=_time(node.mtime))
    return _tag("Contents", basic + (_details(node) if details else ""))


def _details(node: Node) -> str:
    text = _fields(
        AccessTime=_time(node.mtime),
        CreatingTime=_time(node.ctime),
        Mode="040775" if node.is_folder else "0100664",
        GID="0",
        UID="0",
        InodeNumber=node.id,
    )
    if node.kind == Kind.SHARD:
        text += _fields(LastSequenceId=node.last or 0)
    if node.kind == Kind.STREAM:
        text += _fields(ShardCount=node.shards or 0, RetentionPeriodHours=node.hours or 0)
    return text


def _fields(**values: str | int) -> str:
    return "".join(_tag(name, escape(str(value), quote=False)) for name, value in values.items())


def _tag(name: str, content: str) -> str:
    return f"<{name}>{content}</{name}>"


def _time(nanoseconds: int) -> str:
    """In RFC 3339, as `2019-06-02T14:30:39.180Z`."""
    seconds, rest = divmod(nanoseconds, BILLION)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{rest // 1_000_000:03}Z"
