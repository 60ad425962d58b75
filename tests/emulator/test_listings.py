"""v3io-protocol 5 over the wire."""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree import ElementTree

import pytest
from iguazioig.emulator import V3io
from wire import Answer, ask, call


def xml(answer: Answer) -> ElementTree.Element:
    assert answer.status == 200, answer.body
    assert answer.headers["Content-Type"] == "application/xml"
    return ElementTree.fromstring(answer.body)


def listing(v3io: V3io, query: str = "", container: str = "bigdata") -> ElementTree.Element:
    root = xml(ask(v3io, "GET", f"/{container}?{query}"))
    assert root.tag == "ListBucketResult"
    return root


def keys(root: ElementTree.Element) -> list[str]:
    return [each.findtext("Key") or "" for each in root.iter("Contents")]


def folders(root: ElementTree.Element) -> list[str]:
    return [each.findtext("Prefix") or "" for each in root.iter("CommonPrefixes")]


def tags(element: ElementTree.Element | None) -> list[str]:
    assert element is not None
    return sorted(child.tag for child in element)


@pytest.fixture
def tree(either_v3io: V3io) -> V3io:
    """A server with objects, folders and a stream below /bigdata/d."""
    for name in ("b", "a", "c/below", "10", "9"):
        ask(either_v3io, "PUT", f"/bigdata/d/{name}", b"12345")
    either_v3io.create_stream("bigdata", "d/stream", shards=11, retention_hours=72)
    either_v3io.put("bigdata", "d/stream", [b"x"] * 12)
    return either_v3io


def test_containers(either_v3io: V3io) -> None:
    root = xml(ask(either_v3io, "GET", "/"))
    assert root.tag == "ListAllMyBucketsResult"
    buckets = root.findall("Buckets/Bucket")
    assert [each.findtext("Name") for each in buckets] == ["bigdata", "projects", "users"]
    assert all((each.findtext("Id") or "").isdigit() for each in buckets)
    assert (buckets[0].findtext("CreationDate") or "").endswith("Z")


def test_a_container_is_made_from_outside(v3io: V3io) -> None:
    v3io.create_container("mine")
    v3io.create_container("mine")
    assert ask(v3io, "PUT", "/mine/object", b"x").status == 200
    assert keys(listing(v3io, container="mine")) == ["object"]


def test_a_folder_lists_what_is_in_it_and_no_deeper(tree: V3io) -> None:
    for prefix in ("d", "d/", "/d", "/d/", "%2Fd", "//d//"):
        root = listing(tree, f"prefix={prefix}")
        assert keys(root) == ["d/10", "d/9", "d/a", "d/b"]
        assert folders(root) == ["d/c/", "d/stream/"]
        assert root.findtext("Name") == "bigdata"
        assert root.findtext("Prefix") == "d/"
        assert root.findtext("IsTruncated") == "false"
        assert root.findtext("MaxKeys") == "1000"
        assert root.findtext("NextMarker") == "d/stream"


def test_a_container_lists_its_root(tree: V3io) -> None:
    for query in ("", "prefix=", "prefix=/", "&max-keys=5", "prefix=%2F"):
        root = listing(tree, query)
        assert (keys(root), folders(root), root.findtext("Prefix")) == ([], ["d/"], "")
    assert folders(xml(ask(tree, "GET", "/bigdata/"))) == ["d/"]


def test_without_details_there_are_none(tree: V3io) -> None:
    root = listing(tree, "prefix=d")
    assert tags(root.find("Contents")) == ["Key", "LastModified", "Size"]
    assert tags(root.find("CommonPrefixes")) == ["Prefix"]
    assert tags(listing(tree, "prefix=d/stream").find("Contents")) == [
        "Key",
        "LastModified",
        "Size",
    ]


