"""`batchtui review`: answers are accepted, rejected and labelled by a person; marks go to others and come from them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from batchtui.cli.command import define_command
from batchtui.cli.commands.program.dashboard import has_screen
from batchtui.cli.completion import BatchName
from batchtui.cli.exit_codes import ExitCode
from batchtui.cli.flows import save_results
from batchtui.cli.options import Count
from batchtui.cli.views import review as review_view
from batchtui.domain.errors import UnknownTarget, UsageError
from batchtui.domain.results.mark import label_complaint, split_labels
from batchtui.text.numbers import amount
from batchtui.text.safe import one_line

if TYPE_CHECKING:
    from collections.abc import Iterable

    from batchtui.cli.session import Session
    from batchtui.domain.batches.job import Job
    from batchtui.services.results.review.queues import QueueChoice
    from batchtui.services.workspace import Workspace

QUEUES = ("all", "sample", "lowest-score", "disagree", "schema")
"""Queues that can be named; outcomes, too."""


class LabelNames(click.ParamType[tuple[str, ...]]):
    """Names of labels with commas between them."""

    name = "labels"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, ...]:
        """Return the names; fails where one is none."""
        names = value if isinstance(value, tuple) else split_labels(str(value))
        if complaint := label_complaint(names):
            self.fail(complaint, param, ctx)
        return names


@define_command(
    "review",
    examples=[
        "batchtui review nightly",
        "batchtui review nightly --queue sample --size 200 --seed 7 --labels correct,vague,wrong",
        "batchtui review nightly --export ada.jsonl",
        "batchtui review nightly --import grace.jsonl",
        "batchtui review nightly --accepted -o gold.jsonl",
        "batchtui review nightly --json",
    ],
)
@click.argument("named", type=BatchName(), metavar="ID")
@click.option("--queue", metavar="QUEUE", help=f"Which results: {', '.join(QUEUES)}, or an outcome such as refused.")
@click.option("--size", type=Count(1, 100_000), metavar="N", help="Results of a sample. Default: 200.")
@click.option("--seed", type=Count(0), metavar="N", help="Seed of the sample: the same one, the same sample.")
@click.option("--labels", type=LabelNames(), metavar="NAME,…", help="Labels of this job on the digits 1 to 9.")
@click.option("--export", "exported", metavar="FILE", help="Write all marks of the job to FILE; - is stdout.")
@click.option("--import", "imported", metavar="FILE", help="Merge the marks that another reviewer has exported.")
@click.option("--accepted", is_flag=True, help="Write the accepted answers as a gold set, with their requests.")
@click.option("-o", "--output", metavar="OUT.jsonl", help="Where --accepted writes; - or none is stdout.")
@click.option("--overwrite", is_flag=True, help="Replace a file that exists.")
def command(
    session: Session,
    named: str,
    queue: str | None,
    size: int | None,
    seed: int | None,
    labels: tuple[str, ...] | None,
    exported: str | None,
    imported: str | None,
    accepted: bool,
    output: str | None,
    overwrite: bool,
) -> int | None:
    """Review the answers of a job by keyboard: accept, reject, label, note. Without a terminal: count the marks.

    Opens the dashboard in the review; + accepts, - rejects, digits label, u undoes. Marks carry your name (setting
    `review.name`) and hold for the answer that you saw. With several reviewers, the counts come with Cohen's kappa.
    `batchtui retry ID --only rejected` sends rejected ones again.
    """
    _refuse_contradictions(exported, imported, output, accepted=accepted)
    if exported is not None:
        return session.run(_export(session, named, exported, overwrite=overwrite))
    if imported is not None:
        return session.run(_import(session, named, Path(imported)))
    if accepted:
        return session.run(_write_gold(session, named, output or save_results.STDOUT, overwrite=overwrite))
    choice = _choice(queue, size, seed)
    if session.json or not has_screen():
        return session.run(_summarize(session, named, labels))
    job: list[str] = []
    session.run(_prepare(session, named, labels, job))
    from batchtui.tui.app.run import run_dashboard

    return run_dashboard(session.workspace, review=(job[0], choice))


def _refuse_contradictions(exported: str | None, imported: str | None, output: str | None, *, accepted: bool) -> None:
    if sum((exported is not None, imported is not None, accepted)) > 1:
        raise UsageError("--export, --import and --accepted cannot be combined.")
    if output is not None and not accepted:
        raise UsageError("-o needs --accepted.")


def _choice(queue: str | None, size: int | None, seed: int | None) -> QueueChoice | None:
    """Return the queue that is named; None for the one of the last time. Raises `UsageError`."""
    from batchtui.domain.results.result import Outcome
    from batchtui.services.results.review.queues import SAMPLE, QueueChoice, QueueKind

    if queue is None and (size is not None or seed is not None):
        queue = str(QueueKind.SAMPLE)
    if queue is None:
        return None
    if queue in QUEUES:
        # Without a seed always the same sample: a second reviewer gets the same results.
        return QueueChoice(QueueKind(queue), SAMPLE if size is None else size, seed or 0)
    if queue in tuple(Outcome):
        return QueueChoice(QueueKind.OUTCOME, outcome=queue)
    raise UsageError(f'There is no queue "{queue}".', hint=f"Use {', '.join(QUEUES)}, or an outcome such as refused.")


async def _job(session: Session, workspace: Workspace, named: str, *, collects: bool = True) -> Job:
    """Return the job that is meant, with its results saved. Raises `UnknownTarget`."""
    from batchtui.services.batches.adopt import find_or_import

    target = await find_or_import(workspace, named)
    if collects:
        target = await save_results.ensure_collected(session, workspace, target)
    job = target.job or await workspace.registry.jobs.get(target.batches[0].job)
    if job is None:
        raise UnknownTarget(f"There is no job of {named}.")
    return job


async def _prepare(session: Session, named: str, labels: tuple[str, ...] | None, found: list[str]) -> None:
    from batchtui.services.results.review.session import set_labels

    async with session.workspace() as workspace:
        job = await _job(session, workspace, named)
        if labels is not None:
            await set_labels(workspace, job.id, labels)
        found.append(job.id)


async def _export(session: Session, named: str, output: str, *, overwrite: bool) -> int:
    from batchtui.services.results.review.exchange import export_marks

    save_results.refuse_two_on_stdout(session, output)
    save_results.refuse_existing(output, overwrite=overwrite)
    async with session.workspace() as workspace:
        job = await _job(session, workspace, named, collects=False)
        lines = await export_marks(workspace, job)
    _write(session, lines, output, overwrite=overwrite)
    if session.json:
        session.out.document({"output": output, "job": job.id, "marks": len(lines) - 1})
    else:
        session.notes.say(one_line(f"Wrote {amount(len(lines) - 1, 'mark')} to {_place(output)}."))
    return ExitCode.DONE


async def _import(session: Session, named: str, path: Path) -> int:
    from batchtui.services.results.review.exchange import import_marks
    from batchtui.services.results.review.summary import summarize_review

    async with session.workspace() as workspace:
        job = await _job(session, workspace, named)
        merged = await import_marks(workspace, job.id, path)
        summary = await summarize_review(workspace, job.id)
    if session.json:
        session.out.document({"imported": review_view.merged_document(merged), **review_view.document(job, summary)})
        return ExitCode.DONE
    session.out.lines(review_view.merged_lines(merged))
    session.out.lines(review_view.lines(job, summary))
    return ExitCode.DONE


async def _write_gold(session: Session, named: str, output: str, *, overwrite: bool) -> int:
    from batchtui.services.results.review.gold import gold_lines, gold_set

    save_results.refuse_two_on_stdout(session, output)
    save_results.refuse_existing(output, overwrite=overwrite)
    async with session.workspace() as workspace:
        job = await _job(session, workspace, named)
        gold = await gold_set(workspace, job.id)
    if not gold.answers:
        raise UsageError(
            f"No answer of {job.name} is accepted. Nothing was written.",
            hint=f"`batchtui review {job.id}` opens the review; + accepts.",
        )
    _write(session, gold_lines(gold), output, overwrite=overwrite)
    if session.json:
        session.out.document(
            {"output": output, "job": job.id, "answers": len(gold.answers), "disputed": gold.disputed,
             "stale": gold.stale}
        )  # fmt: skip
        return ExitCode.DONE
    session.notes.say(one_line(f"Wrote {amount(len(gold.answers), 'accepted answer')} to {_place(output)}."))
    if gold.disputed:
        session.notes.say(f"Left out {gold.disputed:,} that another reviewer has rejected.")
    if gold.stale:
        session.notes.say(f"Left out {gold.stale:,} whose answer has changed since: a retry brought another one.")
    return ExitCode.DONE


async def _summarize(session: Session, named: str, labels: tuple[str, ...] | None) -> int:
    from batchtui.services.results.review.session import set_labels
    from batchtui.services.results.review.summary import summarize_review

    async with session.workspace() as workspace:
        job = await _job(session, workspace, named, collects=False)
        if labels is not None:
            await set_labels(workspace, job.id, labels)
        summary = await summarize_review(workspace, job.id)
    if session.json:
        session.out.document(review_view.document(job, summary))
    else:
        session.out.lines(review_view.lines(job, summary))
    return ExitCode.DONE


def _write(session: Session, lines: Iterable[str], output: str, *, overwrite: bool) -> None:
    from batchtui.runtime.atomic_file import open_atomic

    target = None if output == save_results.STDOUT else Path(output)
    with open_atomic(target, session.out.binary, overwrite=overwrite) as out:
        out.writelines(line.encode("utf-8", "backslashreplace") + b"\n" for line in lines)


def _place(output: str) -> str:
    return "stdout" if output == save_results.STDOUT else output
