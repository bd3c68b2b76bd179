"""Exporting over the simulator: planned, written whole or not at all, in the order that was asked for."""

from __future__ import annotations

import asyncio
import csv
import dataclasses
import io
import json
import os
import signal
from dataclasses import replace
from typing import TYPE_CHECKING

import psutil
import pytest

from batchtui.domain.errors import OutputExists, ResultsUnavailable, StorageError, UsageError
from batchtui.domain.results.result import Outcome
from batchtui.exporters.row_worker import RowWorker
from batchtui.services.batches.sync import sync
from batchtui.services.batches.targets import find_target
from batchtui.services.polling.refresh import sweep
from batchtui.services.results import table_export
from batchtui.services.results.collect import collect
from batchtui.services.results.export import (
    ExportOptions,
    ExportProgress,
    apply_export,
    plan_export,
    preview_export,
)
from batchtui.services.submission.staging.stage import IntakeOptions
from tests.support.builders import requests
from tests.support.workspaces import all_batches, submit

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from batchtui.domain.batches.batch import Batch
    from batchtui.exporters.row_worker import RowFiles
    from batchtui.services.results.export import ExportReport
    from batchtui.services.results.export_plan import Order
    from batchtui.services.results.table_export import ResultTable
    from batchtui.services.workspace import Workspace
    from batchtui.simulator import Simulator
    from tests.support.clock import TurnedClock

COUNT = 25


@pytest.fixture
async def batches(workspace: Workspace, tmp_path: Path, clock: TurnedClock) -> tuple[Batch, ...]:
    """A job of three parts with its results saved."""
    submitted = await submit(workspace, tmp_path, COUNT, intake=IntakeOptions(max_requests=10))
    clock.turn(hours=1)
    await sweep(workspace)
    target = await find_target(workspace, submitted.job.id)
    return tuple([await collect(workspace, batch) for batch in target.batches])


async def export(
    workspace: Workspace, batches: tuple[Batch, ...], options: ExportOptions
) -> tuple[bytes, ExportReport]:
    """Export to a stream, and return what was written."""
    stream = io.BytesIO()
    report = await apply_export(workspace, await plan_export(workspace, batches, options), stream=stream)
    return stream.getvalue(), report


async def test_jsonl_in_order_of_arrival_is_byte_for_byte_what_came(
    workspace: Workspace, batches: tuple[Batch, ...]
) -> None:
    came = b"".join(workspace.registry.results.paths(batch).raw.read_bytes() for batch in batches)
    written, report = await export(workspace, batches, ExportOptions())
    assert written == came
    assert (report.total, report.succeeded, report.order) == (COUNT, COUNT, "arrival")


async def test_jsonl_in_order_of_the_input(workspace: Workspace, batches: tuple[Batch, ...]) -> None:
    written, report = await export(workspace, batches, ExportOptions(order="input"))
    ids = [json.loads(line)["custom_id"] for line in written.splitlines()]
    assert ids == [item["custom_id"] for item in requests(COUNT)]
    assert (report.order, report.missing) == ("input", 0)


async def test_a_table_is_in_order_of_the_input_by_default_with_the_requests_joined(
    workspace: Workspace, batches: tuple[Batch, ...]
) -> None:
    written, _ = await export(workspace, batches, ExportOptions(format="csv", with_requests=True))
    rows = list(csv.DictReader(io.StringIO(written.decode())))
    assert [row["custom_id"] for row in rows] == [item["custom_id"] for item in requests(COUNT)]
    assert [row["request.prompt"] for row in rows] == [f"Question {number}?" for number in range(COUNT)]
    assert all(row["text"] for row in rows)


async def test_fields_are_chosen_and_ordered(workspace: Workspace, batches: tuple[Batch, ...]) -> None:
    options = ExportOptions(format="csv", fields=("request.prompt", "custom_id"))
    written, _ = await export(workspace, batches, options)
    assert written.splitlines()[:2] == [b"request.prompt,custom_id", b"Question 0?,r-00000"]


async def test_only_the_chosen_outcomes_are_exported(workspace: Workspace, batches: tuple[Batch, ...]) -> None:
    written, report = await export(workspace, batches, ExportOptions(only=frozenset({Outcome.ERRORED})))
    assert (written, report.total) == (b"", 0)


@pytest.mark.parametrize("order", ["input", "arrival"])
async def test_only_results_that_were_picked_out(
    workspace: Workspace, batches: tuple[Batch, ...], order: Order
) -> None:
    first, _, third = batches
    picked = {first.key: (2, 1), third.key: (4,)}
    plan = await plan_export(workspace, batches, ExportOptions(order=order, picked=picked))
    assert plan.total == 3
    written, report = await export(workspace, batches, ExportOptions(order=order, picked=picked))
    with workspace.registry.results.reader(first) as one, workspace.registry.results.reader(third) as other:
        wanted = {one.raw(1), one.raw(2), other.raw(4)}
    assert (set(written.splitlines()), report.total) == (wanted, 3)


