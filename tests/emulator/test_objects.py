"""v3io-protocol 4 over the wire."""

from __future__ import annotations

import time
from email.utils import parsedate_to_datetime

import pytest
from iguazioig.emulator import V3io
from wire import ask, call

OBJECT = "/bigdata/folder/object"
NOT_FOUND = (404, -2, "No such file or directory")


def test_an_object_is_put_and_got(either_v3io: V3io) -> None:
    data = bytes(range(256)) * 100
    done = ask(either_v3io, "PUT", OBJECT, data)
    assert (done.status, done.body) == (200, b"")
    got = ask(either_v3io, "GET", OBJECT)
    assert (got.status, got.body) == (200, data)
    assert ask(either_v3io, "PUT", OBJECT, b"").status == 200
    assert ask(either_v3io, "GET", OBJECT).body == b""


def test_an_object_grows(either_v3io: V3io) -> None:
    for data in (b"123", b"456", b"", b"789"):
        assert ask(either_v3io, "PUT", OBJECT, data, {"Range": "-1"}).status == 200
    assert ask(either_v3io, "GET", OBJECT).body == b"123456789"
    ask(either_v3io, "PUT", OBJECT, b"anew")
    assert ask(either_v3io, "GET", OBJECT).body == b"anew"


def test_a_range_to_put_into_is_refused(v3io: V3io) -> None:
    assert ask(v3io, "PUT", OBJECT, b"x", {"Range": "bytes=0-1"}).error[0] == 400
    assert ask(v3io, "GET", OBJECT).error == NOT_FOUND


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ("bytes=4", b"456789"),
        ("bytes=4-", b"456789"),
        ("bytes=4-6", b"456"),
        ("bytes=0-0", b"0"),
        ("bytes=8-100", b"89"),
        ("bytes=-3", b"789"),
        ("bytes=-30", b"0123456789"),
    ],
)
def test_a_range_is_got(either_v3io: V3io, asked: str, expected: bytes) -> None:
    for piece in (b"01", b"234", b"56789"):
        ask(either_v3io, "PUT", OBJECT, piece, {"Range": "-1"})
    got = ask(either_v3io, "GET", OBJECT, headers={"Range": asked})
    assert (got.status, got.body) == (206, expected)
    assert got.headers["Content-Range"].endswith("/10")


def test_a_range_that_is_not_there(v3io: V3io) -> None:
    ask(v3io, "PUT", OBJECT, b"0123456789")
    for asked in ("bytes=10", "bytes=10-20", "bytes=5-4", "bytes=-0"):
        assert ask(v3io, "GET", OBJECT, headers={"Range": asked}).error[0] == 416
    for asked in ("pages=1-2", "bytes=", "bytes=x-y", "bytes=1-2,4-5", "bytes=" + "9" * 50):
        assert ask(v3io, "GET", OBJECT, headers={"Range": asked}).status == 200


def test_a_large_object_comes_in_pieces_and_whole(either_v3io: V3io) -> None:
    data = bytes(range(256)) * 4096 * 5
    ask(either_v3io, "PUT", OBJECT, data)
    ask(either_v3io, "PUT", OBJECT, b"tail", {"Range": "-1"})
    got = ask(either_v3io, "GET", OBJECT)
    assert got.body == data + b"tail"
    assert got.headers["Content-Length"] == str(len(data) + 4)
    middle = ask(either_v3io, "GET", OBJECT, headers={"Range": "bytes=1000000-4000000"})
    assert middle.body == data[1000000:4000001]


def test_head_tells_size_and_time(v3io: V3io) -> None:
    before = time.time() - 1
    ask(v3io, "PUT", OBJECT, b"12345")
    head = ask(v3io, "HEAD", OBJECT)
    # Clients compare the names' case: v3io-protocol 0.3.
    assert dict(head.headers.items())["Content-Length"] == "5"
    modified = dict(head.headers.items())["Last-Modified"]
    assert modified.endswith(" GMT")
    assert before <= parsedate_to_datetime(modified).timestamp() <= time.time()


@pytest.mark.parametrize("path", ["/bigdata/folder", "/bigdata/folder/", "/bigdata", "/bigdata/"])
def test_head_of_a_folder(v3io: V3io, path: str) -> None:
    ask(v3io, "PUT", OBJECT, b"12345")
    head = ask(v3io, "HEAD", path)
    assert (head.status, head.headers["Content-Length"]) == (200, "0")


def test_head_of_nothing_has_no_body(v3io: V3io) -> None:
    head = ask(v3io, "HEAD", "/bigdata/nothing")
    assert (head.status, head.body) == (404, b"")


