"""Plan a judge job, which scores the answers of one job or compares those of two: `plan_judge`.

The plan is one of `submit`: it is checked, estimated, sent once, retried and priced as any other. Rows that cannot be
judged are left out and named, or lost by rule where only one side has failed.
"""

from __future__ import annotations

import secrets
import tempfile
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from batchtui.domain.batches.job import LONGEST_NAME
from batchtui.domain.batches.lineage import JobParent, JobRelation
from batchtui.domain.batches.states import ResultsState
from batchtui.domain.errors import InputError, ResultsUnavailable, UsageError
from batchtui.domain.results.judgment import JudgeRecord, Omission, Placing, Rubric, Verdict
from batchtui.exporters.record import ExportRecord
from batchtui.judging.requests import JudgeRequests, asked_text, pair_id
from batchtui.registry.jobs.lineage_ids import LineageIdWriter
from batchtui.registry.results.merge import MergedResults
from batchtui.results.json_text import encode_json
from batchtui.runtime.threads import run_in_thread
from batchtui.services.submission.submit import SubmitOptions, plan_submit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from batchtui.domain.batches.batch import Batch
    from batchtui.domain.costs.known_requests import ReusePolicy
    from batchtui.domain.results.result import Outcome
    from batchtui.registry.results.merge import Found
    from batchtui.services.batches.targets import Target
    from batchtui.services.submission.submit import SubmitPlan
    from batchtui.services.workspace import Workspace

EXAMPLES = 20
"""custom_ids that are named for each reason why rows are not judged."""
DEFAULT_TIER = "capable"
SECRET = "judge_secret"  # noqa: S105 (the name of a value in the registry)
"""Name of the value that the marks around judged answers are made with; it never leaves the registry."""


LAST_RUBRIC = "judge_rubric"
"""Name of the value that keeps the file of the rubric that was used last."""


@dataclass(frozen=True, slots=True)
class JudgeOptions:
    """What a person says about a judge job."""

    model: str | None = None
    """A model's id or a tier; None leaves it to the rubric, and then to the tier `capable`."""
    sample: int | None = None
    """How many custom_ids are judged at most; the same ones in every job that has them."""
    by: str | None = None
    """A column of the first job's results by which the verdict is split."""
    failed_lose: bool = False
    """Whether an answer that failed loses against one that did not, without asking the judge."""
    name: str | None = None
    tags: tuple[str, ...] = ()
    reuse: ReusePolicy | None = None


@dataclass(frozen=True, slots=True)
class JudgePlan:
    """A submission that judges."""

    submit: SubmitPlan
    record: JudgeRecord
    notes: tuple[str, ...] = ()
    """What the judge is not shown, a sentence each."""


@dataclass(slots=True)
class _Choice:
    """What is judged."""

    items: list[tuple[str, tuple[Found, ...]]] = field(default_factory=list)
    losses: list[tuple[str, Verdict]] = field(default_factory=list)
    left_out: dict[str, list[str]] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)
    could_be: int = 0

    def leave_out(self, reason: str, custom_id: str) -> None:
        """Note a row that is not judged."""
        self.counts[reason] += 1
        examples = self.left_out.setdefault(reason, [])
        if len(examples) < EXAMPLES:
            examples.append(custom_id)


