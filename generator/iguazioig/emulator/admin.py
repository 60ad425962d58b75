"""Endpoints for tests and for the local run, below `/.iguazioig/`; off unless asked for."""

from __future__ import annotations

from urllib.parse import parse_qsl

from . import fault_words, inspection, paths
from .errors import container_not_found, invalid_argument
from .faults import Faults
from .ledger import Ledger
from .paths import Target
from .requests import Answer, answer_json
from .store import Store

CONTAINER = ".iguazioig"
LONGEST_WAIT = 60.0
LARGEST_BODY = 64 * 1024


async def answer(
    store: Store, ledger: Ledger, faults: Faults, method: str, target: Target, body: bytes
) -> Answer:
    """Answer a request to an admin endpoint.

    GET wait?after=N&timeout=S&stream=<container>/<path>&…    wait for more records than N in these streams
    GET puts                                                  records by access key and stream
    GET, POST, DELETE faults                                  list the faults, add one, take all away
    """
    if method == "GET" and target.path == "wait":
        return await _wait(store, ledger, target.query)
    if method == "GET" and target.path == "puts":
        return _puts(ledger)
    if target.path == "faults":
        return _faults(faults, method, body)
    raise container_not_found()


async def _wait(store: Store, ledger: Ledger, query: str) -> Answer:
    """Until more than `after` records have been put since the start; `ends` are the last sequence numbers by shard."""
    pairs = parse_qsl(query)
    streams = [_stream(value) for name, value in pairs if name == "stream"]
    asked = dict(pairs)
    try:
        after, seconds = int(asked.get("after", "-1")), float(asked.get("timeout", LONGEST_WAIT))
    except ValueError:
        raise invalid_argument("numbers for what to wait, and how long") from None
    if not 0 <= seconds <= LONGEST_WAIT:
        raise invalid_argument(f"waiting for 0 to {LONGEST_WAIT:g} seconds")
    records = await ledger.wait(frozenset(each.full for each in streams), after, seconds)
    there = [each for each in streams if inspection.is_there(store, each)]
    return answer_json(
        {"records": records, "ends": {each.full: _ends(store, each) for each in there}}
    )


def _stream(text: str) -> Target:
    container, _, path = text.strip("/").partition("/")
    return paths.of(container, path)


def _ends(store: Store, stream: Target) -> dict[str, int]:
    return {str(shard): end for shard, end in inspection.ends(store, stream).items()}


def _puts(ledger: Ledger) -> Answer:
    return answer_json(
        [
            {"access_key": key, "stream": stream, "records": records}
            for (key, stream), records in ledger.puts.items()
        ]
    )


def _faults(faults: Faults, method: str, body: bytes) -> Answer:
    """A fault is JSON of the words of `Faults.add`; in a list it has its `hits`, too."""
    if method == "GET":
        return answer_json({"faults": [fault.words for fault in faults]})
    if method == "DELETE":
        faults.clear()
        return Answer(204)
    if method != "POST":
        raise invalid_argument("GET, POST or DELETE")
    try:
        fault = faults.add(**fault_words.read(body))
    except ValueError as error:
        raise invalid_argument(str(error)) from None
    return answer_json(fault.words)
