"""`setup_streams.py` as a project has it, run against an embedded v3io."""

from __future__ import annotations

import ast
import os
import pty
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import jinja2
import platforms
import pytest
from iguazioig.cluster.agreed import MARK
from iguazioig.emulator import ACCESS_KEY, V3io, V3ioError, serve
from v3io_proxy import Answer, Proxy, Request, stand_before

TEMPLATES = Path(__file__).parents[1] / "templates"
STREAMS = """[
    Stream(
        "transactions",
        "projects",
        "/fraud/streams/transactions",
        shards=4,
        retention_hours=48,
    ),
    Stream("scores", "projects", "/fraud/streams/scores", shards=2, retention_hours=24),
    Stream("rejected", "users", "/team/rejected", shards=1, retention_hours=24),
]"""

Done = subprocess.CompletedProcess[str]
Script = Callable[..., Done]


def render(streams: str = STREAMS, project: str = "fraud") -> str:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    template = environment.get_template("setup_streams.py.j2")
    return template.render(project=project, streams=streams, mark=MARK, origin="Generated.")


@pytest.fixture
def v3io() -> Iterator[V3io]:
    with serve(access_key=ACCESS_KEY) as endpoint:
        yield endpoint


@pytest.fixture
def proxy(v3io: V3io) -> Iterator[Proxy]:
    with stand_before(v3io) as between:
        yield between


@pytest.fixture
def script(tmp_path: Path, proxy: Proxy) -> Script:
    """Runs the script; `environment` adds to what it needs, None takes a variable away."""

    def run(
        *arguments: str,
        streams: str = STREAMS,
        project: str = "fraud",
        stdin: int = subprocess.DEVNULL,
        **environment: str | None,
    ) -> Done:
        path = tmp_path / "setup_streams.py"
        path.write_text(render(streams, project), encoding="utf-8")
        variables = {"V3IO_API": proxy.url, "V3IO_ACCESS_KEY": ACCESS_KEY, **environment}
        inherited = {key: value for key, value in os.environ.items() if key not in variables}
        given = {key: value for key, value in variables.items() if value is not None}
        return subprocess.run(
            [sys.executable, "-B", path, *arguments],
            stdin=stdin,
            capture_output=True,
            text=True,
            env={**inherited, **given},
            timeout=60,
        )

    return run


TRANSACTIONS = ("projects", "/fraud/streams/transactions")
SCORES = ("projects", "/fraud/streams/scores")
REJECTED = ("users", "/team/rejected")


def create_all(v3io: V3io, *, transactions: int = 4) -> None:
    v3io.create_stream(*TRANSACTIONS, shards=transactions, retention_hours=48)
    v3io.create_stream(*SCORES, shards=2)
    v3io.create_stream(*REJECTED)


def changes(proxy: Proxy) -> list[tuple[str, str]]:
    looks = ("DescribeStream", "GET")
    return [(each.function, each.path) for each in proxy.requests if each.function not in looks]


def shapes(v3io: V3io) -> dict[str, tuple[int, int]]:
    return {path: shape for (_, path), shape in platforms.streams(v3io).items()}


def test_what_is_missing_is_created_once_all_have_been_looked_at(
    v3io: V3io, proxy: Proxy, script: Script
) -> None:
    done = script()

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [
        "create  projects/fraud/streams/transactions  4 shards, 48 hours",
        "create  projects/fraud/streams/scores  2 shards, 24 hours",
        "create  users/team/rejected  1 shard, 24 hours",
    ]
    assert [each.function for each in proxy.requests] == [
        *["DescribeStream"] * 3,
        *["CreateStream", "PutItem"] * 3,
    ]
    assert shapes(v3io) == {
        "fraud/streams/transactions": (4, 48),
        "fraud/streams/scores": (2, 24),
        "team/rejected": (1, 24),
    }


def test_a_second_run_changes_nothing(proxy: Proxy, script: Script) -> None:
    script()
    proxy.requests.clear()

    done = script()

    assert (done.returncode, done.stderr) == (0, "")
    assert [line.split()[0] for line in done.stdout.splitlines()] == ["ok", "ok", "ok"]
    assert changes(proxy) == []


