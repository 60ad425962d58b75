"""v3io's own Go client, whose consumer group is what Nuclio reads streams with: v3io-protocol 6."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from cases import TESTS
from go_program import CONTAINER, GROUP, STREAM, Members, encode, put_with_go
from iguazioig.emulator import V3io, serve
from iguazioig.local.claims import Claim
from iguazioig.local.consumer_group import Member
from iguazioig.local.steps import StreamTrigger
from v3io.dataplane import Client

SOURCE = TESTS / "consumer_group"

if shutil.which("go") is None and not os.environ.get("IGUAZIOIG_REQUIRE_TOOLS"):
    # Here, because a skip of the whole module is one line.
    pytest.skip(
        "GO IS NOT INSTALLED: NOTHING OF THE GO CLIENT WAS CHECKED", allow_module_level=True
    )


@pytest.fixture(scope="session")
def go(tool: Callable[[str], str]) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Runs the Go tools in the program's module, once what it depends on is here."""
    path = tool("go")
    flags = {"GOFLAGS": "-mod=readonly -buildvcs=false", "GOWORK": "off", "CGO_ENABLED": "0"}

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [path, *words],
            cwd=SOURCE,
            env={**os.environ, **flags},
            capture_output=True,
            text=True,
            check=False,
        )

    done = run("mod", "download")
    if done.returncode and os.environ.get("IGUAZIOIG_REQUIRE_TOOLS"):
        pytest.fail(done.stderr)
    if done.returncode:
        why = done.stderr.strip().splitlines()[-1]
        pytest.skip(f"THE GO CLIENT WAS NOT CHECKED, its modules are not here: {why}")
    return run


