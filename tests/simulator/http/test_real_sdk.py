"""The real SDK, as anyone would use it, finds the service it knows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import anthropic
import pytest
from anthropic import AsyncAnthropic

from batchtui.simulator import Fault, Simulator
from tests.simulator.calling import requests

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from anthropic.types.messages.batch_create_params import Request

    from batchtui.simulator import TurnedClock

LONG_ENOUGH = 2 * 3_600.0
QUESTION: list[Request] = [
    {
        "custom_id": f"r-{number}",
        "params": {
            "model": "claude-haiku-5-5",
            "max_tokens": 256,
            "messages": [{"role": "user", "content": "Say hello."}],
        },
    }
    for number in range(3)
]


@pytest.fixture(params=["", "/gateway/v9"], ids=["root", "prefix"])
def simulator(clock: TurnedClock, request: pytest.FixtureRequest) -> Iterator[Simulator]:
    with Simulator("quiet-night", clock=clock, prefix=request.param) as running:
        yield running


@pytest.fixture
async def sdk(simulator: Simulator) -> AsyncIterator[AsyncAnthropic]:
    async with AsyncAnthropic(base_url=simulator.url, api_key="sk-ant-test", max_retries=0) as opened:
        yield opened


async def test_a_batch_from_creation_to_its_last_result(sdk: AsyncAnthropic, clock: TurnedClock) -> None:
    batch = await sdk.messages.batches.create(requests=QUESTION)
    clock.turn(LONG_ENOUGH)
    ended = await sdk.messages.batches.retrieve(batch.id)
    results = [result async for result in await sdk.messages.batches.results(batch.id)]
    assert (ended.processing_status, ended.request_counts.succeeded) == ("ended", 3)
    assert {result.custom_id for result in results} == {"r-0", "r-1", "r-2"}
    assert {result.result.type for result in results} == {"succeeded"}


async def test_the_list_pages_by_itself(sdk: AsyncAnthropic, simulator: Simulator) -> None:
    planted = [simulator.world.plant(requests(1)).id for _ in range(7)]
    listed = [batch.id async for batch in sdk.messages.batches.list(limit=3)]
    assert listed == planted[::-1]


async def test_the_real_sdk_cancels_and_deletes(sdk: AsyncAnthropic, clock: TurnedClock) -> None:
    batch = await sdk.messages.batches.create(requests=QUESTION)
    canceling = await sdk.messages.batches.cancel(batch.id)
    clock.turn(LONG_ENOUGH)
    deleted = await sdk.messages.batches.delete(batch.id)
    assert (canceling.processing_status, deleted.type) == ("canceling", "message_batch_deleted")
    with pytest.raises(anthropic.NotFoundError):
        await sdk.messages.batches.retrieve(batch.id)


async def test_models_tokens_and_a_message(sdk: AsyncAnthropic) -> None:
    model = await sdk.models.retrieve("claude-haiku-5-5")
    counted = await sdk.messages.count_tokens(model=model.id, messages=[{"role": "user", "content": "Say hello."}])
    message = await sdk.messages.create(
        model=model.id, max_tokens=64, messages=[{"role": "user", "content": "Say hello."}]
    )
    assert model.lifecycle == "active"
    assert counted.input_tokens == message.usage.input_tokens


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, anthropic.BadRequestError),
        (401, anthropic.AuthenticationError),
        (403, anthropic.PermissionDeniedError),
        (429, anthropic.RateLimitError),
        (529, anthropic.InternalServerError),
    ],
)
async def test_errors_arrive_as_the_sdks_own(
    sdk: AsyncAnthropic, simulator: Simulator, status: int, error: type[anthropic.APIStatusError]
) -> None:
    simulator.world.faults.add(Fault("list", "status", status=status))
    with pytest.raises(error) as caught:
        await sdk.messages.batches.list()
    assert caught.value.request_id == simulator.world.calls[-1].request_id


async def test_left_to_itself_the_sdk_turns_one_lost_answer_into_two_batches(simulator: Simulator) -> None:
    simulator.world.faults.add(Fault("create", "lost_after"))
    async with AsyncAnthropic(base_url=simulator.url, api_key="sk-ant-test") as careless:
        await careless.messages.batches.create(requests=QUESTION)
    assert len(simulator.world.batches) == 2
