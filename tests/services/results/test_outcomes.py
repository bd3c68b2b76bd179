"""What saved results turned out to be stands in the registry, also for what earlier versions saved."""

from __future__ import annotations

import csv
import io
import json
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

from batchtui.domain.batches.batch import RequestCounts
from batchtui.domain.batches.query import BatchQuery
from batchtui.domain.batches.states import Success
from batchtui.domain.results.result import Outcome, OutcomeCounts
from batchtui.registry.database import migrations
from batchtui.services.polling.refresh import sweep
from batchtui.services.results.collect import collect
from batchtui.services.results.export import ExportOptions, apply_export, plan_export
from batchtui.services.results.outcomes import count_missing_outcomes
from batchtui.services.submission.submit import SubmitOptions, apply_submit, plan_submit
from batchtui.simulator import Fault, Scenario, Simulator
from batchtui.text.filters.language import terms_of
from tests.support.builders import jsonl, request
from tests.support.workspaces import submit, workspace_at

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from batchtui.domain.batches.batch import Batch
    from batchtui.services.workspace import Workspace
    from tests.support.clock import TurnedClock

SCHEMA = {"type": "object", "properties": {"kind": {"type": "string"}}, "required": ["kind"],
          "additionalProperties": False}  # fmt: skip


@pytest.fixture
def simulator(clock: TurnedClock) -> Iterator[Simulator]:
    with Simulator(Scenario(takes=600.0, truncated=0.5, refused=0.3), clock=clock) as running:
        yield running


async def saved(workspace: Workspace, folder: Path, clock: TurnedClock, count: int = 30) -> Batch:
    submitted = await submit(workspace, folder, count)
    clock.turn(hours=1)
    await sweep(workspace)
    return await collect(workspace, submitted.batches[0])


def line(custom_id: str, text: str, stop_reason: str = "end_turn") -> str:
    message = {
        "id": "msg_1", "type": "message", "role": "assistant", "model": "claude-haiku-5-5", "stop_reason": stop_reason,
        "content": [{"type": "text", "text": text}], "usage": {"input_tokens": 5, "output_tokens": 5},
    }  # fmt: skip
    return json.dumps({"custom_id": custom_id, "result": {"type": "succeeded", "message": message}})


async def test_outcomes_stand_in_the_row_once_results_are_saved(
    workspace: Workspace, tmp_path: Path, clock: TurnedClock
) -> None:
    batch = await saved(workspace, tmp_path, clock)
    with workspace.registry.results.reader(batch) as reader:
        read = OutcomeCounts.from_mapping(reader.by_outcome)
    assert batch.counts.succeeded == read.total == 30
    assert batch.outcomes == read
    assert read.truncated > read.refused > 0


@pytest.mark.parametrize(
    ("wanted", "finds"),
    [("truncated:>0", True), ("refused:>0", True), ("failed:>0", True), ("succeeded:30", False), ("paused:>0", False),
     ("invalid:0", True), ("!truncated:0", True), ("errored:0", True)],
)  # fmt: skip
async def test_filters_know_outcomes(
    workspace: Workspace, tmp_path: Path, clock: TurnedClock, wanted: str, *, finds: bool
) -> None:
    batch = await saved(workspace, tmp_path, clock)
    found = await workspace.registry.queries.order(BatchQuery(terms=terms_of(wanted)))
    assert list(found) == ([batch.key] if finds else [])


async def test_before_results_are_saved_the_api_counts_decide_and_unknown_outcomes_find_nothing(
    workspace: Workspace, tmp_path: Path, clock: TurnedClock
) -> None:
    await submit(workspace, tmp_path, 3)
    clock.turn(hours=1)
    await sweep(workspace)
    views = workspace.registry.queries
    assert len(await views.order(BatchQuery(terms=terms_of("succeeded:3")))) == 1
    assert not await views.order(BatchQuery(terms=terms_of("truncated:0")))


@pytest.mark.parametrize(
    ("outcomes", "success"),
    [
        (OutcomeCounts(succeeded=9, tool_use=1), Success.ALL),
        (OutcomeCounts(succeeded=6, truncated=4), Success.SOME),
        (OutcomeCounts(succeeded=5, errored=5), Success.SOME),
        (OutcomeCounts(succeeded=4, invalid=6), Success.FEW),
    ],
)
async def test_the_state_has_three_shades(
    workspace: Workspace, tmp_path: Path, clock: TurnedClock, outcomes: OutcomeCounts, success: Success
) -> None:
    batch = await saved(workspace, tmp_path, clock, 10)
    await workspace.registry.batches.set_outcomes({batch.key: outcomes})
    assert (await workspace.registry.batches.get(batch.key)).success is success