def test_what_is_not_there(v3io: V3io) -> None:
    for method in ("GET", "DELETE"):
        assert ask(v3io, method, "/bigdata/nothing").error == NOT_FOUND
        assert ask(v3io, method, "/bigdata/nothing/below").error == NOT_FOUND
    for method in ("GET", "PUT", "DELETE"):
        answer = ask(v3io, method, "/nowhere/object", b"" if method == "PUT" else None)
        assert answer.error == (404, -2, "Container not found")


def test_a_slash_makes_a_folder_and_those_above(either_v3io: V3io) -> None:
    for _ in range(2):
        assert ask(either_v3io, "PUT", "/bigdata/a/b/c/").status == 200
    assert ask(either_v3io, "HEAD", "/bigdata/a/b").status == 200
    assert ask(either_v3io, "GET", "/bigdata/a/b/c").error == NOT_FOUND
    assert ask(either_v3io, "PUT", "/bigdata/").status == 200


def test_objects_and_folders_are_not_each_other(v3io: V3io) -> None:
    ask(v3io, "PUT", OBJECT, b"x")
    assert ask(v3io, "PUT", "/bigdata/folder", b"x").error[:2] == (400, -21)
    assert ask(v3io, "PUT", f"{OBJECT}/below", b"x").error[:2] == (400, -20)
    assert ask(v3io, "PUT", f"{OBJECT}/").error[:2] == (400, -20)
    assert ask(v3io, "PUT", "/bigdata", b"x").error[0] == 403
    assert ask(v3io, "GET", OBJECT).body == b"x"


def test_what_is_deleted_is_gone(either_v3io: V3io) -> None:
    ask(either_v3io, "PUT", OBJECT, b"x")
    assert ask(either_v3io, "DELETE", "/bigdata/folder").error[0] == 409
    assert (ask(either_v3io, "DELETE", OBJECT).status, ask(either_v3io, "GET", OBJECT).status) == (
        204,
        404,
    )
    assert ask(either_v3io, "DELETE", "/bigdata/folder/").status == 204
    assert ask(either_v3io, "PUT", OBJECT, b"y").status == 200
    assert ask(either_v3io, "GET", OBJECT).body == b"y"


@pytest.mark.parametrize("path", ["/bigdata", "/bigdata/", "//bigdata//"])
def test_a_container_is_not_deleted(v3io: V3io, path: str) -> None:
    assert ask(v3io, "DELETE", path).error == (403, -1, "Operation not permitted")


def test_an_object_is_got_by_its_number(v3io: V3io) -> None:
    ask(v3io, "PUT", OBJECT, b"content")
    names = "__inode_number,__ctime_secs,__ctime_nsecs"
    item = call(v3io, "GetItem", OBJECT, AttributesToGet=names).json["Item"]
    number, seconds, rest = (item[name]["N"] for name in names.split(","))
    headers = {"ctime-sec": seconds, "ctime-nsec": rest}
    assert ask(v3io, "GET", f"/bigdata/{number}", headers=headers).body == b"content"
    headers["ctime-nsec"] = str(int(rest) + 1)
    assert ask(v3io, "GET", f"/bigdata/{number}", headers=headers).error == NOT_FOUND
    for path, bad in (("x", headers), ("9" * 30, headers), (number, {"ctime-sec": "1"})):
        assert ask(v3io, "GET", f"/bigdata/{path}", headers=bad).error[0] == 400


def test_names_are_what_they_are(either_v3io: V3io) -> None:
    for quoted in (
        ".%23schema",
        "a%20b",
        "%C3%A9",
        "%25",
        "100%25%2541",
        "a%3Fb",
        "a+b",
        "%F0%9F%9A%B2",
        "...",
    ):
        path = f"/bigdata/names/{quoted}"
        assert ask(either_v3io, "PUT", path, quoted.encode()).status == 200
        assert ask(either_v3io, "GET", path).body == quoted.encode()
    name = call(either_v3io, "GetItem", "/bigdata/names/100%25%2541", AttributesToGet="__name")
    assert name.json["Item"]["__name"]["S"] == "100%%41"


def test_slashes_collapse(v3io: V3io) -> None:
    ask(v3io, "PUT", "//bigdata//a///b", b"x")
    for path in ("/bigdata/a/b", "//bigdata/a/b", "/bigdata/a/b/", "/bigdata/a%2Fb"):
        assert ask(v3io, "GET", path).body == b"x"
