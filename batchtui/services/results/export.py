"""Export results as planned: read, merged over parts and attempts, and written in the format that was asked for.

`apply_export` does it on a thread; `plan_export` (in export_plan) says before what it will do.
"""

from __future__ import annotations

import asyncio
import io
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from typing import IO, TYPE_CHECKING

from batchtui.domain.errors import UsageError
from batchtui.domain.results.result import Outcome
from batchtui.exporters.chat import conversation
from batchtui.exporters.columns import (
    annotation_columns,
    default_columns,
    named_columns,
    structured_columns,
    wants_structure,
)
from batchtui.exporters.formats import DELIMITERS, Format, write
from batchtui.exporters.json_types import declared_types
from batchtui.exporters.record import ExportRecord
from batchtui.registry.original_ids import read_original_ids
from batchtui.registry.results.index import OUTCOMES
from batchtui.registry.results.merge import MergedResults
from batchtui.results.structured_output import wanted_schema
from batchtui.runtime.atomic_file import open_atomic
from batchtui.runtime.threads import run_cancellable
from batchtui.services.results.annotations import open_annotations
from batchtui.services.results.export_plan import ExportOptions, ExportPlan, Order, plan_export
from batchtui.services.results.read import in_input_order, origin_of, result_locations
from batchtui.services.results.statistics import merged_statistics
from batchtui.services.results.table_export import ResultTable, write_table

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Mapping

    from batchtui.domain.results.statistics import ResultStatistics
    from batchtui.exporters.columns import ExportColumn
    from batchtui.exporters.json_types import JsonType
    from batchtui.services.results.annotations import Annotations
    from batchtui.services.workspace import Workspace

__all__ = [
    "ExportOptions",
    "ExportPlan",
    "ExportProgress",
    "ExportReport",
    "apply_export",
    "plan_export",
    "preview_export",
]

TELL_EVERY = 500
"""Results between two calls of `on_progress`."""


@dataclass(frozen=True, slots=True)
class ExportProgress:
    """The progress of an export."""

    written: int
    total: int
    elapsed: float
    """Seconds."""


@dataclass(frozen=True, slots=True)
class ExportReport:
    """The result of an export."""

    output: str | None
    """None for a stream."""
    format: Format
    order: Order
    total: int
    """Results written."""
    outcomes: dict[Outcome, int] = field(default_factory=dict)
    missing: int = 0
    """Requests that have no result; known where the order is that of the input."""
    skipped: int = 0
    """Results left out because the format cannot hold them (chat: PDFs, answers without text)."""

    def count(self, *outcomes: Outcome) -> int:
        """Return how many of the written results have one of these outcomes."""
        return sum(self.outcomes.get(outcome, 0) for outcome in outcomes)

    @property
    def succeeded(self) -> int:
        """Written results that need no second look."""
        return self.count(*(outcome for outcome in Outcome if outcome.is_success))

    def document(self) -> dict[str, object]:
        """Return it as `results --json` says it; the outcomes are disjoint and add up to the total."""
        return {
            "output": self.output,
            "format": str(self.format),
            "order": self.order,
            "total": self.total,
            "succeeded": self.succeeded,
            **{str(outcome): self.count(outcome) for outcome in Outcome.failures()},
            "missing": self.missing,
            "skipped": self.skipped,
        }


async def apply_export(
    workspace: Workspace,
    plan: ExportPlan,
    *,
    stream: IO[bytes] | None = None,
    on_progress: Callable[[ExportProgress], None] | None = None,
) -> ExportReport:
    """Write what was planned, on a thread. A file appears whole or not at all; a canceled export leaves none.

    Args:
        workspace: where the results are.
        plan: from `plan_export`.
        stream: where to write when the plan names no file.
        on_progress: is called with the progress, on the event loop.

    Raises:
        StorageError: the disk refused.
        OutputExists: the file appeared meanwhile.
    """
    loop, began = asyncio.get_running_loop(), workspace.clock.monotonic()

    def heard(written: int) -> None:
        if on_progress:
            elapsed = workspace.clock.monotonic() - began
            loop.call_soon_threadsafe(on_progress, ExportProgress(written, plan.total, elapsed))

    return await run_cancellable(partial(_export, workspace, plan, stream), heard)


async def preview_export(workspace: Workspace, plan: ExportPlan, rows: int) -> list[str]:
    """Return the beginning of what an export would write, as lines of text: its first `rows` results.

    Columns are those of these results alone, so that the beginning of a large export is there at once. Parquet is shown
    as CSV, since it is no text.

    Raises:
        StorageError: the disk refuses.
        UsageError: requests are wanted, and are not kept.
    """
    return await run_cancellable(lambda _: _preview(workspace, plan, rows))


