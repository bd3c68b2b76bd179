"""The gateway and the simulator, each written from the documentation alone: every method, and every fault judged by
the number of batches that were really created."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from batchtui.domain.errors import (
    AnswerLost,
    BatchNotFound,
    GatewayError,
    RateLimited,
    Refused,
    ResultsUnavailable,
    SpendLimitReached,
)
from batchtui.gateway.anthropic_client import AnthropicGateway
from batchtui.gateway.protocol import ApiHeaders
from batchtui.gateway.sdk import Patience
from batchtui.simulator import Fault, Simulator
from tests.gateway.conftest import KEY, Journal, upload_of
from tests.support.clock import TurnedClock

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from batchtui.gateway.protocol import Upload

PLAIN = ApiHeaders()
PATIENCE = Patience(connect=5.0, answer=5.0, create=1.0, message=5.0, stall=0.3)


def _params(model: str = "claude-haiku-5-5") -> dict[str, Any]:
    return {"model": model, "max_tokens": 64, "messages": [{"role": "user", "content": "Say hello."}]}


def _batch(count: int = 3, **params: Any) -> Upload:
    requests = [{"custom_id": f"r-{n}", "params": {**_params(), **params}} for n in range(count)]
    return upload_of(json.dumps({"requests": requests}).encode())


@pytest.fixture
def clock() -> TurnedClock:
    return TurnedClock()


@pytest.fixture(params=["", "/gateway/v9"], ids=["root", "prefix"])
def simulator(clock: TurnedClock, request: pytest.FixtureRequest) -> Iterator[Simulator]:
    with Simulator(scenario="quiet-night", clock=clock, prefix=request.param) as sim:
        yield sim


@pytest.fixture
async def gateway(simulator: Simulator, clock: TurnedClock, journal: Journal) -> AsyncIterator[AnthropicGateway]:
    connected = await AnthropicGateway.connect(
        base_url=simulator.url, api_key=KEY, on_call=journal.note, clock=clock, patience=PATIENCE
    )
    yield connected
    await connected.close()


async def test_a_batch_goes_its_whole_way(gateway: AnthropicGateway, clock: TurnedClock, journal: Journal) -> None:
    created = await gateway.create(_batch(3), PLAIN)
    assert (created.processing_status, created.counts.total) == ("in_progress", 3)
    assert (await gateway.retrieve(created.id)).id == created.id
    with pytest.raises(ResultsUnavailable):
        await _lines(gateway, created.id)
    clock.turn(hours=20)
    ended = await gateway.retrieve(created.id)
    assert (ended.processing_status, ended.counts.settled) == ("ended", 3)
    lines = await _lines(gateway, created.id)
    assert sorted(line["custom_id"] for line in lines) == ["r-0", "r-1", "r-2"]
    await gateway.delete(created.id)
    with pytest.raises(BatchNotFound):
        await gateway.retrieve(created.id)
    assert all(call.request_id and call.organization_id and call.workspace_id for call in journal)
    assert KEY not in repr(journal)


async def test_cancelling_goes_through_canceling(gateway: AnthropicGateway, clock: TurnedClock) -> None:
    created = await gateway.create(_batch(3), PLAIN)
    assert (await gateway.cancel(created.id)).processing_status == "canceling"
    clock.turn(hours=1)
    ended = await gateway.retrieve(created.id)
    assert (ended.processing_status, ended.counts.total) == ("ended", 3)
    assert ended.cancel_initiated_at is not None


async def test_a_running_batch_cannot_be_deleted(gateway: AnthropicGateway) -> None:
    created = await gateway.create(_batch(1), PLAIN)
    with pytest.raises(Refused):
        await gateway.delete(created.id)


async def test_the_list_goes_back_page_by_page(gateway: AnthropicGateway, clock: TurnedClock) -> None:
    made = []
    for _ in range(5):
        made.append((await gateway.create(_batch(1), PLAIN)).id)
        clock.turn(1)
    seen: list[str] = []
    after: str | None = None
    for _ in range(3):
        page = await gateway.list_page(limit=2, after_id=after)
        seen += [batch.id for batch in page.batches]
        after = page.last_id
    assert seen == made[::-1]
    assert not page.has_more


async def test_models_tokens_and_one_message(gateway: AnthropicGateway) -> None:
    models = {model.id: model for model in await gateway.models()}
    assert models["claude-haiku-5-5"].batches is True
    assert await gateway.count_tokens(_params(), PLAIN) > 0
    assert json.loads(await gateway.message(_params(), PLAIN))["type"] == "message"


async def test_immediate_validation_errors_keep_the_words_of_the_api(
    gateway: AnthropicGateway, simulator: Simulator
) -> None:
    twice = [{"custom_id": "dup", "params": _params()}] * 2
    with pytest.raises(Refused, match="Duplicate custom_id found: dup") as caught:
        await gateway.create(upload_of(json.dumps({"requests": twice}).encode()), PLAIN)
    assert (caught.value.status, caught.value.error_type) == (400, "invalid_request_error")
    assert len(simulator.world.batches) == 0


FAULTS: dict[str, tuple[Fault, type[GatewayError], int]] = {
    "lost-before": (Fault(on="create", kind="lost_before"), AnswerLost, 0),
    "lost-after": (Fault(on="create", kind="lost_after"), AnswerLost, 1),
    "late-after": (Fault(on="create", kind="delayed", seconds=1.5, after=True), AnswerLost, 1),
    "garbled-before": (Fault(on="create", kind="garbled", body='{"id": "msgba'), AnswerLost, 0),
    "garbled-after": (Fault(on="create", kind="garbled", body="<html>", after=True), AnswerLost, 1),
    "empty-after": (Fault(on="create", kind="garbled", body="", after=True), AnswerLost, 1),
    **{
        str(status): (Fault(on="create", kind="status", status=status), Refused, 0)
        for status in (400, 401, 403, 404, 413)
    },
    **{
        f"{status}-{'after' if after else 'before'}": (
            Fault(on="create", kind="status", status=status, after=after),
            AnswerLost,
            int(after),
        )
        for status in (408, 409, 500, 502, 503, 504, 529)
        for after in (False, True)
    },
    "429": (Fault(on="create", kind="status", status=429, retry_after=7), RateLimited, 0),
    "spend": (
        Fault(on="create", kind="status", status=429, error_code="enforced_spend_limit_reached"),
        SpendLimitReached,
        0,
    ),
}


@pytest.mark.parametrize("simulator", [""], indirect=True)
@pytest.mark.parametrize(("fault", "kind", "created"), FAULTS.values(), ids=FAULTS.keys())
async def test_each_fault_says_rightly_whether_a_batch_may_exist(
    gateway: AnthropicGateway, simulator: Simulator, fault: Fault, kind: type[GatewayError], created: int
) -> None:
    simulator.world.faults.add(fault)
    with pytest.raises(GatewayError) as caught:
        await gateway.create(_batch(2), PLAIN)
    assert type(caught.value) is kind
    assert caught.value.nothing_created is (kind is not AnswerLost)
    assert len(simulator.world.calls_to("create")) <= 1  # a late answer is not noted yet
    assert len(simulator.world.batches) == created


@pytest.mark.parametrize("simulator", [""], indirect=True)
@pytest.mark.parametrize("kind", ["results_cut", "results_stalled"])
async def test_broken_results_are_lost_and_come_whole_the_next_time(
    gateway: AnthropicGateway, simulator: Simulator, clock: TurnedClock, kind: Any
) -> None:
    created = await gateway.create(_batch(20), PLAIN)
    clock.turn(hours=20)
    simulator.world.faults.add(Fault(on="results", kind=kind, at_byte=100, seconds=1.0))
    with pytest.raises(AnswerLost):
        await _lines(gateway, created.id)
    assert len(await _lines(gateway, created.id)) == 20


@pytest.mark.parametrize("simulator", [""], indirect=True)
async def test_the_legacy_version_reaches_the_requests(gateway: AnthropicGateway, clock: TurnedClock) -> None:
    old = await gateway.create(
        _batch(1, model="claude-haiku-4-5", temperature=0.5), ApiHeaders(api_version="2023-06-01")
    )
    new = await gateway.create(_batch(1, model="claude-haiku-4-5", temperature=0.5), PLAIN)
    clock.turn(hours=20)
    assert (await gateway.retrieve(old.id)).counts.succeeded == 1
    assert (await gateway.retrieve(new.id)).counts.errored == 1


async def _lines(gateway: AnthropicGateway, batch_id: str) -> list[dict[str, Any]]:
    async with gateway.results(batch_id) as blocks:
        body = b"".join([block async for block in blocks])
    return [json.loads(line) for line in body.split(b"\n") if line.strip()]
