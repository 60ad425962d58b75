"""Endpoints for the local run and for tests, below `/.iguazioig/`; off unless asked for."""

from __future__ import annotations

from urllib.parse import parse_qsl

from . import fault_words, inspection, paths
from .errors import container_not_found, invalid_argument, not_switched_on
from .faults import Faults
from .ledger import Ledger
from .paths import Target
from .requests import Answer, answer_json
from .store import Store

CONTAINER = ".iguazioig"
LONGEST_WAIT = 60.0
LARGEST_BODY = 64 * 1024


class Admin:
    """The endpoints of a server: without a `ledger` nobody can watch, without `faults` nobody can switch those.

    GET wait?after=N&timeout=S&stream=<container>/<path>&…    wait for more records than N in these streams
    GET puts?access_key=K&…                                   records by access key and stream, of these keys
    GET, POST, DELETE faults                                  list the faults, add one, take all away
    """

    def __init__(self, store: Store, ledger: Ledger | None, faults: Faults | None) -> None:
        self._store = store
        self._ledger = ledger
        self._faults = faults

    async def answer(self, method: str, target: Target, body: bytes) -> Answer:
        """Answer a request to one of them."""
        if target.path == "faults":
            if self._faults is None:
                raise not_switched_on("--admin")
            return _faults(self._faults, method, body)
        if self._ledger is not None and method == "GET" and target.path == "wait":
            return await _wait(self._store, self._ledger, target.query)
        if self._ledger is not None and method == "GET" and target.path == "puts":
            return _puts(self._ledger, target.query)
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


def _puts(ledger: Ledger, query: str) -> Answer:
    """What the clients of these keys have put: who does not know a key does not learn it here."""
    keys = {value for name, value in parse_qsl(query, True) if name == "access_key"}
    return answer_json(
        [
            {"access_key": key, "stream": stream, "records": records}
            for (key, stream), records in ledger.puts.items()
            if key in keys
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
