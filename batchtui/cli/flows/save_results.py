"""Wait for the end and save the results: shared by `wait`, `results` and `submit --wait`: `wait_and_save`."""

from __future__ import annotations

import asyncio
import os
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from batchtui.cli.exit_codes import ExitCode
from batchtui.cli.flows import wait as wait_flow
from batchtui.cli.flows.send_progress import say_next
from batchtui.cli.views import target as target_view
from batchtui.cli.views.pilot import pilot_document, saved_report
from batchtui.domain.batches.states import BatchState, ResultsState
from batchtui.domain.errors import ResultsDamaged, ResultsUnavailable, UsageError
from batchtui.domain.results.result import Outcome
from batchtui.runtime import atomic_file
from batchtui.text.durations import span
from batchtui.text.glyphs import OUTCOMES
from batchtui.text.layout.progress import bar, pace
from batchtui.text.numbers import amount, bytes_done, count
from batchtui.text.sentences.batch_names import batch_label
from batchtui.text.sentences.outcome_words import batch_outcome_words
from batchtui.text.sentences.pilots import pilot_lines

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from batchtui.cli.session import Session
    from batchtui.domain.batches.batch import Batch
    from batchtui.services.batches.targets import Target
    from batchtui.services.results.collect import CollectProgress
    from batchtui.services.results.export import ExportOptions, ExportProgress, ExportReport
    from batchtui.services.results.fetch_retries import FetchRetry
    from batchtui.services.workspace import Workspace

STDOUT = "-"
BAR = 28
"""Columns of a progress bar."""


@dataclass(frozen=True, slots=True)
class WaitOptions:
    """How to wait, and what counts as success."""

    poll_interval: float | None = None
    """Seconds; None adapts."""
    timeout: float | None = None
    """Seconds; None is the lifetime of a batch and a grace."""
    allow_failures: bool = False


def refuse_existing(output: str | None, *, overwrite: bool = False) -> None:
    """Refuse an OUTPUT that exists, or cannot, before anything is sent or waited for, not hours later.

    Raises:
        OutputExists, StorageError: as `runtime.atomic_file.refuse_existing`.
    """
    if output and output != STDOUT:
        atomic_file.refuse_existing(Path(output), overwrite=overwrite)


def refuse_two_on_stdout(session: Session, output: str | None) -> None:
    """Refuse results and a document on the same stdout. Raises `UsageError`."""
    if session.json and output == STDOUT:
        raise UsageError("Results and --json cannot both go to stdout.", hint="Name a file for the results.")


async def wait_and_save(
    session: Session, workspace: Workspace, named: str, options: ExportOptions | None, patience: WaitOptions
) -> int:
    """Wait for the end of what is named, save its results, export them where `options` are given, and say all of it.

    Raises:
        WaitTimedOut, FateUnknown, NeverSent: as `flows.wait.wait_for`.
    """
    from batchtui.services.batches.adopt import find_or_import
    from batchtui.services.polling.wait import time_limit

    began = workspace.clock.monotonic()
    target = await find_or_import(workspace, named)
    await wait_flow.wait_for(
        session, workspace, target.batches, poll_interval=patience.poll_interval, timeout=patience.timeout
    )
    # One limit for both: who asks for two hours does not expect to wait for four.
    left = time_limit(patience.timeout) - (workspace.clock.monotonic() - began)
    target = await collect_all(session, workspace, await target_view.reload(workspace, target), timeout=max(left, 0.0))
    report = None if options is None else await export(session, workspace, target, options)
    has_pilot = any(batch.is_pilot for batch in target.batches)
    pilot = await saved_report(workspace, target.batches[0].job) if has_pilot else None
    if session.json:
        said = {"export": report and report.document(), **({"pilot": pilot_document(pilot)} if pilot else {})}
        session.out.document({**target_view.target_document(target), **said})
    elif report is not None:
        tell_export(session, report)
    else:
        for batch in target.batches:
            if not batch.is_held:
                session.out.line(f"{batch_label(batch)}: {outcome_of(batch)}")
    if pilot is not None and not session.json:
        # Not on stdout, which may be the results.
        for line in pilot_lines(pilot):
            session.notes.say(line)
    return await exit_of(workspace, target, allow_failures=patience.allow_failures)