async def test_the_report_is_what_the_contract_says(workspace: Workspace, batches: tuple[Batch, ...]) -> None:
    _, report = await export(workspace, batches, ExportOptions())
    document = report.document()
    assert {"output", "format", "total", "succeeded", "errored", "canceled", "expired", "truncated", "refused"} <= set(
        document
    )
    assert (document["output"], document["format"], document["total"]) == (None, "jsonl", COUNT)


async def test_a_file_is_written_whole_and_nothing_else_is_left(
    workspace: Workspace, batches: tuple[Batch, ...], tmp_path: Path
) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    plan = await plan_export(workspace, batches, ExportOptions(output=str(folder / "all.csv")))
    told: list[ExportProgress] = []
    report = await apply_export(workspace, plan, on_progress=told.append)
    await asyncio.sleep(0)
    assert [path.name for path in folder.iterdir()] == ["all.csv"]
    assert report.output == str(folder / "all.csv")
    assert told[-1].written == COUNT


async def test_an_existing_file_needs_consent(workspace: Workspace, batches: tuple[Batch, ...], tmp_path: Path) -> None:
    output = tmp_path / "all.jsonl"
    output.write_text("mine")
    with pytest.raises(OutputExists):
        await plan_export(workspace, batches, ExportOptions(output=str(output)))
    assert output.read_text() == "mine"
    plan = await plan_export(workspace, batches, ExportOptions(output=str(output), overwrite=True))
    await apply_export(workspace, plan)
    assert output.read_text() != "mine"


async def test_a_file_that_appeared_meanwhile_is_left_alone(
    workspace: Workspace, batches: tuple[Batch, ...], tmp_path: Path
) -> None:
    output = tmp_path / "out.jsonl"
    plan = await plan_export(workspace, batches, ExportOptions(output=str(output)))
    output.write_text("somebody else's")
    with pytest.raises(OutputExists):
        await apply_export(workspace, plan)
    assert output.read_text() == "somebody else's"
    assert not list(tmp_path.glob(".out*"))


async def test_a_full_disk_is_said(workspace: Workspace, batches: tuple[Batch, ...]) -> None:
    plan = await plan_export(workspace, batches, ExportOptions(output="/dev/full"))
    with pytest.raises(StorageError, match="No space left"):
        await apply_export(workspace, plan)


async def test_a_folder_that_is_not_there_is_said(workspace: Workspace, batches: tuple[Batch, ...]) -> None:
    plan = await plan_export(workspace, batches, ExportOptions(output="/nowhere/out.csv"))
    with pytest.raises(StorageError, match=r"/nowhere/out\.csv"):
        await apply_export(workspace, plan)


@pytest.mark.parametrize("options", [ExportOptions(format="docx"), ExportOptions(fields=("colour",))])
async def test_options_that_exclude_each_other_are_refused_before_anything_is_written(
    workspace: Workspace, batches: tuple[Batch, ...], options: ExportOptions
) -> None:
    with pytest.raises(UsageError):
        await plan_export(workspace, batches, options)


async def test_results_that_are_still_to_come_are_not_passed_over(
    workspace: Workspace, batches: tuple[Batch, ...], tmp_path: Path
) -> None:
    running = (await submit(workspace, tmp_path, 2, prefix="later")).batches
    with pytest.raises(ResultsUnavailable, match="1 of 4"):
        await plan_export(workspace, (*batches, *running), ExportOptions())


async def test_a_batch_made_elsewhere_comes_in_order_of_arrival_and_says_so(
    workspace: Workspace, simulator: Simulator, clock: TurnedClock
) -> None:
    simulator.world.plant(requests(3, "theirs"))
    clock.turn(hours=1)
    await sync(workspace)
    saved = tuple([await collect(workspace, batch) for batch in await all_batches(workspace)])
    _, report = await export(workspace, saved, ExportOptions(format="csv"))
    assert (report.order, report.total) == ("arrival", 3)
    with pytest.raises(UsageError, match="not stored"):
        await export(workspace, saved, ExportOptions(format="csv", with_requests=True))


async def test_files_without_a_last_newline_are_not_glued_together(
    workspace: Workspace, batches: tuple[Batch, ...]
) -> None:
    saved = []
    for batch in batches:
        raw = workspace.registry.results.paths(batch).raw
        size = raw.write_bytes(raw.read_bytes().rstrip(b"\n"))
        saved.append(replace(batch, results_bytes=size, results_digest=""))
    written, report = await export(workspace, tuple(saved), ExportOptions())
    assert report.total == len([json.loads(line) for line in written.split(b"\n")]) == COUNT


async def test_half_of_them_fail_and_are_counted_apart(
    workspace: Workspace, batches: tuple[Batch, ...], tmp_path: Path
) -> None:
    lines = workspace.registry.results.paths(batches[0]).raw.read_bytes().splitlines()
    replaced = [b'{"custom_id":"r-00000","result":{"type":"expired"}}', *lines[1:]]
    size = workspace.registry.results.paths(batches[0]).raw.write_bytes(b"\n".join(replaced))
    first = replace(batches[0], results_bytes=size, results_digest="")
    _, report = await export(workspace, (first, *batches[1:]), ExportOptions())
    assert (report.total, report.succeeded, report.count(Outcome.EXPIRED)) == (COUNT, COUNT - 1, 1)


