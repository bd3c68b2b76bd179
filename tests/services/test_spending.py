"""What saved results cost: counted once, each result on its own, and unknown where anything of it is unknown."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from batchtui.domain.usage import Usage
from batchtui.pricing.book import PriceBook
from batchtui.registry.result_store import ResultStore
from batchtui.services.collect import collect
from batchtui.services.refresh import refresh_batches
from batchtui.services.spending import count_missing, spendings_of
from tests.support.clock import START
from tests.support.lines import bare, errored, succeeded
from tests.support.results import a_batch, keep
from tests.support.workspaces import all_batches, submit

if TYPE_CHECKING:
    from pathlib import Path

    from batchtui.domain.batch import Batch
    from batchtui.domain.spending import Spending
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


def test_a_result_that_names_no_tokens_makes_the_cost_unknown(store: ResultStore) -> None:
    (found,) = spent(store, answer("a", 1000, 0), succeeded("b", "x", usage=None))
    assert found.cost is None


def test_what_caching_saved_and_what_a_batch_saved_are_known(store: ResultStore) -> None:
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


async def collected(workspace: Workspace, clock: TurnedClock, tmp_path: Path, name: str = "r") -> Batch:
    submitted = await submit(workspace, tmp_path, 3, prefix=name)
    clock.turn(hours=25)
    await refresh_batches(workspace, submitted.batches)
    return await collect(workspace, await workspace.registry.batches.get(submitted.batches[0].key))


async def test_a_collected_batch_knows_its_cost(workspace: Workspace, clock: TurnedClock, tmp_path: Path) -> None:
    batch = await collected(workspace, clock, tmp_path)
    (line,) = await workspace.registry.costs.spent()
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
    assert len(await workspace.registry.costs.spent()) == 1


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