def say_what_comes_next(session: Session, named: str, output: str | None, ended_with: int) -> None:
    """Write on stderr the commands that read the results, unless they were exported, and retry what failed."""
    word = shlex.quote(named)
    steps = [] if output else [(f"batchtui results {word} FILE.csv", "writes the answers to a file")]
    if ended_with == ExitCode.NOT_ALL_SUCCEEDED:
        steps.append((f"batchtui retry {word}", "shows what failed and what to do, and asks before it sends"))
    if steps and not session.json:
        say_next(session.notes, steps)


async def ensure_collected(
    session: Session,
    workspace: Workspace,
    target: Target,
    *,
    accept: bool = False,
    salvage: bool = False,
    timeout: float | None = None,
) -> Target:
    """Refresh the running batches of a target, and collect the results of all that have ended."""
    from batchtui.services.polling.refresh import refresh_batches

    # MISSING, too: the API answers 404 for batches that exist, for a while after a create and even after the end.
    running = [batch for batch in target.batches if batch.state.is_running or batch.state is BatchState.MISSING]
    # Answers that are reused may be in batches of other jobs, which nobody has fetched yet.
    if any(batch.awaits for batch in running):
        from batchtui.services.polling.wait import save_awaited
        from batchtui.services.reuse.fill import awaited

        origins = await awaited(workspace, running)
        await refresh_batches(workspace, [batch for batch in origins if batch.state.is_running])
        await save_awaited(workspace, origins)
    if running:
        await refresh_batches(workspace, running)
        target = await target_view.reload(workspace, target)
    try:
        return await collect_all(session, workspace, target, accept=accept, timeout=timeout)
    except (ResultsDamaged, ResultsUnavailable) as error:
        if not salvage:
            raise
        session.notes.failure(error)
        return await target_view.reload(workspace, target)


async def collect_all(
    session: Session, workspace: Workspace, target: Target, *, accept: bool = False, timeout: float | None = None
) -> Target:
    """Collect the results of all ended batches, trying again until `timeout` seconds are over.

    Batches that can have none are skipped, with a remark. Another failure of one batch is raised when all others are
    saved.
    """
    from batchtui.services.results import fetch_retries

    failed = await fetch_retries.collect_all(
        workspace,
        target.batches,
        timeout=fetch_retries.FETCH_TIMEOUT if timeout is None else timeout,
        accept=accept,
        listeners=fetch_retries.FetchListeners(_collecting(session), _retrying(session)),
    )
    session.notes.close()
    for _, error in failed:
        # Of a job with several batches one may have none (all its requests expired, it was deleted): the others' are
        # exported.
        if not isinstance(error, ResultsUnavailable) or len(target.batches) == 1:
            raise error
        session.notes.failure(error)
    return await target_view.reload(workspace, target)


async def export(session: Session, workspace: Workspace, target: Target, options: ExportOptions) -> ExportReport:
    """Write saved results to a file, or to stdout; with --json and no file they are only counted.

    Raises:
        UsageError, OutputExists, ResultsUnavailable, StorageError: as the service.
    """
    from batchtui.services.results.export import apply_export, plan_export

    plan = await plan_export(workspace, target.batches, options)
    for batch in plan.left_out:
        session.notes.say(f"Without results: {batch_label(batch)}.")
    # --json has stdout for its document: the results are only counted.
    if plan.output is None and session.json:
        with open(os.devnull, "wb") as nowhere:  # noqa: ASYNC230, PTH123 (a device)
            return await apply_export(workspace, plan, stream=nowhere)
    stream = _stdout(session, str(plan.format)) if plan.output is None else None
    report = await apply_export(workspace, plan, stream=stream, on_progress=_exporting(session))
    session.notes.close()
    return report