async def plan_judge(
    workspace: Workspace, first: Target, second: Target | None, rubric: Rubric, options: JudgeOptions
) -> JudgePlan:
    """Choose what is judged and plan its submission; nothing is sent. Apply or discard `submit` of what comes back.

    Raises:
        ResultsUnavailable: a side has no saved results.
        UsageError: both sides are the same, or there is no such column.
        InputError: nothing can be judged.
        StorageError: the disk refuses.
    """
    sides = [first] if second is None else [first, second]
    jobs = [side.batches[0].job for side in sides if side.batches]
    if second is not None and [batch.key for batch in first.batches] == [batch.key for batch in second.batches]:
        raise UsageError("Both sides are the same job.", hint="Name two, or one to score its answers.")
    saved = [_saved(workspace, side) for side in sides]
    secret = await _secret(workspace)
    model = options.model or rubric.model or DEFAULT_TIER
    names = [_name(side) for side in sides]
    with tempfile.TemporaryDirectory(prefix="batchtui-") as folder:
        writer = JudgeRequests(
            rubric,
            model=workspace.settings.tiers().get(model, model),
            max_tokens=None,
            secret=secret,
            is_pair=second is not None,
        )
        path, ids = Path(folder) / "judge.jsonl", Path(folder) / "lineage.db"

        def work() -> tuple[JudgeRecord, tuple[str, ...]]:
            registry = workspace.registry
            with ExitStack() as stack:
                merged = [
                    stack.enter_context(MergedResults(batches, registry.results, registry.requests))
                    for batches in saved
                ]
                choice = _choose(merged, names, options)
                notes = _write(merged, choice, writer, path, ids if second is not None else None)
            record = JudgeRecord(
                first=jobs[0],
                second=jobs[1] if second is not None else None,
                rubric=rubric,
                items=len(choice.items) + len(choice.losses),
                omissions=tuple(
                    Omission(reason, choice.counts[reason], tuple(found)) for reason, found in choice.left_out.items()
                ),
                by=options.by,
                losses=tuple(choice.losses),
                sampled_from=choice.could_be if choice.could_be > len(choice.items) + len(choice.losses) else None,
            )
            return record, notes

        if options.by is not None:
            await refuse_unknown_column(workspace, jobs[0], options.by)
        record, notes = await run_in_thread(work)
        if not record.items or record.items == len(record.losses):
            raise _nothing_to_judge(names, record)
        plan = await plan_submit(
            workspace,
            [str(path)],
            SubmitOptions(
                name=options.name or f"judge-{'-vs-'.join(names)}"[:LONGEST_NAME],
                tags=options.tags,
                source=f"answers of {' and '.join(names)}",
                reuse=options.reuse,
                parents=tuple(JobParent(job, JobRelation.JUDGED) for job in jobs),
                parent_ids=ids if second is not None else None,
                judge=record,
            ),
        )
    return JudgePlan(plan, record, notes)


async def last_rubric(workspace: Workspace) -> str | None:
    """Return the file of the rubric that was used last; None where there was none."""
    kept = await workspace.registry.values.get(LAST_RUBRIC)
    return kept[0] if kept is not None and isinstance(kept[0], str) else None


async def remember_rubric(workspace: Workspace, path: Path) -> None:
    """Keep the file of a rubric for the next judge job in the dashboard."""
    await workspace.registry.values.put(LAST_RUBRIC, str(path.absolute()))


async def refuse_unknown_column(workspace: Workspace, job: str, column: str) -> None:
    """Refuse a column that the results of a job do not have. Raises `UsageError`."""
    from batchtui.services.tables.result_rows import ResultRows
    from batchtui.services.tables.result_source import ResultSet

    batches = tuple(await workspace.registry.queries.of_job(job))
    saved = tuple(one for one in batches if one.results is ResultsState.SAVED and workspace.registry.results.has(one))

    def columns() -> tuple[str, ...]:
        with ResultRows(workspace, ResultSet(job, job, saved[0].name, saved)) as rows:
            return rows.columns

    known = await run_in_thread(columns)
    if column not in known:
        raise UsageError(f'The results have no column "{column}".', hint=f"Columns are {', '.join(known)}.")


def _saved(workspace: Workspace, target: Target) -> list[Batch]:
    store = workspace.registry.results
    saved = [batch for batch in target.batches if batch.results is ResultsState.SAVED and store.has(batch)]
    if not saved:
        raise ResultsUnavailable(
            f"The results of {target.named} are not saved, so they cannot be judged.",
            hint=f"`batchtui results {target.named}` downloads them once the batch has ended.",
        )
    return saved


def _name(target: Target) -> str:
    return target.job.name if target.job else target.batches[0].name


async def _secret(workspace: Workspace) -> bytes:
    kept = await workspace.registry.values.get(SECRET)
    if kept is None:
        await workspace.registry.values.put(SECRET, secrets.token_hex(32))
        kept = await workspace.registry.values.get(SECRET)
    assert kept is not None
    return str(kept[0]).encode()


def _choose(merged: Sequence[MergedResults], names: Sequence[str], options: JudgeOptions) -> _Choice:
    """Say which rows are judged, and what becomes of the others."""
    choice = _Choice()
    found = [{custom_id: (place, outcome) for place, custom_id, outcome in one.latest()} for one in merged]
    for custom_id, one in found[0].items():
        if len(found) == 1:
            _choose_alone(choice, custom_id, one, names[0])
        elif (other := found[1].get(custom_id)) is None:
            choice.leave_out(f"only in {names[0]}", custom_id)
        else:
            _choose_pair(choice, custom_id, (one, other), names, failed_lose=options.failed_lose)
    if len(found) > 1:
        for custom_id in found[1].keys() - found[0].keys():
            choice.leave_out(f"only in {names[1]}", custom_id)
    choice.could_be = len(choice.items) + len(choice.losses)
    if options.sample is not None and options.sample < choice.could_be:
        _take_sample(choice, options.sample)
    return choice


