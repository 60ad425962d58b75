"""Messages on their way into a stream: each once, and those of a partition key in their order."""

from __future__ import annotations

import json
import random
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

from ..errors import RunError
from .streams import StreamPlace, ask, shard_count

MOST_RECORDS = 1000  # of one PutRecords: v3io-protocol 2.10
MOST_BYTES = 5 * 1024 * 1024  # of one PutRecords, before base64: v3io-protocol 2.10
RECORD_BYTES, KEY_BYTES = 1024 * 1024, 256  # what a record holds: v3io-protocol 2.10
ATTEMPTS = 8


def put(
    client: Any,
    place: StreamPlace,
    messages: Sequence[bytes],
    go_on: Callable[[], bool] = lambda: True,
) -> int:
    """Put messages into a stream, those of a key in order, and say how many; end where, before a request, `go_on` says no.

    What v3io refuses for now is tried again before anything else of its key. Raises RunError for what it does not take, and
    NoAnswerError where it does not answer: it may have taken what was in its hands, which is not sent again.
    """
    check(place, messages)
    shard_count(client, place)  # also gets a new connection, where the old one has been closed
    sent = 0
    for request in requests(record(message, place.key) for message in messages):
        if not go_on():
            break
        try:
            _put(client, place, request)
        except RunError as error:
            there = f"{sent:,} of {len(messages):,} messages are in `{place.full}`"
            raise type(error)(f"{there}, of the others a part may be: {error}") from error
        sent += len(request)
    return sent


def check(place: StreamPlace, messages: Iterable[bytes]) -> None:
    """Raise RunError for a message that no record holds."""
    for number, message in enumerate(messages, 1):
        if len(message) > RECORD_BYTES:
            raise RunError(f"message {number} for `{place.name}` {too_long(message)}")


def too_long(message: bytes) -> str:
    """What is said of a message that no record holds."""
    return f"has {len(message):,} bytes; a record holds {RECORD_BYTES:,}"


def _put(client: Any, place: StreamPlace, records: list[dict[str, Any]]) -> None:
    todo, why = records, ""
    for attempt in range(ATTEMPTS):
        answer = ask(_put_once, client, place, todo)
        if answer.status_code == 200:
            results = list(zip(todo, answer.output.records, strict=True))
            todo = [each for each, result in results if result.error_code is not None]
            why = next((str(each.error_message) for _, each in results if each.error_code), "")
        else:
            why = f"v3io answered {answer.status_code}, {answer.body.decode(errors='replace')}"
            if answer.status_code not in (429, 503):
                break
        if not todo:
            return
        time.sleep(random.uniform(0, 0.05 * 2**attempt))
    raise RunError(f"`{place.full}` does not take {len(todo)} of {len(records)} records: {why}")


def _put_once(
    client: Any, place: StreamPlace, records: list[dict[str, Any]], **options: Any
) -> Any:
    """One PutRecords. v3io's client by itself asks again where an answer is lost, and the records are there twice."""
    from v3io.dataplane.transport import Actions

    request = client.stream.put_records(
        place.container, place.path, records, transport_actions=Actions.encode_only, **options
    )
    transport = client._transport
    return transport.wait_response(transport.send_request(request), num_retries=0)


def record(message: bytes, key: str | None) -> dict[str, Any]:
    """A record as v3io's client takes it; its partition key is a field of the message, where a record can have it."""
    value = _key_in(_parsed(message), key) if key else None
    return {"data": message, "partition_key": value} if value else {"data": message}


def _parsed(message: bytes) -> Any:
    """What a message says as JSON; None where it is none."""
    try:
        return json.loads(message)
    except (ValueError, RecursionError):
        return None


def _key_in(value: Any, key: str) -> str | None:
    try:
        text: str = value[key]
        return text if 0 < len(text.encode()) <= KEY_BYTES else None
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def remarks(messages: Sequence[bytes], key: str | None) -> list[str]:
    """What a person may not have meant: messages that generated steps give up, or that have no order."""
    no_json = no_key = 0
    for message in messages:
        value = _parsed(message)
        is_object = isinstance(value, dict)
        no_json += not is_object
        no_key += is_object and key is not None and _key_in(value, key) is None
    found = []
    if no_json:
        found.append(f"{no_json:,} of {len(messages):,} messages are no JSON objects")
    if no_key:
        found.append(
            f"{no_key:,} of {len(messages):,} messages have no text as partition key `{key}`"
        )
    return found


def requests(records: Iterable[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    """Records in requests of the size that v3io takes, with one record of a partition key in each.

    Records of a request fail one by one: so none can overtake an earlier one of its key. Of each thousand records the first
    ones of their keys go first, then the second ones; nobody waits for more than that.
    """
    left = iter(records)
    while block := list(islice(left, MOST_RECORDS)):
        for together in _by_turn(block):
            yield from _in_size(together)


def _by_turn(block: Iterable[dict[str, Any]]) -> Iterable[list[dict[str, Any]]]:
    seen = Counter[str]()
    turns: defaultdict[int, list[dict[str, Any]]] = defaultdict(list)
    for each in block:
        key = each.get("partition_key")
        turns[seen[key] if key else 0].append(each)
        if key:
            seen[key] += 1
    return turns.values()


def _in_size(records: Iterable[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    request: list[dict[str, Any]] = []
    size = 0
    for each in records:
        if request and size + len(each["data"]) > MOST_BYTES:
            yield request
            request, size = [], 0
        request.append(each)
        size += len(each["data"])
    if request:
        yield request