def test_details(tree: V3io) -> None:
    details = ["AccessTime", "CreatingTime", "GID", "InodeNumber", "Mode", "UID"]
    root = listing(tree, "prefix=d&prefix-info=1")
    content, (folder, stream) = root.find("Contents"), root.findall("CommonPrefixes")
    assert tags(content) == sorted([*details, "Key", "LastModified", "Size"])
    assert tags(folder) == sorted([*details, "LastModified", "Prefix"])
    assert tags(stream) == sorted([*tags(folder), "RetentionPeriodHours", "ShardCount"])
    assert (stream.findtext("ShardCount"), stream.findtext("RetentionPeriodHours")) == ("11", "72")
    assert (folder.findtext("Mode"), content.findtext("Mode")) == ("040775", "0100664")  # type: ignore[union-attr]
    assert root.findtext("Contents/Size") == "5"


def test_shards_have_their_last_number(tree: V3io) -> None:
    root = listing(tree, "prefix=d/stream&prefix-info=1")
    # Digits first, by bytes: v3io-protocol 2.8.
    assert keys(root) == [f"d/stream/{number}" for number in (0, 1, 10, 2, 3, 4, 5, 6, 7, 8, 9)]
    ends = [each.findtext("LastSequenceId") for each in root.iter("Contents")]
    assert ends == ["2"] + ["1"] * 10


def test_folders_only(tree: V3io) -> None:
    root = listing(tree, "prefix=d&prefix-only=1")
    assert (keys(root), folders(root)) == ([], ["d/c/", "d/stream/"])


def pages(v3io: V3io, query: str) -> Iterator[tuple[list[str], str]]:
    """The entries of each page and whether it is truncated, until the marker is empty, as v3io-fs reads them."""
    marker = ""
    while True:
        root = listing(v3io, f"{query}&marker={marker}")
        marker = root.findtext("NextMarker") or ""
        yield keys(root) + folders(root), root.findtext("IsTruncated") or ""
        if not marker:
            return


def test_pages(tree: V3io) -> None:
    assert list(pages(tree, "prefix=d&max-keys=2")) == [
        (["d/10", "d/9"], "true"),
        (["d/a", "d/b"], "true"),
        (["d/c/", "d/stream/"], "false"),
        ([], "false"),
    ]
    root = listing(tree, "prefix=d&max-keys=0")
    assert (keys(root), folders(root), root.findtext("MaxKeys")) == ([], [], "0")


def test_a_page_has_at_most_1000(v3io: V3io) -> None:
    v3io.create_stream("bigdata", "s", shards=1100)
    v3io.put("bigdata", "s", [b""] * 1100)
    found = [entries for entries, _ in pages(v3io, "prefix=s&max-keys=5000")]
    assert [len(entries) for entries in found] == [1000, 100, 0]
    assert len({key for entries in found for key in entries}) == 1100


@pytest.mark.parametrize("number", ["-1", "x", "1.5", "9" * 20, "%C2%B2"])
def test_max_keys_is_a_number(v3io: V3io, number: str) -> None:
    assert ask(v3io, "GET", f"/bigdata?max-keys={number}").error[0] == 400


def test_what_is_not_there(tree: V3io) -> None:
    for prefix in ("nothing", "d/nothing", "d/a", "d/a/below"):
        answer = ask(tree, "GET", f"/bigdata?prefix={prefix}")
        assert answer.error == (404, -2, "No such file or directory")
    assert ask(tree, "GET", "/nowhere?prefix=d").error == (404, -2, "Container not found")
    ask(tree, "PUT", "/bigdata/empty/")
    assert keys(listing(tree, "prefix=empty")) == []


def test_names_are_escaped(v3io: V3io) -> None:
    names = ["a&b", "<c>", 'd"e', "f g", "é", "h+i", "j%k", "🚲"]
    for name in names:
        quoted = "".join(f"%{byte:02X}" for byte in name.encode())
        ask(v3io, "PUT", f"/bigdata/x%20y/{quoted}", b"")
    root = listing(v3io, "prefix=x%20y/")
    assert sorted(keys(root)) == sorted(f"x y/{name}" for name in names)
    # Go sends a marker as it is: v3io-protocol 5.2.
    assert keys(listing(v3io, "prefix=x%20y&marker=x%20y/h+i"))[0] == "x y/j%k"


def test_the_cluster_has_nodes(v3io: V3io) -> None:
    assert call(v3io, "GetClusterMD", "/bigdata").json == {"NumberOfVNs": 1}
    assert call(v3io, "GetClusterMD", "/nowhere").error[0] == 404
