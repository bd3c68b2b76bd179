"""Creating: once, as a stream of declared length, and always known whether anything may exist afterwards."""

from __future__ import annotations

import asyncio
import logging
import tracemalloc
from typing import TYPE_CHECKING

import pytest

from batchtui.domain.errors import (
    AnswerLost,
    CredentialsMissing,
    GatewayError,
    RateLimited,
    Refused,
    SpendLimitReached,
    StorageError,
    Unreachable,
)
from batchtui.gateway.protocol import ApiHeaders, Upload
from tests.gateway.conftest import KEY, SHORT, Connect, Journal, upload_of
from tests.gateway.loopback import BATCH, Loopback, Reply

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

PLAIN = ApiHeaders()
MEGABYTE = 1_000_000


async def test_the_body_leaves_as_it_is_with_its_length_declared(connect: Connect) -> None:
    async with Loopback(Reply.json(BATCH)) as api, connect(api.url) as gateway:
        batch = await gateway.create(upload_of(b'{"requests":', b"", b"[1]", b"}"), PLAIN)
    (heard,) = api.heard
    assert batch.id == BATCH["id"]
    assert (heard.method, heard.target) == ("POST", "/v1/messages/batches")
    assert heard.body == b'{"requests":[1]}'
    assert heard.headers["content-length"] == "16"
    assert "transfer-encoding" not in heard.headers
    assert heard.headers["content-type"] == "application/json"
    assert heard.headers["authorization"] == f"Bearer {KEY}"


async def test_the_dialect_is_spoken_in_headers(connect: Connect) -> None:
    async with Loopback(Reply.json(BATCH)) as api, connect(api.url) as gateway:
        await gateway.create(upload_of(b"{}"), ApiHeaders("2023-06-01", ("output-300k-2026-03-24", "other")))
        await gateway.create(upload_of(b"{}"), PLAIN)
    assert api.heard[0].headers["anthropic-version"] == "2023-06-01"
    assert api.heard[0].headers["anthropic-beta"] == "output-300k-2026-03-24,other"
    assert api.heard[1].headers["anthropic-version"] == "2026-10-21"
    assert "anthropic-beta" not in api.heard[1].headers


async def test_a_path_before_the_api_is_kept(connect: Connect) -> None:
    async with Loopback(Reply.json(BATCH)) as api, connect(f"{api.url}/gateway/v9/") as gateway:
        await gateway.create(upload_of(b"{}"), PLAIN)
        await gateway.retrieve("x")
    assert [heard.target for heard in api.heard] == [
        "/gateway/v9/v1/messages/batches",
        "/gateway/v9/v1/messages/batches/x",
    ]


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, Refused),
        (401, Refused),
        (402, Refused),
        (403, Refused),
        (404, Refused),
        (413, Refused),
        (422, Refused),
        (301, Refused),
        (307, Refused),
        (429, RateLimited),
        (303, AnswerLost),
        (408, AnswerLost),
        (409, AnswerLost),
        (425, AnswerLost),
        (499, AnswerLost),
        (500, AnswerLost),
        (502, AnswerLost),
        (503, AnswerLost),
        (504, AnswerLost),
        (529, AnswerLost),
    ],
)
async def test_each_status_says_whether_anything_was_created_and_is_never_tried_again(
    connect: Connect, journal: Journal, status: int, kind: type[GatewayError]
) -> None:
    reply = Reply.error(
        status, "some_error", "said by the API", headers={"request-id": "req_7", "x-should-retry": "true"}
    )
    async with Loopback(reply) as api, connect(api.url) as gateway:
        with pytest.raises(GatewayError, match="said by the API") as caught:
            await gateway.create(upload_of(b"{}"), PLAIN)
    error = caught.value
    assert type(error) is kind
    assert error.nothing_created is (kind is not AnswerLost)
    assert (error.status, error.error_type, error.request_id) == (status, "some_error", "req_7")
    assert len(api.heard) == 1
    assert [(call.status, call.request_id, call.error) for call in journal] == [(status, "req_7", error.message)]


async def test_a_spend_limit_is_distinguished_from_a_rate_limit_by_its_code(connect: Connect) -> None:
    code = "enforced_spend_limit_reached"
    spend = Reply.error(429, "rate_limit_error", "spend limit", code)
    rate = Reply.error(429, "rate_limit_error", "slow down", headers={"retry-after": "33"})
    async with Loopback(spend, rate) as api, connect(api.url) as gateway:
        with pytest.raises(SpendLimitReached) as spent:
            await gateway.create(upload_of(b"{}"), PLAIN)
        with pytest.raises(RateLimited) as limited:
            await gateway.create(upload_of(b"{}"), PLAIN)
    assert (spent.value.error_code, spent.value.retry_after) == (code, None)
    assert type(limited.value) is RateLimited
    assert limited.value.retry_after == 33.0