def test_shards_are_added(v3io: V3io, proxy: Proxy, script: Script) -> None:
    create_all(v3io, transactions=3)

    done = script()

    assert done.returncode == 0
    assert done.stdout.splitlines()[0] == (
        "grow    projects/fraud/streams/transactions  4 shards, 48 hours; had 3:"
        " keys move to other shards from now on"
    )
    assert changes(proxy) == [("UpdateStream", "fraud/streams/transactions")]
    assert shapes(v3io)["fraud/streams/transactions"] == (4, 48)


@pytest.mark.parametrize("option", [[], ["--dry-run"], ["--check"]])
def test_the_impossible_is_refused_all_at_once_before_anything_is_changed(
    v3io: V3io, proxy: Proxy, script: Script, option: list[str]
) -> None:
    v3io.create_stream(*SCORES, shards=3)
    v3io.create_stream(*REJECTED, retention_hours=72)

    done = script(*option)

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.splitlines() == [
        "projects/fraud/streams/scores has 3 shards, 24 hours, and v3io cannot make that"
        " 2 shards, 24 hours; give it a new `path`, or lose what is in it:"
        " python3 setup_streams.py --delete scores",
        "users/team/rejected has 1 shard, 72 hours, and v3io cannot make that"
        " 1 shard, 24 hours; give it a new `path`, or lose what is in it:"
        " python3 setup_streams.py --delete rejected",
    ]
    assert changes(proxy) == []


def test_a_stream_that_grows_and_changes_its_retention_is_refused(
    v3io: V3io, proxy: Proxy, script: Script
) -> None:
    v3io.create_stream(*REJECTED, shards=1, retention_hours=23)

    done = script("rejected")

    assert (done.returncode, changes(proxy)) == (1, [])


def test_only_the_streams_that_are_named(v3io: V3io, proxy: Proxy, script: Script) -> None:
    done = script("rejected", "scores", "scores")

    assert done.returncode == 0
    assert sorted(shapes(v3io)) == ["fraud/streams/scores", "team/rejected"]
    assert len(proxy.requests) == 6


def test_a_name_that_is_none(proxy: Proxy, script: Script) -> None:
    done = script("scores", "score")

    assert done.returncode == 2
    assert "no stream `score`; there are: transactions, scores, rejected" in done.stderr
    assert proxy.requests == []


def test_a_dry_run_says_what_would_be_done(v3io: V3io, proxy: Proxy, script: Script) -> None:
    v3io.create_stream(*SCORES)
    v3io.create_stream(*REJECTED)

    done = script("--dry-run")

    assert (done.returncode, done.stderr, changes(proxy)) == (0, "", [])
    assert done.stdout == script().stdout


def test_a_check_fails_where_anything_differs_and_changes_nothing(
    v3io: V3io, proxy: Proxy, script: Script
) -> None:
    create_all(v3io)
    same = script("--check")
    platforms.delete(v3io, *SCORES)
    v3io.create_stream(*SCORES, shards=1)
    different = script("--check")
    platforms.delete(v3io, *SCORES)
    missing = script("--check")

    assert [each.returncode for each in (same, different, missing)] == [0, 1, 1]
    assert [each.stdout.splitlines()[1].split()[0] for each in (same, different, missing)] == [
        "ok",
        "grow",
        "create",
    ]
    assert changes(proxy) == []


# Deleting.


def test_streams_are_deleted_with_all_that_is_in_them(v3io: V3io, script: Script) -> None:
    create_all(v3io)
    v3io.put(*TRANSACTIONS, [b"in each shard"] * 4)
    with platforms.connect(v3io) as client:
        client.object.put("projects", f"{TRANSACTIONS[1]}/score-state.json", body=b"{}")
        client.object.put("projects", "/fraud/streams/other", body=b"")

    done = script("--delete", "--yes")

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [
        "delete  projects/fraud/streams/transactions  4 shards, 48 hours",
        "delete  projects/fraud/streams/scores  2 shards, 24 hours",
        "delete  users/team/rejected  1 shard, 24 hours",
    ]
    assert platforms.streams(v3io) == {}
    assert platforms.objects(v3io) == {("projects", "fraud/streams/other")}