def _preview(workspace: Workspace, plan: ExportPlan, rows: int) -> list[str]:
    registry = workspace.registry
    kind = Format.CSV if plan.format is Format.PARQUET else plan.format
    with (
        MergedResults(plan.batches, registry.results, registry.requests) as merged,
        open_annotations(registry, plan.batches[0].job) as annotations,
    ):
        if plan.with_requests and not merged.has_requests:
            raise UsageError("The requests of this batch are not stored, so they cannot be exported with the results.")
        originals = read_original_ids(workspace.paths, registry, plan.batches[0].job)
        # Closed before the results are: it holds a cursor over their index.
        with closing(_entries(plan, merged, originals, _Tally(), lambda _: None)) as found:
            entries = list(annotations.annotate(islice(found, rows), only_usual=not plan.fields))
        columns: tuple[ExportColumn, ...] | None = None
        if plan.fields:
            further = (*structured_columns(iter(entries), None), *annotation_columns(annotations.columns))
            columns = named_columns(plan.fields, further)
        elif plan.format.is_table:
            columns = default_columns(
                structured_columns(iter(entries), None),
                with_requests=plan.with_requests,
                with_originals=bool(originals),
                with_tools=any(entry.answer.tool_calls for entry in entries),
                with_notes=bool(plan.notes),
                with_reused=bool(plan.origins),
                annotations=annotations.columns,
            )
        out = io.BytesIO()
        write(kind, out, entries, columns, with_requests=plan.with_requests, guard=plan.guard)
    return out.getvalue().decode("utf-8", "replace").split("\n")


def _export(
    workspace: Workspace, plan: ExportPlan, stream: IO[bytes] | None, told: Callable[[int], None]
) -> ExportReport:
    registry = workspace.registry
    results = registry.results.salvaged() if plan.salvage else registry.results
    with MergedResults(plan.batches, results, registry.requests) as merged:
        by_input = in_input_order(plan, merged)
        if plan.with_requests and not merged.has_requests:
            raise UsageError("The requests of this batch are not stored, so they cannot be exported with the results.")
        tally = _Tally()
        with open_atomic(plan.output, stream, overwrite=plan.overwrite, notes=workspace.paths.exports) as out:
            # Nothing is parsed for the most common export, which then runs as fast as the disk.
            if _is_copy(plan, merged, by_input=by_input):
                _copy(merged, out, tally, told)
            else:
                _write_read(workspace, plan, merged, out, tally, told)
        told(tally.total)
        return ExportReport(
            output=str(plan.output) if plan.output else None,
            format=plan.format,
            order="input" if by_input else "arrival",
            total=tally.total,
            outcomes=tally.outcomes,
            missing=merged.missing,
            skipped=tally.skipped,
        )


def _write_read(
    workspace: Workspace,
    plan: ExportPlan,
    merged: MergedResults,
    out: IO[bytes],
    tally: _Tally,
    told: Callable[[int], None],
) -> None:
    """Write results that have to be read, in the format of the plan."""
    with open_annotations(workspace.registry, plan.batches[0].job) as annotations:
        _write_annotated(workspace, plan, merged, annotations, out, tally, told)


def _write_annotated(
    workspace: Workspace,
    plan: ExportPlan,
    merged: MergedResults,
    annotations: Annotations,
    out: IO[bytes],
    tally: _Tally,
    told: Callable[[int], None],
) -> None:
    originals = read_original_ids(workspace.paths, workspace.registry, plan.batches[0].job)
    columns = _columns(plan, merged, annotations, with_originals=bool(originals))
    is_annotated = columns is not None and any(column.name in annotations.names for column in columns)
    # What is said of rows by their custom_ids lies in this process, and would have to be told to the other.
    if (
        columns is not None
        and plan.format.is_delimited
        and not (originals or plan.notes or plan.origins or is_annotated)
    ):
        write_table(
            out,
            merged,
            result_locations(plan, merged),
            ResultTable(columns, DELIMITERS[plan.format], plan.guard, plan.bom, plan.with_requests, plan.total),
            lambda outcomes: told(tally.add(outcomes)),
        )
        return
    entries: Iterable[ExportRecord] = _entries(plan, merged, originals, tally, told)
    if is_annotated or columns is None:
        entries = annotations.annotate(entries, only_usual=columns is None)
    asked = {"with_requests": plan.with_requests, "guard": plan.guard, "bom": plan.bom}
    write(plan.format, out, entries, columns, **asked, statistics=_statistics(workspace, plan, merged, told))