async def test_an_error_that_is_no_json_is_a_sentence_too(connect: Connect) -> None:
    async with Loopback(Reply(413, b"<html>Request Entity Too Large</html>")) as api, connect(api.url) as gateway:
        with pytest.raises(Refused, match=r"body is too large \(413\)\.") as caught:
            await gateway.create(upload_of(b"{}"), PLAIN)
    assert "--max-bytes" in caught.value.hint


@pytest.mark.parametrize(
    "reply",
    [
        Reply(silent=True),
        Reply(200, b"{" + b" " * 100, cut=1),
        Reply(200, b"{" + b" " * 100, cut=1, stall=True),
    ],
    ids=["closed", "cut", "stalled"],
)
async def test_a_connection_lost_after_the_body_left_leaves_it_open(
    connect: Connect, journal: Journal, reply: Reply
) -> None:
    patience = type(SHORT)(create=0.2)
    async with Loopback(reply) as api, connect(api.url, patience=patience) as gateway:
        with pytest.raises(AnswerLost) as caught:
            await gateway.create(upload_of(b"{}"), PLAIN)
    assert not caught.value.nothing_created
    assert "looks for it" in caught.value.hint
    assert len(api.heard) == len(journal) == 1
    assert journal[0].error


async def test_a_refused_connection_creates_nothing(connect: Connect, journal: Journal) -> None:
    async with Loopback(Reply()) as gone:
        pass
    async with connect(gone.url) as gateway:
        with pytest.raises(Unreachable, match="refused") as caught:
            await gateway.create(upload_of(b"{}"), PLAIN)
    assert caught.value.nothing_created
    assert (journal[0].status, journal[0].error) == (None, caught.value.message)


async def test_a_name_nobody_knows_creates_nothing(connect: Connect) -> None:
    async with connect("https://batches.invalid") as gateway:
        with pytest.raises(Unreachable, match="name cannot be resolved"):
            await gateway.create(upload_of(b"{}"), PLAIN)


async def test_a_failed_secure_connection_creates_nothing(connect: Connect) -> None:
    plain = Loopback(Reply(), greeting=b"220 no TLS here\r\n")
    async with plain as api, connect(api.url.replace("http:", "https:")) as gateway:
        with pytest.raises(Unreachable, match="secure connection"):
            await gateway.create(upload_of(b"{}"), PLAIN)


async def test_a_connection_that_breaks_on_the_way_up_creates_nothing(connect: Connect) -> None:
    block = bytes(MEGABYTE)
    async with Loopback(Reply(silent=True, early=True)) as api, connect(api.url) as gateway:
        with pytest.raises(Unreachable, match="was not sent completely") as caught:
            await gateway.create(upload_of(*[block] * 60), PLAIN)
    assert caught.value.nothing_created


async def test_an_answer_in_the_middle_of_the_body_creates_nothing(connect: Connect) -> None:
    async with Loopback(Reply(503, b"not now", early=True)) as api, connect(api.url) as gateway:
        with pytest.raises(GatewayError) as caught:
            await gateway.create(upload_of(*[bytes(MEGABYTE)] * 60), PLAIN)
    assert caught.value.nothing_created


async def test_a_body_that_cannot_be_read_creates_nothing(connect: Connect) -> None:
    async def broken() -> AsyncIterator[bytes]:
        yield b"{"
        yield b" "
        raise StorageError("The disk is gone.")

    async with Loopback(Reply.json(BATCH)) as api, connect(api.url) as gateway:
        with pytest.raises(Refused, match=r"The disk is gone\.") as caught:
            await gateway.create(Upload(10, broken), PLAIN)
        assert (caught.value.nothing_created, caught.value.heading) == (True, "The requests could not be read")
    assert api.heard == []


async def test_word_is_left_before_the_last_block_leaves_and_only_then(connect: Connect) -> None:
    told: list[tuple[int, int]] = []
    left: list[bytes] = []

    async def flow() -> AsyncIterator[bytes]:
        for block in (b"ab", b"cd", b"ef"):
            left.append(block)
            yield block

    async with Loopback(Reply.json(BATCH)) as api, connect(api.url) as gateway:

        async def mark() -> None:
            told.append((len(left), len(api.heard)))

        await gateway.create(Upload(6, flow, mark), PLAIN)
    assert told == [(3, 0)]
    assert api.heard[0].body == b"abcdef"


async def test_a_last_block_that_is_held_back_creates_nothing_and_its_reason_comes_through(connect: Connect) -> None:
    async def refuse() -> None:
        raise StorageError("The mark could not be written.")

    async def flow() -> AsyncIterator[bytes]:
        yield b"ab"
        yield b"cd"

    async with Loopback(Reply.json(BATCH)) as api, connect(api.url) as gateway:
        with pytest.raises(StorageError, match="mark could not be written"):
            await gateway.create(Upload(4, flow, refuse), PLAIN)
    assert api.heard == []