def _choose_alone(choice: _Choice, custom_id: str, one: tuple[Found, Outcome], name: str) -> None:
    if one[1].is_success:
        choice.items.append((custom_id, (one[0],)))
    else:
        choice.leave_out(f"{one[1]} in {name}", custom_id)


def _choose_pair(
    choice: _Choice,
    custom_id: str,
    sides: tuple[tuple[Found, Outcome], tuple[Found, Outcome]],
    names: Sequence[str],
    *,
    failed_lose: bool,
) -> None:
    failed = [not outcome.is_success for _, outcome in sides]
    if not any(failed):
        choice.items.append((custom_id, (sides[0][0], sides[1][0])))
    elif failed_lose and not all(failed):
        choice.losses.append((custom_id, Verdict.SECOND if failed[0] else Verdict.FIRST))
    else:
        at = failed.index(True)
        choice.leave_out("failed in both" if all(failed) else f"{sides[at][1]} in {names[at]}", custom_id)


def _take_sample(choice: _Choice, number: int) -> None:
    """Keep so many rows, chosen by a hash of their custom_ids: the same rows in each job that has them."""
    ids = [custom_id for custom_id, _ in choice.items] + [custom_id for custom_id, _ in choice.losses]
    ids.sort(key=lambda custom_id: sha256(f"sample:{custom_id}".encode()).digest())
    kept = set(ids[:number])
    choice.items = [item for item in choice.items if item[0] in kept]
    choice.losses = [loss for loss in choice.losses if loss[0] in kept]


def _write(
    merged: Sequence[MergedResults], choice: _Choice, writer: JudgeRequests, path: Path, ids: Path | None
) -> tuple[str, ...]:
    """Write the requests and, for a comparison, which custom_ids they stand for. Returns what is not shown."""
    partial = without = 0
    with ExitStack() as stack:
        out = stack.enter_context(path.open("w", encoding="utf-8"))
        known = stack.enter_context(LineageIdWriter(ids)) if ids is not None else None
        for custom_id, places in choice.items:
            asked, is_partial = _asked(merged[0], places[0], custom_id)
            partial += is_partial
            without += asked is None
            answers = [_answer(one, place) for one, place in zip(merged, places, strict=True)]
            if known is None:
                out.write(writer.request(custom_id, asked, answers) + "\n")
                continue
            for placing, shown in ((Placing.FORWARD, answers), (Placing.BACKWARD, answers[::-1])):
                judge_id = pair_id(custom_id, placing)
                known.add([(judge_id, 1, custom_id), (judge_id, 2, custom_id)])
                out.write(writer.request(judge_id, asked, shown) + "\n")
        if known is not None:
            known.finish()
    return tuple(
        f"{number:,} {words}"
        for number, words in (
            (partial, "of the requests have images, documents or tool calls, which the judge is not shown."),
            (without, "of the requests are not stored, so the judge sees their answers only."),
        )
        if number
    )


def _asked(merged: MergedResults, place: Found, custom_id: str) -> tuple[str | None, bool]:
    request = merged.request(place, custom_id)
    if request is None:
        return None, False
    return asked_text(ExportRecord(b"", request).params)


def _answer(merged: MergedResults, place: Found) -> str:
    """Return what the judge is shown of an answer: its text, and its tool calls as JSON."""
    answer = ExportRecord(merged.line(place)).answer
    calls = [{"name": call.get("name"), "input": call.get("input")} for call in answer.tool_calls]
    return "\n".join([*([answer.text] if answer.text else []), *(f"[tool call] {encode_json(call)}" for call in calls)])


def _nothing_to_judge(names: Sequence[str], record: JudgeRecord) -> InputError:
    reasons = ", ".join(f"{one.count:,} {one.reason}" for one in record.omissions)
    if record.losses:
        return InputError(f"There is nothing to ask a judge: one side failed in all {record.items:,} rows.")
    return InputError(
        f"No answer of {' and '.join(names)} can be judged{f': {reasons}' if reasons else ''}. Nothing was sent.",
        hint="`batchtui compare A B` shows which custom_ids both have." if len(names) > 1 else "",
    )