def test_of_the_streams_only_those_that_it_made_are_deleted(v3io: V3io, script: Script) -> None:
    v3io.create_stream(*SCORES, shards=2)
    script()
    other = STREAMS.replace("/team/rejected", "/other/rejected")

    shown = script("--delete", "--made", "--dry-run")
    done = script("--delete", "--made", "--yes")
    script("rejected", streams=other)
    not_ours = script("--delete", "--made", "--yes", "rejected", streams=other, project="another")

    assert shown.stdout == done.stdout
    assert done.stdout.splitlines() == [
        "delete  projects/fraud/streams/transactions  4 shards, 48 hours",
        "kept    projects/fraud/streams/scores  made by someone else",
        "delete  users/team/rejected  1 shard, 24 hours",
    ]
    assert not_ours.stdout == "kept    users/other/rejected  made by someone else\n"
    assert sorted(shapes(v3io)) == ["fraud/streams/scores", "other/rejected"]


def test_a_stream_that_grew_is_still_the_one_that_it_made(v3io: V3io, script: Script) -> None:
    script()
    script(streams=STREAMS.replace("shards=2", "shards=3"))

    done = script("--delete", "--made", "--yes", "scores")

    assert done.stdout == "delete  projects/fraud/streams/scores  3 shards, 24 hours\n"


def test_what_is_made_is_said_of_deleting_alone(proxy: Proxy, script: Script) -> None:
    done = script("--made")

    assert (done.returncode, proxy.requests) == (2, [])
    assert done.stderr.endswith("error: --made says which streams to delete: --delete --made\n")


def test_a_stream_is_as_good_without_a_mark(proxy: Proxy, script: Script) -> None:
    proxy.answer(None, None, V3ioError(403, -1, "Operation not permitted"))

    done = script("scores")

    assert done.returncode == 0
    assert done.stdout.splitlines()[1] == (
        "note    projects/fraud/streams/scores  has no mark: projects/fraud/streams/scores:"
        " v3io answered 403, Operation not permitted; is V3IO_ACCESS_KEY right?"
    )


def test_a_stream_that_is_missing_is_deleted_already(v3io: V3io, script: Script) -> None:
    v3io.create_stream(*SCORES)

    done = script("--delete", "--yes", "scores", "rejected")

    assert done.returncode == 0
    assert done.stdout.splitlines() == [
        "delete  projects/fraud/streams/scores  1 shard, 24 hours",
        "missing users/team/rejected",
    ]


def test_a_stream_with_more_shards_than_one_listing_has_is_deleted(
    v3io: V3io, proxy: Proxy, script: Script
) -> None:
    v3io.create_stream(*REJECTED, shards=1001)
    v3io.put(*REJECTED, [b"in each shard"] * 1001)
    refused: list[Request] = []

    def refuse(request: Request) -> Answer | None:
        """What a platform may do that deletes no stream with shards: v3io-protocol 2.7 leaves it open."""
        of_stream = (request.function, request.path) == ("DELETE", "team/rejected")
        if not of_stream or not v3io.ends(*REJECTED):
            return None
        refused.append(request)
        return V3ioError(409, -39, "Directory not empty")

    proxy.before = refuse

    done = script("--delete", "--yes", "rejected")

    assert (done.returncode, done.stderr) == (0, "")
    assert (platforms.streams(v3io), platforms.objects(v3io), len(refused)) == ({}, set(), 1)


def test_deleting_needs_a_terminal_or_yes(v3io: V3io, proxy: Proxy, script: Script) -> None:
    create_all(v3io)

    done = script("--delete")

    assert done.returncode == 2
    assert "--yes deletes without asking" in done.stderr
    assert proxy.requests == []


@pytest.mark.parametrize(
    ("answer", "status", "kept"), [("y", 0, 0), ("Yes", 0, 0), ("n", 1, 3), ("", 1, 3)]
)
def test_on_a_terminal_it_asks(
    v3io: V3io, script: Script, answer: str, status: int, kept: int
) -> None:
    create_all(v3io)
    master, terminal = pty.openpty()
    os.write(master, f"{answer}\n".encode())

    done = script("--delete", stdin=terminal)

    os.close(master)
    os.close(terminal)
    assert (done.returncode, len(shapes(v3io))) == (status, kept)
    assert "Delete with all that is in them? [y/N]" in done.stdout
    assert done.stderr == ("" if status == 0 else "nothing was deleted\n")