def tell_export(session: Session, report: ExportReport) -> None:
    """Print what was written. Where the results went to stdout, stderr tells only what needs attention."""
    said = ", ".join(
        f"{count(report.outcomes[outcome])} {OUTCOMES[outcome].word}"
        for outcome in Outcome
        if outcome in report.outcomes
    )
    missing = f"; {amount(report.missing, 'request')} without a result" if report.missing else ""
    if report.skipped:
        missing += f"; {amount(report.skipped, 'result')} left out, because {report.format} cannot hold all of them"
    if report.output is not None:
        session.out.line(f"{report.output}: {amount(report.total, 'result')}{f': {said}' if said else ''}{missing}")
    elif report.succeeded < report.total or missing:
        session.notes.say(f"{amount(report.total, 'result')}: {said}{missing}")


async def exit_of(workspace: Workspace, target: Target, *, allow_failures: bool, is_partial: bool = False) -> int:
    """Return whether every request succeeded, read closely: answers that were truncated or refused did not.

    `is_partial`: whether an export was made of results that are not whole.
    """
    # Before anything is read: it may be a million results.
    if allow_failures:
        return ExitCode.DONE
    # What was accepted as it is leaves requests without an answer, whatever the API counts.
    if is_partial or any(batch.accepted for batch in target.batches):
        return ExitCode.NOT_ALL_SUCCEEDED
    saved = [batch for batch in target.batches if batch.results is ResultsState.SAVED]
    # What waits for the decision about a pilot has neither succeeded nor failed.
    others = [batch for batch in target.batches if batch.results is not ResultsState.SAVED and not batch.is_held]
    # A retry may have answered what a deleted batch of the first attempt lost: then all of the job succeeded.
    if any(not batch.has_full_success for batch in others):
        outcomes = await target_view.merged_outcomes(workspace, target)
        succeeded = sum(number for outcome, number in (outcomes or {}).items() if outcome.is_success)
        is_whole = target.job is not None and outcomes is not None and succeeded >= target.job.requests
        return ExitCode.DONE if is_whole else ExitCode.NOT_ALL_SUCCEEDED
    # Read from the results: the API counts truncated answers and refusals as succeeded.
    needs_a_look = await asyncio.to_thread(_needs_a_second_look, workspace, saved)
    return ExitCode.NOT_ALL_SUCCEEDED if needs_a_look else ExitCode.DONE


def _needs_a_second_look(workspace: Workspace, saved: Sequence[Batch]) -> bool:
    from batchtui.registry.results.merge import MergedResults

    with MergedResults(saved, workspace.registry.results, workspace.registry.requests) as merged:
        return next(iter(merged.in_arrival_order(Outcome.failures())), None) is not None


def outcome_of(batch: Batch) -> str:
    """Return what became of a batch's requests, as closely as is known."""
    if batch.results is not ResultsState.SAVED:
        return f"{batch.state}, {batch.counts.succeeded:,} of {batch.counts.total:,} succeeded"
    return f"ended, results saved: {batch_outcome_words(batch)}"


def _stdout(session: Session, kind: str) -> BinaryIO:
    if kind == "parquet" and session.out.is_terminal:
        raise UsageError("Parquet is not for a terminal.", hint="Name a file, or pipe the output.")
    return session.out.binary


def _collecting(session: Session) -> Callable[[Batch, CollectProgress], None]:
    def show(batch: Batch, collecting: CollectProgress) -> None:
        done = bytes_done(collecting.bytes, collecting.total)
        session.notes.progress(f"{batch.id}: {collecting.step} {done}")

    return show


def _retrying(session: Session) -> Callable[[FetchRetry], None]:
    def say(retry: FetchRetry) -> None:
        reason = retry.error.message.rstrip(".")
        session.notes.say(
            f"Cannot fetch the results of {retry.batch.id} yet: {reason}. Next try in {span(retry.seconds)}."
        )

    return say


def _exporting(session: Session) -> Callable[[ExportProgress], None]:
    def show(exporting: ExportProgress) -> None:
        done, rest, label = bar(exporting.written, exporting.total, BAR, plain=session.out.is_plain)
        words = pace(exporting.written, exporting.total, exporting.elapsed)
        session.notes.progress(f"writing {done}{rest}{label}  {words}")

    return show


def to_file(output: str | None, *, overwrite: bool = False) -> ExportOptions | None:
    """Return the options of an export with no other choice than its file; None where no OUTPUT was named."""
    from batchtui.services.results.export import ExportOptions

    return ExportOptions(output=output, overwrite=overwrite) if output else None
