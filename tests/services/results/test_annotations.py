"""Columns that are no part of an answer stand beside results by custom_id, whatever table of the registry has them."""

from __future__ import annotations

import csv
import io
import json
import sqlite3
from typing import TYPE_CHECKING

import pytest

from batchtui.domain.errors import UsageError
from batchtui.domain.results.annotation import AnnotationColumn
from batchtui.registry.results.annotations import AnnotationTable
from batchtui.services.batches.targets import find_target
from batchtui.services.polling.refresh import sweep
from batchtui.services.results import annotations as extension_point
from batchtui.services.results.annotations import open_annotations, select_results
from batchtui.services.results.collect import collect
from batchtui.services.results.export import ExportOptions, apply_export, plan_export, preview_export
from batchtui.services.results.history import open_job_results
from tests.support.workspaces import submit

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from batchtui.domain.batches.batch import Batch
    from batchtui.registry.registry import Registry
    from batchtui.services.workspace import Workspace
    from tests.support.clock import TurnedClock

COUNT = 650
COLUMNS = (AnnotationColumn("score", "integer"), AnnotationColumn("why"), AnnotationColumn("hidden", is_usual=False))


def read_marks(registry: Registry, job: str) -> AnnotationTable | None:
    select = "SELECT custom_id, score, why, hidden FROM test_scores WHERE job_id = ?"
    return AnnotationTable(registry.path, COLUMNS, select, (job,))


@pytest.fixture
async def batches(
    workspace: Workspace, tmp_path: Path, clock: TurnedClock, monkeypatch: pytest.MonkeyPatch
) -> tuple[Batch, ...]:
    """A job with saved results, of which all but the first have a row in a table of the registry."""
    submitted = await submit(workspace, tmp_path, COUNT)
    clock.turn(hours=1)
    await sweep(workspace)
    found = [await collect(workspace, batch) for batch in (await find_target(workspace, submitted.job.id)).batches]
    with sqlite3.connect(workspace.registry.path) as connection:
        connection.execute(
            "CREATE TABLE test_scores (job_id TEXT, custom_id TEXT, score INTEGER, why TEXT, hidden TEXT,"
            " PRIMARY KEY (job_id, custom_id))"
        )
        connection.executemany(
            "INSERT INTO test_scores VALUES (?, ?, ?, ?, 'h')",
            [(submitted.job.id, f"r-{n:05}", n % 5, f"=because {n}") for n in range(1, COUNT)],
        )
        connection.execute("INSERT INTO test_scores VALUES ('job_other', 'r-00000', 9, 'not ours', NULL)")
    connection.close()
    monkeypatch.setattr(extension_point, "SOURCES", (read_marks,))
    return tuple(found)


async def exported(workspace: Workspace, batches: Sequence[Batch], **options: object) -> bytes:
    out = io.BytesIO()
    plan = await plan_export(workspace, batches, ExportOptions(**options))  # type: ignore[arg-type]
    await apply_export(workspace, plan, stream=out)
    return out.getvalue()


async def test_a_table_has_the_usual_columns_and_an_empty_cell_where_nothing_is_said(
    workspace: Workspace, batches: tuple[Batch, ...]
) -> None:
    rows = list(csv.DictReader(io.StringIO((await exported(workspace, batches, format="csv")).decode())))
    assert len(rows) == COUNT
    assert "hidden" not in rows[0]
    by_id = {row["custom_id"]: (row["score"], row["why"]) for row in rows}
    assert by_id["r-00000"] == ("", "")
    # What a judge says is guarded against spreadsheets as an answer is.
    assert by_id["r-00007"] == ("2", "'=because 7")
    assert by_id[f"r-{COUNT - 1:05}"][0] == str((COUNT - 1) % 5)


async def test_fields_name_any_of_them_and_json_keeps_their_types(
    workspace: Workspace, batches: tuple[Batch, ...]
) -> None:
    fields = ("custom_id", "score", "hidden")
    rows = [
        json.loads(line)
        for line in (await exported(workspace, batches, format="jsonl", fields=fields)).decode().splitlines()
    ]
    assert {row["custom_id"]: row for row in rows}["r-00003"] == {"custom_id": "r-00003", "score": 3, "hidden": "h"}
    array = json.loads(await exported(workspace, batches, format="json", fields=("score",)))
    assert sum(row["score"] is None for row in array) == 1


async def test_lines_stay_as_the_api_sent_them_unless_requests_are_added(
    workspace: Workspace, batches: tuple[Batch, ...]
) -> None:
    raw = workspace.registry.results.reader(batches[0])
    with raw:
        assert await exported(workspace, batches) == raw.path.read_bytes()
    joined = (await exported(workspace, batches, with_requests=True)).decode().splitlines()
    said = {one["custom_id"]: one.get("annotations") for one in map(json.loads, joined)}
    assert said["r-00000"] is None
    assert said["r-00009"] == {"score": 4, "why": "=because 9"}


async def test_a_preview_shows_them_too(workspace: Workspace, batches: tuple[Batch, ...]) -> None:
    plan = await plan_export(workspace, batches, ExportOptions(format="csv", fields=("custom_id", "score")))
    assert (await preview_export(workspace, plan, 3))[0].strip() == "custom_id,score"


async def test_a_wrong_field_is_named_with_those_that_these_results_have(
    workspace: Workspace, batches: tuple[Batch, ...]
) -> None:
    with pytest.raises(UsageError, match='no field "scroe"') as refused:
        await plan_export(workspace, batches, ExportOptions(fields=("scroe",)))
    assert "score" in refused.value.hint


async def test_all_are_read_once_sorted_by_their_ids(workspace: Workspace, batches: tuple[Batch, ...]) -> None:
    with open_annotations(workspace.registry, batches[0].job) as found:
        assert found.names == ("score", "why", "hidden")
        scores = list(found.stream("score"))
        assert len(scores) == COUNT - 1
        assert [custom_id for custom_id, _ in scores] == sorted(custom_id for custom_id, _ in scores)
        assert not list(found.stream("nothing"))
        one = {"score": 1, "why": "=because 1", "hidden": "h"}
        assert found.read(["r-00000", "r-00001"]) == {"r-00000": {}, "r-00001": one}


@pytest.mark.parametrize(
    ("typed", "numbers", "rest"),
    [
        ("score:<1", [n for n in range(1, COUNT) if n % 5 == 0], ""),
        ("score:>=3 why:9", [n for n in range(1, COUNT) if n % 5 >= 3 and "9" in str(n)], ""),
        ("!score:<4 some words", [n for n in range(COUNT) if n == 0 or n % 5 == 4], "some words"),
        ("why:=BECAUSE", [], ""),
        ('why:="=because 17"', [17], ""),
        ("score:= other:<3 x", None, "other:<3 x"),
        ("  note: as it is  ", None, "  note: as it is  "),
    ],
)
async def test_a_filter_takes_terms_about_them_and_leaves_the_rest(
    workspace: Workspace, batches: tuple[Batch, ...], typed: str, numbers: list[int] | None, rest: str
) -> None:
    results = await open_job_results(workspace, batches[0].job)
    try:
        with open_annotations(workspace.registry, batches[0].job) as found:
            selected, words = select_results(found, results, typed)
        assert words == rest
        shown = None if selected is None else {facts.custom_id for facts in results.page(selected)}
        assert shown == (None if numbers is None else {f"r-{n:05}" for n in numbers})
    finally:
        results.close()