@pytest.fixture(scope="session")
def program(
    go: Callable[..., subprocess.CompletedProcess[str]], tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """The Go program, built once."""
    path = tmp_path_factory.mktemp("go") / "consumer_group"
    done = go("build", "-o", str(path), ".")
    assert done.returncode == 0, done.stderr
    return path


@pytest.fixture
def group(program: Path, tmp_path: Path) -> Iterator[Callable[[int], Members]]:
    """Makes consumer groups of so many members at most; they end with the test."""
    made: list[Members] = []

    def make(replicas: int) -> Members:
        home = tmp_path / f"group-{len(made)}"
        home.mkdir()
        made.append(Members(program, replicas, home))
        return made[-1]

    yield make
    for members in made:
        members.close()


@pytest.fixture
def served() -> Iterator[V3io]:
    """An embedded v3io with a stream of four shards."""
    with serve() as v3io:
        v3io.create_stream(CONTAINER, STREAM, shards=4)
        yield v3io


@pytest.fixture
def client(served: V3io) -> Iterator[Client]:
    client = connect(served)
    yield client
    client.close()


def connect(v3io: V3io) -> Client:
    return Client(endpoint=v3io.url, access_key=v3io.access_key, max_connections=1)


def put_into_every_shard(v3io: V3io, sequence_numbers: Iterable[int]) -> None:
    """Put records whose sequence numbers will be these into each of the four shards."""
    records = [
        {"data": f"{shard}/{sequence}", "shard_id": shard}
        for sequence in sequence_numbers
        for shard in range(4)
    ]
    client = connect(v3io)
    answer = client.stream.put_records(CONTAINER, STREAM, records)
    client.close()
    assert answer.output.failed_record_count == 0


def places(sequence_numbers: Iterable[int], shards: Iterable[int] = range(4)) -> set[Any]:
    return {(shard, sequence) for sequence in sequence_numbers for shard in shards}


def test_members_share_the_shards(group: Callable[[int], Members], served: V3io) -> None:
    members = group(3)
    for name in ("one", "two", "three"):
        members.start(served, name, session_timeout="10s")
    members.until(lambda: len(members.of("claimed")) == 3)
    put_into_every_shard(served, range(1, 26))
    members.until(lambda: len(members.places()) == 100)
    members.stop("one", "two", "three")

    claimed = {each.member: each.shards for each in members.of("claimed")}
    assert sorted(claimed.values()) == [(0,), (1, 2), (3,)]
    assert len(members.places()) == len(set(members.places())) == 100
    for name, shards in claimed.items():
        handled = members.of("record", name)
        for shard in shards:
            in_order = [each.sequence for each in handled if each.shard == shard]
            assert in_order == list(range(1, 26))
        assert {each.shard for each in handled} == set(shards)
        assert all(each.data == f"{each.shard}/{each.sequence}".encode() for each in handled)
    assert served.committed(CONTAINER, STREAM, GROUP) == served.ends(CONTAINER, STREAM)
    assert served.ends(CONTAINER, STREAM) == {0: 25, 1: 25, 2: 25, 3: 25}


def test_another_takes_over_from_a_member_that_was_killed(
    group: Callable[[int], Members], served: V3io
) -> None:
    members = group(2)
    members.start(served, "dies", session_timeout="5s")
    members.until(lambda: members.of("claimed", "dies"))
    members.start(served, "lives", session_timeout="5s")
    put_into_every_shard(served, range(1, 11))
    members.until(lambda: members.committed() == {0: 10, 1: 10, 2: 10, 3: 10})
    before = len(members.places("dies"))
    put_into_every_shard(served, range(11, 111))
    members.until(lambda: len(members.places("dies")) > before)
    members.kill("dies")
    members.start(served, "follows", session_timeout="5s")
    members.until(lambda: set(members.places()) == places(range(1, 111)))
    members.stop("lives", "follows")

    [dead], [alive], [next_one] = (
        members.of("claimed", name) for name in ("dies", "lives", "follows")
    )
    assert sorted([dead.shards, alive.shards]) == [(0, 1), (2, 3)]
    assert next_one.shards == dead.shards
    for shard in dead.shards:
        by_the_dead = [each for where, each in members.places("dies") if where == shard]
        first, *rest = (each for where, each in members.places("follows") if where == shard)
        assert 11 <= first <= by_the_dead[-1] + 1  # what was committed stays so, and no more
        assert rest == list(range(first + 1, 111))
    assert served.committed(CONTAINER, STREAM, GROUP) == served.ends(CONTAINER, STREAM)


def test_a_member_of_the_local_run_shares_the_shards_with_go_and_hands_them_over(
    group: Callable[[int], Members], served: V3io, client: Client
) -> None:
    trigger = StreamTrigger(
        name="in", container=CONTAINER, path=STREAM, group=GROUP, workers=1, seek_to="earliest"
    )
    ours = Member(client, trigger, "ours", replicas=2)
    assert ours.join() == [0, 1]
    members = group(2)
    members.start(served, "go", session_timeout="60s")
    members.until(lambda: members.of("claimed", "go"))
    put_into_every_shard(served, range(1, 11))
    for shard in (0, 1):
        claim = Claim(ours, shard)
        claim.read()
        assert [record.sequence_number for record in claim.records] == list(range(1, 11))
        claim.finish(10)
        claim.commit()
    ours.heartbeat()
    members.until(lambda: len(members.places("go")) == 20)
    ours.leave()
    members.start(served, "follows", session_timeout="60s")
    members.until(lambda: members.of("claimed", "follows"))
    put_into_every_shard(served, range(11, 21))
    members.until(lambda: len(members.places("follows")) == 20)
    members.stop("go", "follows")

    assert set(members.places("go")) == places(range(1, 21), (2, 3))
    assert set(members.places("follows")) == places(range(11, 21), (0, 1))
    assert served.committed(CONTAINER, STREAM, GROUP) == served.ends(CONTAINER, STREAM)


def test_offsets_survive_a_restart_of_the_members(
    group: Callable[[int], Members], served: V3io
) -> None:
    members = group(1)
    put_into_every_shard(served, range(1, 6))
    members.start(served, "first")
    members.until(lambda: len(members.places()) == 20)
    members.stop("first")
    assert served.committed(CONTAINER, STREAM, GROUP) == {0: 5, 1: 5, 2: 5, 3: 5}
    # Now that it has everything, a member asks for the sequence number after the last one.
    members.start(served, "second")
    members.until(lambda: members.of("claimed", "second"))
    put_into_every_shard(served, range(6, 11))
    members.until(lambda: len(members.places("second")) == 20)
    members.stop("second")

    assert set(members.places("second")) == places(range(6, 11))
    assert served.committed(CONTAINER, STREAM, GROUP) == {0: 10, 1: 10, 2: 10, 3: 10}


def test_offsets_survive_a_restart_of_the_server(
    group: Callable[[int], Members], tmp_path: Path
) -> None:
    members = group(1)
    with serve(data=tmp_path / "data") as v3io:
        v3io.create_stream(CONTAINER, STREAM, shards=4)
        put_into_every_shard(v3io, range(1, 6))
        members.start(v3io, "first")
        members.until(lambda: len(members.places()) == 20)
        members.stop("first")
        put_into_every_shard(v3io, range(6, 8))
    with serve(data=tmp_path / "data") as v3io:
        put_into_every_shard(v3io, range(8, 11))
        members.start(v3io, "second")
        members.until(lambda: len(members.places("second")) == 20)
        members.stop("second")
        assert v3io.committed(CONTAINER, STREAM, GROUP) == {0: 10, 1: 10, 2: 10, 3: 10}

    assert set(members.places("second")) == places(range(6, 11))


def test_a_member_goes_on_when_the_server_is_back(
    group: Callable[[int], Members], tmp_path: Path
) -> None:
    members = group(1)
    with serve(data=tmp_path / "data") as v3io:
        port = v3io.port
        v3io.create_stream(CONTAINER, STREAM, shards=4)
        put_into_every_shard(v3io, range(1, 6))
        members.start(v3io, "only")
        members.until(lambda: members.committed() == {0: 5, 1: 5, 2: 5, 3: 5})
    with serve(port=port, data=tmp_path / "data") as v3io:
        put_into_every_shard(v3io, range(6, 11))
        members.until(lambda: members.committed() == {0: 10, 1: 10, 2: 10, 3: 10})
        members.stop("only")

    assert len(members.places()) == 40
    assert set(members.places()) == places(range(1, 11))


def test_what_go_has_put_python_gets(program: Path, served: V3io, client: Client) -> None:
    every_byte = bytes(range(256))
    put = put_with_go(
        program,
        served,
        [
            {"data": encode(every_byte), "shard": 3, "client_info": encode(b"from Go")},
            {"data": encode("größe 🚲".encode()), "shard": 3, "partition_key": "clé"},
            {"data": encode(b"nowhere"), "shard": 4},
        ],
    )
    assert [(each["shard"], each["sequence"]) for each in put[:2]] == [(3, 1), (3, 2)]
    assert put[2]["error"] == "ShardIDOutOfRangeException"

    location = client.stream.seek(CONTAINER, STREAM, 3, "EARLIEST").output.location
    got = client.stream.get_records(CONTAINER, STREAM, 3, location).output.records
    assert [(each.sequence_number, each.data) for each in got] == [
        (1, every_byte),
        (2, "größe 🚲".encode()),
    ]
    assert (got[0].client_info, got[1].partition_key) == (b"from Go", "clé")


def test_what_go_has_put_by_key_stays_in_order(program: Path, served: V3io, client: Client) -> None:
    keys = [f"customer-{number}" for number in range(20)]
    records = [
        {"data": encode(f"{key}/{number}".encode()), "partition_key": key}
        for number in range(50)
        for key in keys
    ]
    put = put_with_go(program, served, records)
    assert [each["error"] for each in put] == [""] * 1000

    found: dict[str, list[bytes]] = {key: [] for key in keys}
    for shard in range(4):
        location = client.stream.seek(CONTAINER, STREAM, shard, "EARLIEST").output.location
        for record in client.stream.get_records(CONTAINER, STREAM, shard, location).output.records:
            found[record.partition_key].append(record.data)
    assert found == {key: [f"{key}/{number}".encode() for number in range(50)] for key in keys}


def test_what_python_has_put_go_reads(
    group: Callable[[int], Members], served: V3io, client: Client
) -> None:
    members = group(1)
    records = [
        {"data": bytes(range(256)), "shard_id": 2, "client_info": "from Python"},
        {"data": "größe 🚲", "shard_id": 2, "partition_key": "clé"},
    ]
    client.stream.put_records(CONTAINER, STREAM, records)
    members.start(served, "reader")
    members.until(lambda: len(members.places()) == 2)
    members.stop("reader")

    first, second = members.of("record")
    assert (first.shard, first.sequence, first.data) == (2, 1, bytes(range(256)))
    assert (second.shard, second.sequence, second.data) == (2, 2, "größe 🚲".encode())
    assert (first.client_info, second.partition_key) == (b"from Python", "clé")


def test_the_program_is_as_gofmt_and_vet_want_it(
    go: Callable[..., subprocess.CompletedProcess[str]], tool: Callable[[str], str]
) -> None:
    formatted = subprocess.run(
        [tool("gofmt"), "-l", "."], cwd=SOURCE, capture_output=True, text=True, check=True
    )
    vetted = go("vet", ".")
    assert (formatted.stdout, vetted.stderr, vetted.returncode) == ("", "", 0)