async def test_an_answer_that_should_be_json_and_is_not_is_invalid(
    workspace: Workspace, tmp_path: Path, clock: TurnedClock, simulator: Simulator
) -> None:
    wants: dict[str, Any] = {"output_config": {"format": {"type": "json_schema", "schema": SCHEMA}}}
    items = [request("json", **wants), request("fenced", **wants), request("prose", **wants), request("free")]
    plan = await plan_submit(workspace, [str(jsonl(tmp_path / "mixed.jsonl", items))], SubmitOptions())
    submitted = await apply_submit(workspace, plan)
    clock.turn(hours=1)
    await sweep(workspace)
    lines = [line("prose", "No JSON."), line("json", '{"kind": "bug"}'), line("free", "No JSON either."),
             line("fenced", '```json\n{"kind": "bug"}\n```')]  # fmt: skip
    simulator.world.faults.add(Fault(on="results", kind="garbled", body="\n".join(lines) + "\n"))
    batch = await collect(workspace, submitted.batches[0])
    assert batch.outcomes == OutcomeCounts(succeeded=3, invalid=1)
    with workspace.registry.results.reader(batch) as reader:
        [group] = reader.groups
        assert (group.outcome, group.example_id) == (Outcome.INVALID, "prose")
        assert list(reader.order({Outcome.INVALID})) == [1]
        assert next(outcome for _, _, outcome in reader.custom_ids()) is Outcome.INVALID
    # And in a file that is made of it, as in every list.
    written = io.BytesIO()
    await apply_export(workspace, await plan_export(workspace, (batch,), ExportOptions(format="csv")), stream=written)
    rows = {row["custom_id"]: row["outcome"] for row in csv.DictReader(io.StringIO(written.getvalue().decode()))}
    assert rows == {"json": "succeeded", "fenced": "succeeded", "prose": "invalid", "free": "succeeded"}


async def test_outcomes_saved_by_an_earlier_version_are_counted_once(
    simulator: Simulator, tmp_path: Path, clock: TurnedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    async with workspace_at(home, simulator, clock) as workspace:
        batch = await saved(workspace, tmp_path, clock)
        submitted = await submit(workspace, tmp_path, 3, prefix="running")
    as_before_outcomes(home / "registry.db")
    last = sorted(migrations.STEPS, key=lambda step: step[1] == migrations.OUTCOMES)
    monkeypatch.setattr(migrations, "STEPS", tuple(last))
    async with workspace_at(home, simulator, clock) as workspace:
        views, batches = workspace.registry.queries, workspace.registry.batches
        before = await batches.get(batch.key)
        assert (before.results, before.cost_actual, before.outcomes) == ("saved", batch.cost_actual, None)
        assert (await batches.get(submitted.batches[0].key)).counts == RequestCounts(processing=3)
        assert await count_missing_outcomes(workspace) == 1
        assert (await batches.get(batch.key)).outcomes == batch.outcomes
        assert before.revision < (await batches.get(batch.key)).revision
        assert await count_missing_outcomes(workspace) == 0
        assert len(await views.order()) == 2


async def test_results_that_cannot_be_counted_are_looked_at_once(
    workspace: Workspace, tmp_path: Path, clock: TurnedClock
) -> None:
    batch = await saved(workspace, tmp_path, clock)
    workspace.registry.results.remove(batch)
    with closing(sqlite3.connect(workspace.registry.path)) as connection, connection:
        connection.execute("UPDATE batches SET outcomes = NULL, failures = NULL")
    assert await count_missing_outcomes(workspace) == 1
    assert (await workspace.registry.batches.get(batch.key)).outcomes is None
    assert await count_missing_outcomes(workspace) == 0


def as_before_outcomes(path: Path) -> None:
    """Take out of a registry what the migration brought: the file is as the version before it left it."""
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("DROP TRIGGER batch_outcomes_updated")
        connection.execute("DROP INDEX batches_to_read")
        for column in ("outcomes", "failures", "results_digest", "accepted", "cost_at_least", "without_usage"):
            connection.execute(f"ALTER TABLE batches DROP COLUMN {column}")
        connection.execute("ALTER TABLE spending DROP COLUMN unmetered")
        # Later steps have run and stay: the one that is missing becomes the last.
        connection.execute("DELETE FROM schema_migrations WHERE version = (SELECT max(version) FROM schema_migrations)")
