"""What saved results cost: counted once, each result on its own, and unknown where anything of it is unknown."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from batchtui.domain.results.usage import Usage
from batchtui.pricing.price_book import PriceBook
from batchtui.registry.results.store import ResultStore
from batchtui.services.polling.refresh import refresh_batches
from batchtui.services.results.collect import collect
from batchtui.services.spending.accounting import count_missing, spendings_of
from tests.support.clock import START
from tests.support.lines import bare, errored, succeeded
from tests.support.results import a_batch, keep
from tests.support.workspaces import all_batches, submit

if TYPE_CHECKING:
    from pathlib import Path

    from batchtui.domain.batches.batch import Batch
    from batchtui.domain.costs.spending import Spending
    from batchtui.services.workspace import Workspace
    from tests.support.clock import TurnedClock


def answer(custom_id: str, put_in: int, put_out: int, model: str = "claude-haiku-5-5", **usage: Any) -> bytes:
    return succeeded(custom_id, "x", model=model, usage={"input_tokens": put_in, "output_tokens": put_out, **usage})


@pytest.fixture
def store(tmp_path: Path) -> ResultStore:
    return ResultStore(tmp_path / "results")


def spent(store: ResultStore, *lines: bytes) -> tuple[Spending, ...]:
    batch = a_batch(succeeded=len(lines))
    keep(store, batch, b"\n".join(lines) + b"\n")
    with store.reader(batch) as reader:
        return spendings_of(reader.usage_groups([100_000]), START.date(), PriceBook())


def test_long_and_short_prompts_are_each_priced_by_their_own_length(store: ResultStore) -> None:
    (found,) = spent(store, answer("a", 100_000, 0), answer("b", 60_000, 0), answer("c", 100_001, 1000))
    # 160,000 x 0.05 + 100,001 x 0.25 + 1,000 x 1.25, in millionths
    assert found.cost == Decimal("0.03425025")
    assert (found.results, found.usage) == (3, Usage(260_001, output_tokens=1000))


def test_only_succeeded_results_are_billed(store: ResultStore) -> None:
    (found,) = spent(store, answer("a", 1000, 0), errored("b"), bare("c", "expired"), bare("d", "canceled"))
    assert (found.results, found.cost) == (1, Decimal("0.00005"))


def test_each_model_and_place_has_its_own_line(store: ResultStore) -> None:
    found = spent(
        store, answer("a", 1000, 0), answer("b", 1000, 0, inference_geo="us"), answer("c", 1000, 0, "claude-opus-5")
    )
    assert {(one.model, one.geography): one.cost for one in found} == {
        ("claude-haiku-5-5", ""): Decimal("0.00005"),
        ("claude-haiku-5-5", "us"): Decimal("0.000055"),
        ("claude-opus-5", ""): Decimal("0.0025"),
    }


def test_a_result_that_names_no_tokens_is_in_no_amount_and_counted(store: ResultStore) -> None:
    (alone,) = spent(store, answer("a", 1000, 0))
    (found,) = spent(store, answer("a", 1000, 0), succeeded("b", "x", usage=None))
    assert (found.cost, found.unmetered, found.results) == (alone.cost, 1, 2)


def test_savings_by_caching_and_by_batching_are_known(store: ResultStore) -> None:
    (found,) = spent(store, answer("a", 0, 0, "claude-opus-5", cache_read_input_tokens=1_000_000))
    assert (found.cost, found.standard, found.uncached) == (Decimal("0.25"), Decimal("0.5"), Decimal("2.5"))


def test_models_with_one_price_for_every_length_are_counted_too(store: ResultStore) -> None:
    batch = a_batch(succeeded=2)
    keep(store, batch, answer("a", 1000, 0, "claude-opus-5") + b"\n" + answer("b", 3000, 0, "claude-opus-5"))
    with store.reader(batch) as reader:
        (group,) = reader.usage_groups([])
    assert (group.results, group.longest, group.usage.input_tokens) == (2, 3000, 4000)


def test_a_batch_without_a_success_has_nothing_to_bill(store: ResultStore) -> None:
    assert spent(store, errored("a"), bare("b", "expired")) == ()


NO_SPLIT = {"ephemeral_1h_input_tokens": 0, "ephemeral_5m_input_tokens": 0}


@pytest.mark.parametrize(
    ("model", "usage", "by_hand"),
    [
        # Shapes of usage as the service has sent them; figures from the list: in and out for a million tokens.
        (
            "claude-sonnet-4-6",  # 1.50 and 7.50
            {"input_tokens": 398, "output_tokens": 155, "cache_creation": NO_SPLIT, "cache_creation_input_tokens": 0,
             "cache_read_input_tokens": 0, "inference_geo": "not_available", "service_tier": "batch"},
            "0.0017595",
        ),
        (
            "claude-sonnet-5-5",  # 1 and 5, and a cent for the search
            {"input_tokens": 8984, "output_tokens": 520,
             "server_tool_use": {"web_fetch_requests": 3, "web_search_requests": 1}},
            "0.021584",
        ),
        (
            "claude-opus-5",  # 2.50, 3.125, 0.25 and 12.50: what is not split was written for five minutes
            {"input_tokens": 10, "output_tokens": 5, "cache_creation_input_tokens": 1000,
             "cache_read_input_tokens": 500},
            "0.0033375",
        ),
        (
            "claude-opus-5-5",  # 2, 4 for an hour, 0.10 and 10
            {"input_tokens": 3, "output_tokens": 7, "cache_creation_input_tokens": 2000, "cache_read_input_tokens": 900,
             "cache_creation": {"ephemeral_1h_input_tokens": 2000, "ephemeral_5m_input_tokens": 0}},
            "0.008166",
        ),
        (
            "claude-haiku-5-5",  # 0.05 and 0.25
            {"input_tokens": 10, "output_tokens": 5, "cache_creation": None, "cache_creation_input_tokens": None,
             "cache_read_input_tokens": None, "server_tool_use": None, "inference_geo": None},
            "0.00000175",
        ),
        (
            "claude-haiku-4-5-20251001",  # 0.50 and 2.50: thinking is part of the output
            {"input_tokens": 20, "output_tokens": 100, "output_tokens_details": {"thinking_tokens": 60}},
            "0.00026",
        ),
    ],
)  # fmt: skip
def test_recorded_usages_cost_what_they_cost_by_hand(
    store: ResultStore, model: str, usage: dict[str, Any], by_hand: str
) -> None:
    (found,) = spent(store, succeeded("a", "x", model=model, usage=usage))
    assert found.cost == Decimal(by_hand)


async def collected(workspace: Workspace, clock: TurnedClock, tmp_path: Path, name: str = "r") -> Batch:
    submitted = await submit(workspace, tmp_path, 3, prefix=name)
    clock.turn(hours=25)
    await refresh_batches(workspace, submitted.batches)
    return await collect(workspace, await workspace.registry.batches.get(submitted.batches[0].key))


async def test_a_collected_batch_knows_its_cost(workspace: Workspace, clock: TurnedClock, tmp_path: Path) -> None:
    batch = await collected(workspace, clock, tmp_path)
    (line,) = await workspace.registry.spending.spent()
    usage = line.spending.usage
    by_hand = (usage.input_tokens * Decimal("0.05") + usage.output_tokens * Decimal("0.25")) / 1_000_000
    assert batch.cost_actual == by_hand > 0
    assert line.spending.standard == 2 * by_hand


async def test_a_cost_is_counted_once_however_often_it_is_counted(
    workspace: Workspace, clock: TurnedClock, tmp_path: Path
) -> None:
    batch = await collected(workspace, clock, tmp_path)
    workspace.registry.results.remove(batch)
    again = await collect(workspace, batch)
    assert again.cost_actual == batch.cost_actual
    assert len(await workspace.registry.spending.spent()) == 1


async def test_results_that_were_saved_before_costs_were_counted_are_counted_later(
    workspace: Workspace, clock: TurnedClock, tmp_path: Path
) -> None:
    batch = await collected(workspace, clock, tmp_path)
    async with workspace.registry._database.transaction() as tx:
        await tx.execute("DELETE FROM spending")
        await tx.execute("UPDATE batches SET cost_actual = NULL, cost_counted = 0")
    assert await count_missing(workspace) == 1
    assert (await all_batches(workspace))[0].cost_actual == batch.cost_actual
    assert await count_missing(workspace) == 0
