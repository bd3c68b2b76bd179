"""Work out what an export will write where, before anything is written: `plan_export`."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TypeAlias

from batchtui.domain.batches.states import BatchState, ResultsState
from batchtui.domain.errors import ResultsUnavailable, StorageError, UsageError
from batchtui.domain.results.result import Outcome
from batchtui.exporters.columns import annotation_columns, named_columns, wants_requests
from batchtui.exporters.formats import Format, format_of
from batchtui.registry.requests.reused import ReuseReader
from batchtui.runtime.atomic_file import refuse_existing
from batchtui.services.results.annotations import open_annotations
from batchtui.services.results.salvage import marks, salvage
from batchtui.services.submission.staging.known import batch_of
from batchtui.settings.user_paths import path_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from batchtui.domain.batches.batch import Batch
    from batchtui.exporters.columns import ExportColumn
    from batchtui.registry.requests.reused import AnswerOrigin
    from batchtui.services.workspace import Workspace

Order = Literal["input", "arrival"]
Picked: TypeAlias = "Mapping[int, Sequence[int]]"
"""Results that somebody picked out: by the key of their batch their seqs, each once."""
STDOUT = "-"
WHOLE = frozenset({Outcome.SUCCEEDED})
"""What fine-tuning takes unless something else is asked for: answers that nothing is wrong with."""


@dataclass(frozen=True, slots=True)
class ExportOptions:
    """What a person asks of an export."""

    output: str | None = None
    """A path; `-` or None is standard output."""
    format: str | None = None
    """None: by the ending of the output's name, else jsonl."""
    only: frozenset[Outcome] = frozenset()
    """Only results with these outcomes; empty for all, and for the succeeded in the format chat.

    `succeeded` includes those that end with a tool call.
    """
    order: Order | None = None
    """None: as they came for jsonl, in the order of the input for everything else."""
    with_requests: bool = False
    fields: tuple[str, ...] = ()
    overwrite: bool = False
    picked: Picked | None = None
    """Only these results, besides what else is asked for; None for all."""
    guard: bool = True
    """Whether CSV and TSV keep spreadsheets from running a cell."""
    bom: bool = False
    """Whether CSV and TSV begin with a byte order mark, for Excel."""
    notes: Mapping[str, str] | None = None
    """What is said of single rows, by custom_id: the field `note`."""
    salvage: bool = False
    """Whether results that are not whole are taken too: every line that can be read."""


@dataclass(frozen=True, slots=True)
class ExportPlan:
    """What an export will do, worked out before anything is written."""

    batches: tuple[Batch, ...]
    output: Path | None
    """None for a stream."""
    format: Format
    order: Order
    only: frozenset[Outcome] | None
    with_requests: bool
    fields: tuple[str, ...]
    overwrite: bool
    total: int
    """Results at most: a result that stands aside for a later attempt's is in it."""
    left_out: tuple[Batch, ...] = ()
    """Batches of the job that have no results and will have none: deleted, gone or missing."""
    picked: Picked | None = None
    guard: bool = True
    bom: bool = False
    notes: Mapping[str, str] | None = None
    salvage: bool = False
    origins: Mapping[int, Mapping[int, str]] = field(default_factory=dict)
    """By the key of a batch that reuses answers: the id of each batch that made some, by its number there."""


async def plan_export(workspace: Workspace, batches: Sequence[Batch], options: ExportOptions) -> ExportPlan:
    """Return what an export of these batches (one, or all of a job) would write.

    Raises:
        UsageError: an unknown format or field, or a format that is not installed.
        OutputExists: the file exists and `overwrite` was not said.
        ResultsUnavailable: results that will come are not saved yet, or there are none at all.
    """
    kind = _format(options)
    if kind is Format.PARQUET:
        from batchtui.exporters.parquet import require_pyarrow

        require_pyarrow()
    # Called for its errors: a wrong field is named before anything is read or written.
    named_columns(options.fields, await asyncio.to_thread(_annotations, workspace, batches) if options.fields else ())
    _refuse_what_does_not_fit(kind, options)
    output = _output(options)
    picked, notes = options.picked, options.notes
    if options.salvage:
        found = await asyncio.to_thread(salvage, workspace, batches)
        saved, left_out, picked, notes = found.batches, found.left_out, found.picked, found.notes or None
    else:
        saved, left_out = await asyncio.to_thread(_split, workspace, batches)
        notes = notes or await asyncio.to_thread(marks, workspace, saved) or None
    return ExportPlan(
        batches=saved,
        output=output,
        format=kind,
        order=options.order or ("arrival" if kind is Format.JSONL else "input"),
        only=_only(options.only or (WHOLE if kind is Format.CHAT else frozenset())),
        with_requests=options.with_requests or wants_requests(options.fields) or kind is Format.CHAT,
        fields=options.fields,
        overwrite=options.overwrite,
        total=_total(saved, picked),
        left_out=left_out,
        picked=picked,
        guard=options.guard,
        bom=options.bom,
        notes=notes,
        salvage=options.salvage,
        origins=await _origins(workspace, saved),
    )


