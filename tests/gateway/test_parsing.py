"""What the API sends becomes domain values, and every exchange is told to the journal."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from batchtui.domain.batches.batch import RequestCounts
from batchtui.domain.errors import AnswerLost, GatewayError
from batchtui.domain.submission.send_evidence import Account
from batchtui.gateway.protocol import ApiHeaders
from tests.gateway.conftest import KEY, Connect, Journal, upload_of
from tests.gateway.loopback import BATCH, Loopback, Reply
from tests.support.clock import START

ID = BATCH["id"]
ENDED = {
    **BATCH,
    "processing_status": "ended",
    "request_counts": {"processing": 0, "succeeded": 1, "errored": 1, "canceled": 1, "expired": 0},
    "ended_at": "2026-11-20T20:20:00Z",
    "cancel_initiated_at": "2026-11-20T20:19:00.5+00:00",
    "results_url": "https://elsewhere.example/results",
    "something_new": {"a": [1]},
}


async def test_a_recorded_batch_is_read(connect: Connect) -> None:
    async with Loopback(Reply.json(BATCH)) as api, connect(api.url) as gateway:
        batch = await gateway.retrieve(ID)
    assert (batch.id, batch.processing_status, batch.counts) == (ID, "in_progress", RequestCounts(processing=3))
    assert batch.created_at == datetime(2026, 11, 20, 20, 14, 6, 154311, tzinfo=UTC)
    assert batch.ended_at is None
    assert api.heard[0].target == f"/v1/messages/batches/{ID}"


async def test_an_ended_batch_with_keys_nobody_knows_is_read(connect: Connect) -> None:
    async with Loopback(Reply.json(ENDED)) as api, connect(api.url) as gateway:
        batch = await gateway.retrieve(ID)
    assert batch.counts == RequestCounts(succeeded=1, errored=1, canceled=1)
    assert batch.ended_at == datetime(2026, 11, 20, 20, 20, tzinfo=UTC)
    assert batch.cancel_initiated_at == datetime(2026, 11, 20, 20, 19, 0, 500000, tzinfo=UTC)


async def test_keys_may_be_absent_instead_of_null(connect: Connect) -> None:
    slim = {"id": ID, "processing_status": "canceling", "request_counts": {"processing": 2}}
    async with Loopback(Reply.json(slim)) as api, connect(api.url) as gateway:
        batch = await gateway.cancel(ID)
    assert (batch.counts, batch.expires_at, batch.created_at) == (RequestCounts(processing=2), None, START)
    assert (api.heard[0].method, api.heard[0].target) == ("POST", f"/v1/messages/batches/{ID}/cancel")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b'{"id": "msgbatch_01',
        b"<html>login</html>",
        b"[]",
        b"[" * 100_000,
        b"\xff\xfe\x00",
        b'{"processing_status": "ended"}',
        b'{"id": "msgbatch_01", "processing_status": "sleeping"}',
        b'{"id": "msgbatch_01"}',
    ],
    ids=["empty", "cut", "html", "list", "deep", "bytes", "no-id", "unknown-status", "no-status"],
)
async def test_a_yes_that_cannot_be_read_leaves_it_open(connect: Connect, journal: Journal, body: bytes) -> None:
    async with Loopback(Reply(200, body)) as api, connect(api.url) as gateway:
        with pytest.raises(AnswerLost, match="cannot be read") as caught:
            await gateway.create(upload_of(b"{}"), ApiHeaders())
    assert not caught.value.nothing_created
    assert [(call.status, call.error is not None) for call in journal] == [(200, True)]


async def test_a_page_is_read_with_what_the_next_one_needs(connect: Connect) -> None:
    page = {"data": [BATCH, ENDED], "has_more": True, "first_id": "a", "last_id": "msgbatch_last"}
    async with Loopback(Reply.json(page, headers={"retry-after": "7"})) as api, connect(api.url) as gateway:
        found = await gateway.list_page(limit=5000, after_id="msgbatch_&x")
    assert [batch.processing_status for batch in found.batches] == ["in_progress", "ended"]
    assert (found.has_more, found.last_id, found.retry_after) == (True, "msgbatch_last", 7.0)
    assert api.heard[0].target == "/v1/messages/batches?limit=1000&after_id=msgbatch_%26x"


async def test_an_empty_page_is_the_last_one(connect: Connect) -> None:
    async with Loopback(Reply.json({"data": [], "has_more": True})) as api, connect(api.url) as gateway:
        found = await gateway.list_page()
    assert (found.batches, found.has_more, found.last_id) == ((), False, None)


STRANGE = {**BATCH, "id": "msgbatch_strange", "processing_status": "failed"}


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        (STRANGE, ("msgbatch_strange", 3)),
        ({**BATCH, "id": None}, (None, 3)),
        ({**BATCH, "id": ""}, (None, 3)),
        ({**BATCH, "id": "../../models"}, (None, 3)),
        ({**BATCH, "id": f"sk-ant-{'x' * 40}"}, (None, 3)),
        ({**BATCH, "id": "x" * 100_000}, (None, 3)),
        ({"id": 3}, (None, None)),
        (7, (None, None)),
    ],
    ids=["status", "null-id", "empty-id", "path", "key", "endless", "number", "no-object"],
)
async def test_an_entry_that_cannot_be_read_spoils_itself_alone_and_is_reported(
    connect: Connect, entry: object, expected: tuple[str | None, int | None]
) -> None:
    async with Loopback(Reply.json({"data": [entry, BATCH]})) as api, connect(api.url) as gateway:
        page = await gateway.list_page()
    (unreadable,) = page.unreadable
    assert [batch.id for batch in page.batches] == [ID]
    assert (unreadable.id, unreadable.total) == expected
    assert unreadable.why


async def test_a_page_that_promises_more_without_a_way_to_it_is_reported(connect: Connect) -> None:
    async with Loopback(Reply.json({"data": [], "has_more": True})) as api, connect(api.url) as gateway:
        page = await gateway.list_page()
    assert (page.has_more, len(page.unreadable)) == (False, 1)


ACCOUNT = {"anthropic-organization-id": "org", "anthropic-workspace-id": "wrkspc"}
DATED = {**ACCOUNT, "date": "Fri, 20 Nov 2026 20:14:00 GMT"}
SAID = datetime(2026, 11, 20, 20, 14, tzinfo=UTC)


async def test_a_response_carries_its_own_account_and_time(connect: Connect) -> None:
    page = Reply.json({"data": [BATCH]}, headers=DATED)
    async with Loopback(Reply.json(BATCH, headers=DATED), page, Reply.json(BATCH)) as api, connect(api.url) as gateway:
        batch, listed, bare = await gateway.retrieve(ID), await gateway.list_page(), await gateway.retrieve(ID)
        assert batch.account == listed.account == Account(api.url, "org", "wrkspc")
        assert batch.server_time == listed.server_time == SAID
        assert bare.account == Account(api.url)


async def test_the_account_keeps_no_user_and_no_password_of_the_address(connect: Connect) -> None:
    async with Loopback(Reply.json(BATCH)) as api, connect(api.url.replace("//", "//me:secret@")) as gateway:
        batch = await gateway.retrieve(ID)
        assert batch.account == Account(api.url)


@pytest.mark.parametrize(
    ("reply", "is_known"),
    [
        (Reply.error(403, "permission_error", "no", headers=DATED), True),
        (Reply.error(401, "authentication_error", "no"), False),
        (Reply(502, b"<html>bad gateway</html>", {"date": DATED["date"]}), False),
    ],
    ids=["refused", "unauthenticated", "proxy"],
)
async def test_an_error_of_the_api_names_the_account_and_one_of_a_proxy_does_not(
    connect: Connect, reply: Reply, is_known: bool
) -> None:
    async with Loopback(reply) as api, connect(api.url) as gateway:
        with pytest.raises(GatewayError) as caught:
            await gateway.list_page()
    assert (caught.value.account is not None) == is_known


async def test_delete_needs_a_json_answer(connect: Connect) -> None:
    said = {"id": ID, "type": "message_batch_deleted"}
    async with Loopback(Reply.json(said), Reply(200, b"ok")) as api, connect(api.url) as gateway:
        await gateway.delete(ID)
        with pytest.raises(AnswerLost):
            await gateway.delete(ID)
    assert api.heard[0].method == "DELETE"


async def test_models_are_read_page_by_page(connect: Connect) -> None:
    first = {
        "data": [
            {
                "id": "claude-haiku-5-5",
                "display_name": "Claude Haiku 5.5",
                "max_tokens": 64000,
                "max_input_tokens": 1000000,
                "capabilities": {"batch": {"supported": True}},
                "lifecycle": "deprecated",
                "retires_at": "2026-11-30T00:00:00Z",
            }
        ],
        "has_more": True,
        "last_id": "claude-haiku-5-5",
    }
    second = {"data": [{"id": "plain"}, {"no": "id"}, 3], "has_more": True, "last_id": "claude-haiku-5-5"}
    async with Loopback(Reply.json(first), Reply.json(second)) as api, connect(api.url) as gateway:
        haiku, plain = await gateway.models()
    assert (haiku.name, haiku.max_tokens, haiku.batches, haiku.lifecycle) == (
        "Claude Haiku 5.5",
        64000,
        True,
        "deprecated",
    )
    assert haiku.retires_at == date(2026, 11, 30)
    assert (plain.id, plain.name, plain.batches) == ("plain", "plain", None)
    assert [heard.target for heard in api.heard] == [
        "/v1/models?limit=1000",
        "/v1/models?limit=1000&after_id=claude-haiku-5-5",
    ]


async def test_count_tokens_passes_on_only_what_the_endpoint_takes(connect: Connect) -> None:
    params = {"model": "m", "max_tokens": 5, "messages": [{"role": "user", "content": "\ud83d"}], "metadata": {}}
    async with Loopback(Reply.json({"input_tokens": 14})) as api, connect(api.url) as gateway:
        assert await gateway.count_tokens(params, ApiHeaders(api_version="2023-06-01")) == 14
    assert b"max_tokens" not in api.heard[0].body
    assert b"metadata" not in api.heard[0].body
    assert api.heard[0].headers["anthropic-version"] == "2023-06-01"


async def test_a_message_comes_back_as_its_bytes(connect: Connect) -> None:
    body = b'{ "type": "message",  "content": [] }'
    async with Loopback(Reply(200, body)) as api, connect(api.url) as gateway:
        assert await gateway.message({"model": "m"}, ApiHeaders(betas=("b-1", "b-2"))) == body
    assert api.heard[0].headers["anthropic-beta"] == "b-1,b-2"


async def test_every_exchange_is_told_without_the_key(connect: Connect, journal: Journal) -> None:
    told = {
        "request-id": "req_1",
        "anthropic-organization-id": "org",
        "anthropic-workspace-id": "wrkspc",
        "anthropic-ratelimit-requests-limit": "1000",
        "anthropic-ratelimit-requests-remaining": "999",
        "retry-after": "10",
        "date": "Fri, 20 Nov 2026 20:14:09 GMT",
    }
    async with Loopback(Reply.json(BATCH, headers=told)) as api, connect(api.url) as gateway:
        await gateway.retrieve(ID)
    (call,) = journal
    assert (call.operation, call.method, call.path) == ("retrieve", "GET", f"/v1/messages/batches/{ID}")
    assert (call.at, call.status, call.request_id, call.batch_id) == (START, 200, "req_1", ID)
    assert (call.organization_id, call.workspace_id, call.retry_after) == ("org", "wrkspc", 10.0)
    assert call.server_time == datetime(2026, 11, 20, 20, 14, 9, tzinfo=UTC)
    assert call.ratelimit == (("requests-limit", "1000"), ("requests-remaining", "999"))
    assert call.error is None
    assert KEY not in repr(call)


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ({"retry-after": "3600"}, 3600.0),
        ({"retry-after": "Fri, 20 Nov 2026 20:15:00 GMT", "date": "Fri, 20 Nov 2026 20:14:00 GMT"}, 60.0),
        ({"retry-after-ms": "250", "retry-after": "1"}, 0.25),
        ({"retry-after": "-5"}, 0.0),
        ({"retry-after": "1e20"}, 86_400.0),
        ({"retry-after": "1e300"}, 86_400.0),
        ({"retry-after": "1e400"}, None),
        ({"retry-after-ms": "1e22"}, 86_400.0),
        ({"retry-after": "Fri, 31 Dec 9999 23:59:59 GMT"}, 86_400.0),
        ({"retry-after": "Fri, 01 Jan 1000 00:00:00 GMT"}, 0.0),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "soon"}, None),
        ({}, None),
    ],
)
async def test_retry_after_is_read_in_every_form(
    connect: Connect, journal: Journal, said: dict[str, str], seconds: float | None
) -> None:
    async with Loopback(Reply.json(BATCH, headers=said)) as api, connect(api.url) as gateway:
        await gateway.retrieve(ID)
    assert journal[0].retry_after == seconds
