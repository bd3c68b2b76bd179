"""Results: exact bytes from our own path, and an end to every stall."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from batchtui.domain.errors import AnswerLost, BatchNotFound, Refused, ResultsUnavailable, StorageError, UnknownTarget
from tests.gateway.conftest import SHORT, Connect, Journal
from tests.gateway.loopback import BATCH, Loopback, Reply

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from batchtui.gateway.protocol import Gateway

LINES = '{"custom_id":"a","result":{"type":"expired"}}\r\n\n{"custom_id":"b\u2028","result":{}}\n'.encode()
JSONL = {"content-type": "application/x-jsonl"}
NO_RESULTS = Reply.error(404, "not_found_error", "Message Batch msgbatch_01 has no available results.")


async def _read(gateway: Gateway, batch_id: str = "msgbatch_01", *, into: list[bytes] | None = None) -> bytes:
    got = [] if into is None else into
    async with gateway.results(batch_id) as blocks:
        async for block in blocks:
            got.append(block)
    return b"".join(got)


async def test_the_bytes_are_those_that_were_sent(connect: Connect, journal: Journal) -> None:
    async with Loopback(Reply(200, LINES, JSONL)) as api, connect(api.url) as gateway:
        assert await _read(gateway) == LINES
    assert api.heard[0].target == "/v1/messages/batches/msgbatch_01/results"
    assert api.heard[0].headers["accept-encoding"] == "identity"
    assert [(call.operation, call.status, call.error) for call in journal] == [("results", 200, None)]


async def test_results_that_do_not_exist_are_distinguished_from_a_wrong_address(connect: Connect) -> None:
    async with Loopback(NO_RESULTS, Reply(404, b"<h1>nginx</h1>")) as api, connect(api.url) as gateway:
        with pytest.raises(ResultsUnavailable, match="has no available results"):
            await _read(gateway)
        with pytest.raises(Refused, match="does not serve the API") as caught:
            await _read(gateway)
    assert "ANTHROPIC_BASE_URL" in caught.value.hint


async def test_a_cut_stream_is_lost_after_the_bytes_that_came(connect: Connect, journal: Journal) -> None:
    got: list[bytes] = []
    async with Loopback(Reply(200, LINES, JSONL, cut=20)) as api, connect(api.url) as gateway:
        with pytest.raises(AnswerLost):
            await _read(gateway, into=got)
    assert b"".join(got) == LINES[:20]
    assert (journal[0].status, bool(journal[0].error)) == (200, True)


async def test_a_stall_comes_to_an_end(connect: Connect) -> None:
    patience = type(SHORT)(stall=0.2)
    async with (
        Loopback(Reply(200, LINES, JSONL, cut=20, stall=True)) as api,
        connect(api.url, patience=patience) as gateway,
    ):
        with pytest.raises(
            AnswerLost, match=r"No response from the API for 0\.2 s while fetching the results of msgbatch_"
        ):
            await _read(gateway)


async def test_a_reader_that_leaves_early_hangs_up(connect: Connect) -> None:
    async with Loopback(Reply(200, LINES, JSONL, cut=20, stall=True)) as api, connect(api.url) as gateway:
        async with gateway.results("msgbatch_01") as blocks:
            await anext(blocks)
        await api.hung_up.wait()


async def test_exceptions_of_the_reader_pass_through(connect: Connect) -> None:
    async with Loopback(Reply(200, LINES, JSONL)) as api, connect(api.url) as gateway:
        with pytest.raises(StorageError, match="full"):
            async with gateway.results("msgbatch_01"):
                raise StorageError("The disk is full.")


async def test_a_web_page_is_no_result(connect: Connect) -> None:
    page = Reply(200, b"<html>log in</html>", {"content-type": "text/html; charset=utf-8"})
    async with Loopback(page) as api, connect(api.url) as gateway:
        with pytest.raises(AnswerLost, match="web page"):
            await _read(gateway)


async def test_a_results_url_of_another_host_is_never_followed(connect: Connect) -> None:
    async with Loopback(Reply(200, b"stolen")) as foreign:
        ended = {**BATCH, "processing_status": "ended", "results_url": f"{foreign.url}/results"}
        async with Loopback(Reply.json(ended), Reply(200, LINES, JSONL)) as api, connect(api.url) as gateway:
            batch = await gateway.retrieve(BATCH["id"])
            assert await _read(gateway, batch.id) == LINES
        assert foreign.heard == []


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("operation", ["results", "retrieve", "cancel", "delete", "list_page"])
async def test_no_redirect_is_followed(connect: Connect, operation: str, status: int) -> None:
    async with Loopback(Reply.json(BATCH)) as foreign:
        away = Reply(status, b"", {"location": f"{foreign.url}/v1/messages/batches/x"})
        async with Loopback(away) as api, connect(api.url) as gateway:
            calls: dict[str, Callable[[], Awaitable[Any]]] = {
                "results": lambda: _read(gateway),
                "retrieve": lambda: gateway.retrieve("x"),
                "cancel": lambda: gateway.cancel("x"),
                "delete": lambda: gateway.delete("x"),
                "list_page": gateway.list_page,
            }
            with pytest.raises((Refused, AnswerLost), match="redirects"):
                await calls[operation]()
        assert foreign.heard == []
        assert len(api.heard) == 1


async def test_a_missing_batch_is_distinguished_from_a_wrong_address(connect: Connect) -> None:
    missing = Reply.error(404, "not_found_error", "Not found")
    async with Loopback(missing, Reply(404, b"nope")) as api, connect(api.url) as gateway:
        with pytest.raises(BatchNotFound):
            await gateway.retrieve("msgbatch_01")
        with pytest.raises(Refused) as caught:
            await gateway.retrieve("msgbatch_01")
    assert not isinstance(caught.value, BatchNotFound)


@pytest.mark.parametrize("hostile", ["../models", "a/b?c=d#e", "a%2fb", "\u202eid", "a\r\nX-Evil: 1", "\ud83d"])
async def test_an_id_never_leads_to_another_endpoint(connect: Connect, hostile: str) -> None:
    async with Loopback(Reply.json(BATCH)) as api, connect(api.url) as gateway:
        await gateway.retrieve(hostile)
    path = api.heard[0].target.removeprefix("/v1/messages/batches/")
    assert path.isascii()
    assert not set(path) & set("/?#")
    assert "x-evil" not in api.heard[0].headers


@pytest.mark.parametrize("nonsense", ["", ".", "..", "x" * 300])
async def test_an_invalid_batch_id_is_never_sent(connect: Connect, nonsense: str) -> None:
    async with Loopback(Reply.json(BATCH)) as api, connect(api.url) as gateway:
        with pytest.raises(UnknownTarget):
            await gateway.delete(nonsense)
    assert api.heard == []