@pytest.mark.parametrize("charset", ["idna", "hex", "punycode", "undefined", "no-such-charset"])
async def test_an_error_page_in_a_strange_charset_leaves_it_open(connect: Connect, charset: str) -> None:
    reply = Reply(502, b"\xff\xfe bad \x80 gateway", {"content-type": f"text/html; charset={charset}"})
    async with Loopback(reply) as api, connect(api.url) as gateway:
        with pytest.raises(AnswerLost) as caught:
            await gateway.create(upload_of(b"{}"), PLAIN)
    assert not caught.value.nothing_created


async def test_a_header_that_cannot_be_sent_creates_nothing(connect: Connect) -> None:
    async with Loopback(Reply.json(BATCH)) as api, connect(api.url) as gateway:
        with pytest.raises(CredentialsMissing):
            await gateway.create(upload_of(b"{}"), ApiHeaders(betas=("x\ud800",)))
    assert api.heard == []


@pytest.mark.parametrize(
    "kind",
    [
        "workspace_human_review_disabled",
        "organization_on_hold",
        "cmek_key_disabled",
        "claude_code_key_creator_not_member",
        "image_dimensions_too_large",
    ],
)
async def test_the_typed_refusals_of_newer_servers_create_nothing(connect: Connect, kind: str) -> None:
    async with Loopback(Reply.error(400, "invalid_request_error", "no", kind)) as api, connect(api.url) as gateway:
        with pytest.raises(Refused) as caught:
            await gateway.create(upload_of(b"{}"), PLAIN)
    assert caught.value.nothing_created
    assert caught.value.error_code == kind
    assert len(api.heard) == 1


@pytest.mark.parametrize("identity", ["", "..", "a/b", "a b", "x" * 300, "sk-ant-api03-abcdefghijklmnop", "a\u202eb"])
async def test_a_create_that_names_no_usable_id_leaves_it_open(connect: Connect, identity: str) -> None:
    async with Loopback(Reply.json({**BATCH, "id": identity})) as api, connect(api.url) as gateway:
        with pytest.raises(AnswerLost):
            await gateway.create(upload_of(b"{}"), PLAIN)


@pytest.mark.parametrize("length", [1, 3, 5, 7])
async def test_a_body_of_the_wrong_length_never_arrives_whole(connect: Connect, length: int) -> None:
    async with Loopback(Reply.json(BATCH)) as api, connect(api.url) as gateway:
        with pytest.raises(Refused, match="bytes that were declared"):
            await gateway.create(upload_of(b"ab", b"cd", b"ef", length=length), PLAIN)
    assert api.heard == []


async def test_a_cancelled_send_stays_cancelled_and_hangs_up(connect: Connect, journal: Journal) -> None:
    patience = type(SHORT)(create=60.0)
    async with (
        Loopback(Reply(200, b"{" + b" " * 100, cut=1, stall=True)) as api,
        connect(api.url, patience=patience) as gateway,
    ):
        task = asyncio.create_task(gateway.create(upload_of(b"{}"), PLAIN))
        await api.arrived.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await asyncio.wait_for(api.hung_up.wait(), 5)
    assert [call.operation for call in journal] == ["create"]
    assert journal[0].error


async def test_the_source_is_let_go_when_the_send_fails(connect: Connect) -> None:
    closed = asyncio.Event()

    async def source() -> AsyncIterator[bytes]:
        try:
            for _ in range(60):
                yield bytes(MEGABYTE)
        finally:
            closed.set()

    async with Loopback(Reply(silent=True, early=True)) as api, connect(api.url) as gateway:
        with pytest.raises(Unreachable):
            await gateway.create(Upload(60 * MEGABYTE, source), PLAIN)
    assert closed.is_set()


async def test_a_large_body_passes_through_in_flat_memory(connect: Connect) -> None:
    total, block = 30, bytes(64_000)

    async def flow() -> AsyncIterator[bytes]:
        for _ in range(total * MEGABYTE // len(block)):
            yield block

    length = total * MEGABYTE // len(block) * len(block)
    async with Loopback(Reply.json(BATCH), keeps_bodies=False) as api, connect(api.url) as gateway:
        await gateway.create(Upload(length, flow), PLAIN)  # everything is imported and connected once
        tracemalloc.start()
        try:
            await gateway.create(Upload(length, flow), PLAIN)
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert peak < 4 * MEGABYTE


async def test_a_journal_that_fails_does_not_cost_the_answer(
    connect: Connect, journal: Journal, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def full(_: object) -> None:
        raise StorageError("The disk is full.")

    monkeypatch.setattr(journal, "note", full)
    async with Loopback(Reply.json(BATCH)) as api, connect(api.url) as gateway:
        with caplog.at_level(logging.WARNING):
            batch = await gateway.create(upload_of(b"{}"), PLAIN)
    assert batch.id == BATCH["id"]
    assert "The disk is full." in caplog.text