def test_where_nothing_is_to_be_deleted_it_does_not_ask(v3io: V3io, script: Script) -> None:
    master, terminal = pty.openpty()

    done = script("--delete", stdin=terminal)

    os.close(master)
    os.close(terminal)
    assert done.returncode == 0
    assert [line.split()[0] for line in done.stdout.splitlines()] == ["missing"] * 3


def test_an_end_of_input_deletes_nothing(v3io: V3io, script: Script) -> None:
    create_all(v3io)
    master, terminal = pty.openpty()
    os.write(master, b"\x04")

    done = script("--delete", stdin=terminal)

    os.close(master)
    os.close(terminal)
    assert (done.returncode, len(shapes(v3io))) == (1, 3)
    assert done.stderr == "stopped; it is safe to run this again\n"


def test_a_dry_run_of_deleting_asks_for_nothing(v3io: V3io, proxy: Proxy, script: Script) -> None:
    create_all(v3io)

    done = script("--delete", "--dry-run")

    assert (done.returncode, changes(proxy)) == (0, [])
    assert [line.split()[0] for line in done.stdout.splitlines()] == ["delete"] * 3


def test_deleting_is_nothing_to_check(v3io: V3io, script: Script) -> None:
    done = script("--delete", "--check")

    assert done.returncode == 2
    assert "not allowed with argument" in done.stderr


# Somebody else at the same time.


def test_a_stream_that_is_created_meanwhile_is_as_good(
    v3io: V3io, proxy: Proxy, script: Script
) -> None:
    def meanwhile(request: Request) -> None:
        if request.function == "CreateStream":
            v3io.create_stream(*REJECTED)

    proxy.before = meanwhile

    done = script("rejected")

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "ok      users/team/rejected  1 shard, 24 hours\n"


def test_a_stream_that_is_created_too_small_meanwhile_grows(
    v3io: V3io, proxy: Proxy, script: Script
) -> None:
    def meanwhile(request: Request) -> None:
        if request.function == "CreateStream":
            v3io.create_stream(*SCORES, shards=1)

    proxy.before = meanwhile

    done = script("scores")

    assert done.returncode == 0
    assert done.stdout.startswith("grow    projects/fraud/streams/scores  2 shards")
    assert shapes(v3io) == {"fraud/streams/scores": (2, 24)}


def test_a_stream_that_grows_too_far_meanwhile_is_refused(
    v3io: V3io, proxy: Proxy, script: Script
) -> None:
    v3io.create_stream(*SCORES, shards=1)

    def meanwhile(request: Request) -> None:
        if request.function == "UpdateStream":
            with platforms.connect(v3io) as client:
                client.stream.update(*SCORES, 9)

    proxy.before = meanwhile

    done = script("scores")

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("projects/fraud/streams/scores has 9 shards")


def test_a_stream_that_is_deleted_meanwhile_is_missing(
    v3io: V3io, proxy: Proxy, script: Script
) -> None:
    v3io.create_stream(*REJECTED)

    def meanwhile(request: Request) -> None:
        if request.function == "DELETE":
            platforms.delete(v3io, *REJECTED)

    proxy.before = meanwhile

    done = script("--delete", "--yes", "rejected")

    assert (done.returncode, done.stdout) == (0, "missing users/team/rejected\n")


# What v3io says no to.


def test_a_wrong_access_key(script: Script) -> None:
    done = script(V3IO_ACCESS_KEY="another")

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.splitlines()[2] == (
        "users/team/rejected: v3io answered 403, Permission denied; is V3IO_ACCESS_KEY right?"
    )
    assert "another" not in done.stderr


def test_a_container_that_is_not_there(proxy: Proxy, script: Script) -> None:
    done = script(streams=STREAMS.replace('"users"', '"nobody"'))

    assert (done.returncode, changes(proxy)) == (1, [])
    assert done.stderr == (
        "nobody/team/rejected: v3io answered 404, Container not found;"
        " is there a container `nobody`?\n"
    )