def _statistics(
    workspace: Workspace, plan: ExportPlan, merged: MergedResults, told: Callable[[int], None]
) -> ResultStatistics | None:
    """Return what a Markdown export says of all results at its beginning; None where only some are written."""
    is_whole = plan.only is None and plan.picked is None and not plan.fields
    if plan.format is not Format.MD or not is_whole:
        return None
    # Told that nothing is written yet, an export that was canceled ends here, too.
    return merged_statistics(merged, workspace.prices, told=lambda _done, _total: told(0))


class _Tally:
    """Counts what was written, by outcome; by its code, since hashing an enumeration costs more than a row's cells."""

    def __init__(self) -> None:
        self.counts = [0] * len(OUTCOMES)
        self.skipped = 0

    def add(self, outcomes: Iterable[int]) -> int:
        """Count results by the codes of their outcomes. Returns how many there are by now."""
        for outcome in outcomes:
            self.counts[outcome] += 1
        return self.total

    @property
    def total(self) -> int:
        return sum(self.counts)

    @property
    def outcomes(self) -> dict[Outcome, int]:
        return {outcome: count for outcome, count in zip(OUTCOMES, self.counts, strict=True) if count}


def _copy(merged: MergedResults, out: IO[bytes], tally: _Tally, told: Callable[[int], None]) -> None:
    """Write the files as they came, one after the other; a last line without a newline gets one."""
    for number, reader in enumerate(merged.readers):
        # Else the first line of the next file would continue the last one of this file.
        if number and not merged.readers[number - 1].ends_with_newline:
            out.write(b"\n")
        reader.copy_to(out.write)
        for outcome, count in reader.by_outcome.items():
            tally.counts[OUTCOMES.index(outcome)] += count
        told(tally.total)


def _is_copy(plan: ExportPlan, merged: MergedResults, *, by_input: bool) -> bool:
    """Return whether the export is the files as they came, byte for byte."""
    is_whole = plan.only is None and plan.picked is None and merged.is_plain
    is_whole = is_whole and not plan.fields and not plan.with_requests and not plan.notes
    return plan.format is Format.JSONL and is_whole and not by_input


def _entries(
    plan: ExportPlan,
    merged: MergedResults,
    originals: dict[str, str],
    tally: _Tally,
    told: Callable[[int], None],
) -> Generator[ExportRecord]:
    outcomes, counts = [reader.outcomes for reader in merged.readers], tally.counts
    notes, is_chat = plan.notes, plan.format is Format.CHAT
    for number, place in enumerate(result_locations(plan, merged), 1):
        entry = ExportRecord(merged.line(place))
        outcome = outcomes[place.source][place.seq]
        entry.read_as = OUTCOMES[outcome]
        if plan.with_requests:
            # Where the order is that of the input the place of the request is known, and its id need not be parsed.
            custom_id = "" if place.request else entry.answer.custom_id
            entry.request = merged.request(place, custom_id)
        if originals:
            named = entry.answer.custom_id
            entry.original = originals.get(named, named)
        if plan.origins:
            entry.reused_from = origin_of(plan, merged, place, entry)
        if notes:
            entry.note = notes.get(entry.answer.custom_id)
        if is_chat:
            entry.chat = conversation(entry)
            if entry.chat is None:
                tally.skipped += 1
                continue
        counts[outcome] += 1
        if number % TELL_EVERY == 0:
            told(number)
        yield entry


def _columns(
    plan: ExportPlan, merged: MergedResults, annotations: Annotations, *, with_originals: bool
) -> tuple[ExportColumn, ...] | None:
    if plan.fields:
        structured = _structured(plan, merged) if wants_structure(plan.fields) else ()
        return named_columns(plan.fields, (*structured, *annotation_columns(annotations.columns)))
    if not plan.format.is_table:
        return None
    return default_columns(
        _structured(plan, merged),
        with_requests=plan.with_requests,
        with_originals=with_originals,
        with_tools=any(reader.has_tool_calls() for reader in merged.readers),
        with_notes=bool(plan.notes),
        with_reused=bool(plan.origins),
        annotations=annotations.columns,
    )


def _structured(plan: ExportPlan, merged: MergedResults) -> tuple[ExportColumn, ...]:
    entries = (ExportRecord(reader.raw(seq)) for reader in merged.readers for seq in reader.structured_seqs())
    return structured_columns(entries, _declared(merged) if plan.format is Format.PARQUET else None)


def _declared(merged: MergedResults) -> Mapping[str, JsonType]:
    """Return the types that the JSON schema of the first request with a result names; nothing where it has none.

    The first request decides for all; where another has another schema, types are taken from the values.
    """
    if not merged.has_requests:
        return {}
    for place in merged.in_arrival_order():
        entry = ExportRecord(merged.line(place))
        entry.request = merged.request(place, entry.answer.custom_id)
        return declared_types(wanted_schema(entry.params))
    return {}