async def test_a_plan_is_a_value(workspace: Workspace, batches: tuple[Batch, ...]) -> None:
    plan = await plan_export(workspace, batches, ExportOptions(output="-", format="md"))
    assert (plan.output, plan.order, plan.total) == (None, "input", COUNT)
    assert dataclasses.replace(plan, order="arrival") != plan


async def test_a_whole_markdown_export_begins_with_an_overview_and_a_part_of_it_does_not(
    workspace: Workspace, batches: tuple[Batch, ...]
) -> None:
    whole, _ = await export(workspace, batches, ExportOptions(format="md"))
    assert whole.startswith(b"## Overview")
    assert f"| all | {COUNT} |".encode() in whole
    only, _ = await export(workspace, batches, ExportOptions(format="md", only=frozenset({Outcome.SUCCEEDED})))
    assert b"## Overview" not in only


async def test_the_beginning_of_an_export_is_what_it_would_write(
    workspace: Workspace, batches: tuple[Batch, ...]
) -> None:
    for kind in ("csv", "jsonl", "json", "md", "tsv"):
        options = ExportOptions(format=kind, order="input", only=frozenset({Outcome.SUCCEEDED}))
        plan = await plan_export(workspace, batches, options)
        shown = await preview_export(workspace, plan, 3)
        written, _ = await export(workspace, batches, options)
        assert shown[:3] == written.decode().split("\n")[:3]


# ── a table made by two processes ──────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def two_processes(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[RowWorker]]:
    """Small chunks for a second process, whatever there is to write. Yields the workers that were started."""
    started: list[RowWorker] = []
    start = table_export._start

    def noted(files: RowFiles, options: ResultTable) -> RowWorker | None:
        worker = start(files, options)
        started.extend([worker] if worker else [])
        return worker

    monkeypatch.setattr(table_export, "_start", noted)
    monkeypatch.setattr(table_export, "WORTH_IT", 1)
    monkeypatch.setattr(table_export, "CHUNK_ROWS", 2)
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    yield started
    assert not any(psutil.pid_exists(worker.pid) for worker in started)


async def written_by_one(workspace: Workspace, batches: tuple[Batch, ...], options: ExportOptions) -> bytes:
    """Return what this process alone writes."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(table_export, "WORTH_IT", 1_000)
        return (await export(workspace, batches, options))[0]


@pytest.mark.parametrize(
    "options",
    [
        ExportOptions(format="csv", with_requests=True),
        ExportOptions(format="tsv", order="arrival"),
        ExportOptions(format="csv", order="arrival", with_requests=True),
        ExportOptions(
            format="csv", bom=True, guard=False, fields=("custom_id", "answer.x", "request.max_tokens", "raw")
        ),
        ExportOptions(format="csv", only=frozenset({Outcome.ERRORED})),
    ],
    ids=lambda options: f"{options.format} {options.order} {options.fields} {options.only}",
)
async def test_a_table_of_two_processes_is_that_of_one(
    workspace: Workspace, batches: tuple[Batch, ...], two_processes: list[RowWorker], options: ExportOptions
) -> None:
    alone = await written_by_one(workspace, batches, options)
    assert not two_processes
    together, _ = await export(workspace, batches, options)
    assert together == alone
    assert len(two_processes) == 1


async def test_a_table_goes_on_where_the_second_process_is_lost(
    workspace: Workspace,
    batches: tuple[Batch, ...],
    two_processes: list[RowWorker],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    options = ExportOptions(format="csv", with_requests=True)
    alone = await written_by_one(workspace, batches, options)
    take = RowWorker.take

    def lost_at_the_second(worker: RowWorker) -> bytes:
        made = take(worker)
        os.kill(worker.pid, signal.SIGKILL)
        return made

    monkeypatch.setattr(RowWorker, "take", lost_at_the_second)
    together, report = await export(workspace, batches, options)
    assert together == alone
    assert report.total == COUNT
    assert len(two_processes) == 1


async def test_a_table_of_two_processes_that_is_canceled_leaves_no_file_and_no_process(
    workspace: Workspace, batches: tuple[Batch, ...], two_processes: list[RowWorker], tmp_path: Path
) -> None:
    target = tmp_path / "out.csv"
    plan = await plan_export(workspace, batches, ExportOptions(str(target)))

    def stop(_: ExportProgress) -> None:
        task.cancel()

    task = asyncio.ensure_future(apply_export(workspace, plan, on_progress=stop))
    await asyncio.wait([task])
    assert len(two_processes) == 1
    assert task.cancelled() or target.exists()
    # It may have been done before the word to stop reached it: whole or not at all.
    if target.exists():
        whole = tmp_path / "whole.csv"
        await apply_export(workspace, await plan_export(workspace, batches, ExportOptions(str(whole))))
        assert target.read_bytes() == whole.read_bytes()
    assert not list(tmp_path.glob(".batchtui-*"))