def _annotations(workspace: Workspace, batches: Sequence[Batch]) -> tuple[ExportColumn, ...]:
    """Return the columns beside the answers of these batches, all of one job."""
    if not batches:
        return ()
    with open_annotations(workspace.registry, batches[0].job) as found:
        return annotation_columns(found.columns)


async def _origins(workspace: Workspace, batches: Sequence[Batch]) -> dict[int, dict[int, str]]:
    """Return who made the answers that these batches reuse: a batch by its id, or its job where it has none."""
    found: dict[int, dict[int, str]] = {}
    for batch in batches:
        if batch.is_reused:
            roots = await asyncio.to_thread(_roots, workspace, batch)
            made = {number: await batch_of(workspace, root) for number, root in roots.items()}
            found[batch.key] = {
                number: (root.id if root else None) or roots[number].job for number, root in made.items()
            }
    return found


def _roots(workspace: Workspace, batch: Batch) -> dict[int, AnswerOrigin]:
    try:
        with ReuseReader(workspace.registry.requests.folder / batch.job, batch.attempt) as reader:
            return reader.roots(batch.part)
    except StorageError:  # the requests are not kept any more: what was reused is not known, the answers are
        return {}


def _refuse_what_does_not_fit(kind: Format, options: ExportOptions) -> None:
    """Refuse choices that mean nothing in a format. Raises `UsageError`."""
    if options.bom and not kind.is_delimited:
        raise UsageError(f"--bom applies to csv and tsv, not to {kind}.", hint="Leave --bom out.")
    if options.fields and kind is Format.CHAT:
        raise UsageError(
            "--fields does not apply to the format chat: each line is a conversation.", hint="Leave --fields out."
        )


def _total(saved: Sequence[Batch], picked: Picked | None) -> int:
    return sum(batch.counts.total if picked is None else len(picked.get(batch.key, ())) for batch in saved)


def _output(options: ExportOptions) -> Path | None:
    if options.output is None or options.output == STDOUT:
        return None
    output = path_of(options.output)
    # Asked before the results are read, which may take minutes; `open_atomic` asks again when it renames.
    refuse_existing(output, overwrite=options.overwrite)
    return output


def _format(options: ExportOptions) -> Format:
    if options.format is None:
        return format_of(options.output)
    if options.format not in set(Format):
        raise UsageError(f'There is no format "{options.format}".', hint=f"The formats are {', '.join(Format)}.")
    return Format(options.format)


def _only(only: frozenset[Outcome]) -> frozenset[Outcome] | None:
    if not only:
        return None
    # The API calls both succeeded; a person who asks for that word means both.
    return only | {Outcome.TOOL_USE} if Outcome.SUCCEEDED in only else only


def _split(workspace: Workspace, batches: Sequence[Batch]) -> tuple[tuple[Batch, ...], tuple[Batch, ...]]:
    """Part the batches into those with saved results and those that will never have any."""
    store = workspace.registry.results
    saved = tuple(batch for batch in batches if batch.results is ResultsState.SAVED and store.has(batch))
    others = [batch for batch in batches if batch not in saved]
    to_come = [
        batch
        for batch in others
        if batch.results is not ResultsState.GONE
        and batch.state not in (BatchState.DELETED, BatchState.MISSING)
        # Its requests wait for the decision about a pilot, whose own results are what there is.
        and not batch.is_held
    ]
    if to_come:
        first = to_come[0]
        raise ResultsUnavailable(
            f"The results of {first.id or first.name} are not saved yet ({len(to_come)} of {len(batches)} batches).",
            hint="`batchtui wait ID` waits for the end and saves them.",
        )
    if not saved:
        raise ResultsUnavailable("No results are saved.")
    return saved, tuple(others)