@pytest.mark.parametrize(
    ("function", "status", "body", "message"),
    [
        ("DescribeStream", 401, b"{}", "answered 401, b'{}'; is V3IO_ACCESS_KEY right?"),
        ("DescribeStream", 400, None, "answered 400, Failed to send"),
        ("DescribeStream", 503, b"<html>\n", r"answered 503, b'<html>\n'; try again later"),
        ("DescribeStream", 200, b"<html>", "answered 200, b'<html>'; try again later"),
        ("DescribeStream", 200, b"[]", "answered 200, b'[]'; try again later"),
        (
            "DescribeStream",
            200,
            b'{"ShardCount": "many", "RetentionPeriodHours": 1}',
            "try again later",
        ),
        (
            "DescribeStream",
            200,
            b'{"ShardCount": null, "RetentionPeriodHours": 1}',
            "try again later",
        ),
        (
            "DescribeStream",
            503,
            b'{"ErrorMessage": ["a"]}',
            "answered 503, ['a']; try again later",
        ),
        ("CreateStream", 403, None, "is V3IO_ACCESS_KEY right?"),
        ("CreateStream", 409, None, "is something else at this path?"),
        ("CreateStream", 503, None, "try again later"),
    ],
)
def test_each_error_is_one_line_with_its_cure(
    proxy: Proxy, script: Script, function: str, status: int, body: bytes | None, message: str
) -> None:
    busy = V3ioError(status, -117440512, "Failed to send a control message request")
    answer = (status, busy.body if body is None else body)
    proxy.before = lambda request: answer if request.function == function else None

    done = script("rejected")

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"users/team/rejected: v3io answered {status}")
    assert message in done.stderr
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize("function", ["GET", "DELETE"])
def test_a_deletion_that_fails(v3io: V3io, script: Script, function: str) -> None:
    create_all(v3io)
    v3io.faults.add(kind="status", status=503, function=function)

    done = script("--delete", "--yes")

    v3io.faults.clear()
    assert (done.returncode, done.stdout, len(shapes(v3io))) == (1, "", 3)
    assert done.stderr.startswith("projects/fraud/streams/transactions: v3io answered 503")
    assert len(done.stderr.splitlines()) == 1


def test_nobody_listens(v3io: V3io, script: Script) -> None:
    with stand_before(v3io, listen=False) as down:
        done = script(V3IO_API=down.url)

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        f"no answer from {down.url}: [Errno 111] Connection refused; is V3IO_API right?\n"
    )


@pytest.mark.parametrize("name", ["V3IO_API", "V3IO_ACCESS_KEY"])
@pytest.mark.parametrize("value", [None, "", " ", "two\nlines"])
def test_without_its_environment_it_says_what_to_set(
    proxy: Proxy, script: Script, name: str, value: str | None
) -> None:
    done = script(**{name: value})

    assert (done.returncode, proxy.requests) == (2, [])
    assert f"{name} is not set; say: export {name}=" in done.stderr
    assert "two" not in done.stderr


def test_an_address_that_is_none(script: Script) -> None:
    done = script(V3IO_API="http://127.0.0.1:port")

    assert done.returncode == 1
    assert done.stderr == "V3IO_API is `http://127.0.0.1:port`, nonnumeric port: 'port'\n"


def test_without_the_client_it_says_how_to_install_it(tmp_path: Path) -> None:
    (tmp_path / "setup_streams.py").write_text(render(), encoding="utf-8")
    environment = {**os.environ, "V3IO_API": "http://x", "V3IO_ACCESS_KEY": "x"}

    done = subprocess.run(
        [sys.executable, "-S", "-B", tmp_path / "setup_streams.py"],
        capture_output=True,
        text=True,
        env=environment,
    )

    assert done.returncode == 1
    needed = tmp_path / "requirements.txt"
    assert done.stderr == f"No module named 'v3io'; say: pip install -r {needed}\n"


def test_the_access_key_is_never_shown(script: Script) -> None:
    with serve(access_key="another") as rotated:
        done = script(V3IO_API=rotated.url, V3IO_ACCESS_KEY=f"{ACCESS_KEY}\n")

    assert done.returncode == 1
    assert ACCESS_KEY not in done.stdout + done.stderr


# The file.


def test_a_project_without_streams(proxy: Proxy, script: Script) -> None:
    done = script(streams="[]")

    assert (done.returncode, done.stdout, done.stderr, proxy.requests) == (0, "", "", [])


def test_the_help_is_the_docstring(script: Script) -> None:
    done = script("--help")

    assert done.returncode == 0
    assert "Creates and updates the streams of project `fraud`." in done.stdout


def test_the_file_is_python_39() -> None:
    tree = ast.parse(render(), feature_version=(3, 9))

    assert ast.get_docstring(tree).endswith("Generated.")
