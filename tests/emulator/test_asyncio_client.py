"""v3io's asyncio client, which storey and Nuclio's steps with `async` speak with."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from iguazioig.emulator import V3io
from v3io.aio.dataplane import Client
from v3io.dataplane.response import HttpResponseError

CONTAINER, STREAM = "projects", "/orders/streams/orders"


@asynccontextmanager
async def client_of(v3io: V3io) -> AsyncIterator[Any]:
    client = Client(endpoint=v3io.url, access_key=v3io.access_key)
    try:
        yield client
    finally:
        await client.close()


def test_streams(either_v3io: V3io) -> None:
    async def scenario() -> None:
        async with client_of(either_v3io) as client:
            stream = client.stream
            made = await stream.create(CONTAINER, STREAM, shard_count=8)
            assert made.status_code == 204
            described = await stream.describe(CONTAINER, STREAM)
            assert described.output.shard_count == 8
            records = [{"shard_id": 1, "data": "a"}, {"shard_id": 9, "data": "b"}]
            put = await stream.put_records(CONTAINER, STREAM, records)
            assert put.output.failed_record_count == 1
            sought = await stream.seek(CONTAINER, STREAM, 1, "EARLIEST")
            got = await stream.get_records(CONTAINER, STREAM, 1, sought.output.location)
            assert [record.data for record in got.output.records] == [b"a"]
            assert (await stream.update(CONTAINER, STREAM, shard_count=16)).status_code == 204
            assert (await stream.delete(CONTAINER, STREAM)).status_code == 204
            with pytest.raises(HttpResponseError):
                await stream.describe(CONTAINER, STREAM)

    asyncio.run(scenario())


def test_objects_and_listings(either_v3io: V3io) -> None:
    async def scenario() -> None:
        async with client_of(either_v3io) as client:
            await client.object.put(CONTAINER, "/folder/object", body="contents")
            await client.object.put(CONTAINER, "/folder/object", body=" and more", append=True)
            got = await client.object.get(CONTAINER, "/folder/object")
            assert got.body == b"contents and more"
            part = await client.object.get(CONTAINER, "/folder/object", offset=4, num_bytes=4)
            assert part.body == b"ents"
            listed = await client.container.list(CONTAINER, "/folder")
            assert [content.key for content in listed.output.contents] == ["folder/object"]
            head = await client.object.head(CONTAINER, "/folder/object")
            assert head.headers["Content-Length"] == "17"
            await client.object.delete(CONTAINER, "/folder/object")
            with pytest.raises(HttpResponseError):
                await client.object.get(CONTAINER, "/folder/object")

    asyncio.run(scenario())


def test_items(either_v3io: V3io) -> None:
    async def scenario() -> None:
        async with client_of(either_v3io) as client:
            for number in range(5):
                await client.kv.put(CONTAINER, "table", f"k{number}", {"n": number, "s": "x"})
            await client.kv.update(CONTAINER, "table", "k1", expression="n = n + 10")
            got = await client.kv.get(CONTAINER, "table", "k1")
            assert got.output.item == {"n": 11, "s": "x"}
            cursor = client.kv.new_cursor(CONTAINER, "table/", filter_expression="n > 2")
            assert sorted([item["n"] for item in await cursor.all()]) == [3, 4, 11]
            await client.object.delete(CONTAINER, "/table/k1")
            with pytest.raises(HttpResponseError):
                await client.kv.get(CONTAINER, "table", "k1")

    asyncio.run(scenario())


def test_many_at_once(v3io: V3io) -> None:
    v3io.create_stream(CONTAINER, STREAM, shards=4)

    async def scenario() -> None:
        async with client_of(v3io) as client:
            puts = [
                client.stream.put_records(
                    CONTAINER, STREAM, [{"data": str(number), "shard_id": number % 4}]
                )
                for number in range(200)
            ]
            answers = await asyncio.gather(*puts)
            assert all(answer.output.failed_record_count == 0 for answer in answers)

    asyncio.run(scenario())
    assert v3io.ends(CONTAINER, STREAM) == dict.fromkeys(range(4), 50)
    assert {record.data for record in v3io.records(CONTAINER, STREAM)} == {
        str(number).encode() for number in range(200)
    }
