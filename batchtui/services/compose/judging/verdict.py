"""Read what a judge job found out: mean scores, or who wins and how surely; also by a column: `read_verdict`."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from math import sqrt
from typing import TYPE_CHECKING

from batchtui.domain.batches.states import ResultsState
from batchtui.domain.errors import UnknownTarget
from batchtui.domain.results.judgment import OVERALL, JudgeRecord, Placing, Verdict
from batchtui.domain.results.verdict_group import ScoreStatistics, VerdictGroup
from batchtui.domain.results.win_rate import QUANTILE, Interval, count_pairs, decide
from batchtui.runtime.threads import run_in_thread
from batchtui.services.compose.judging.plan import refuse_unknown_column
from batchtui.services.results.review.scores import read_all_judge_results
from batchtui.services.tables.result_rows import ResultRows
from batchtui.services.tables.result_source import ResultSet

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from batchtui.services.workspace import Workspace

NO_VALUE = "(none)"
"""The group of items whose column is empty."""


@dataclass(frozen=True, slots=True)
class JudgeVerdict:
    """What a judge job found out, as far as its results are saved."""

    judge: str
    """The id of the judge job."""
    record: JudgeRecord
    names: tuple[str, ...]
    """The names of the judged jobs."""
    whole: VerdictGroup
    groups: tuple[VerdictGroup, ...] = ()
    """By the column, the largest first."""
    by: str | None = None
    unusable: Mapping[Verdict, int] | None = None
    """How many answers of the judge say nothing, by the reason."""
    waiting: int = 0
    """Items without any answer of the judge yet."""
    worse: tuple[str, ...] = ()
    """custom_ids that the second side has lost, in order."""


_Item = tuple["Verdict | None", "Verdict | None", "Verdict | None"]
WORST = 12


async def read_verdict(workspace: Workspace, judge: str, by: str | None = None) -> JudgeVerdict:
    """Return the verdict of a judge job; `by` splits it by another column than the job was made with.

    Raises:
        UnknownTarget: the job is no judge job.
        UsageError: the judged results have no such column.
        StorageError: the disk refuses.
    """
    registry = workspace.registry
    record = await registry.judges.get(judge)
    if record is None:
        raise UnknownTarget(
            f"{judge} is not a judge job.", hint="`batchtui judge A --rubric FILE` scores the answers of A."
        )
    await read_all_judge_results(workspace, judge)
    names = [job.name if (job := await registry.jobs.get(of)) else of for of in (record.first, record.second) if of]
    column = by or record.by
    if by is not None:
        await refuse_unknown_column(workspace, record.first, by)
    answers = await registry.judges.verdicts(judge)
    unusable = Counter(verdict for _, _, verdict in answers if not verdict.is_usable)
    judged = {custom_id for custom_id, _, _ in answers}
    values = await _values(workspace, record.first, column) if column else {}
    groups: tuple[VerdictGroup, ...]
    worse: list[str] = []
    if record.second is not None:
        items = _items(answers)
        whole = VerdictGroup("", pairs=count_pairs(items.values()))
        split = _split(items, values) if column else {}
        groups = tuple(
            VerdictGroup(value, pairs=count_pairs(items[one] for one in ids)) for value, ids in split.items()
        )
        worse = [one for one, (forward, backward, rule) in items.items()
                 if (rule or decide(forward, backward)) is Verdict.FIRST]  # fmt: skip
    else:
        scores: dict[str, dict[str, float]] = {}
        for custom_id, criterion, value, _ in await registry.judges.scores(judge, record.first):
            if value is not None:
                scores.setdefault(criterion, {})[custom_id] = value
        order = [OVERALL, *(criterion.name for criterion in record.rubric.criteria)]
        whole = VerdictGroup("", scores=_statistics(scores, order, None))
        split = _split(scores.get(OVERALL, {}), values) if column else {}
        groups = tuple(VerdictGroup(value, scores=_statistics(scores, order, set(ids))) for value, ids in split.items())
    return JudgeVerdict(
        judge,
        record,
        tuple(names),
        whole,
        groups,
        column,
        unusable,
        max(0, record.items - len(judged)),
        tuple(worse),
    )


def _items(answers: Sequence[tuple[str, Placing, Verdict]]) -> dict[str, _Item]:
    found: dict[str, dict[Placing, Verdict]] = {}
    for custom_id, placing, verdict in answers:
        found.setdefault(custom_id, {})[placing] = verdict
    return {
        custom_id: (said.get(Placing.FORWARD), said.get(Placing.BACKWARD), said.get(Placing.RULE))
        for custom_id, said in found.items()
    }


def _split(ids: Iterable[str], values: Mapping[str, str]) -> dict[str, list[str]]:
    """Return the custom_ids by the value of their column, the largest group first."""
    groups: dict[str, list[str]] = {}
    for custom_id in ids:
        groups.setdefault(values.get(custom_id) or NO_VALUE, []).append(custom_id)
    return dict(sorted(groups.items(), key=lambda group: (-len(group[1]), group[0])))


def _statistics(
    scores: Mapping[str, Mapping[str, float]], order: Sequence[str], only: set[str] | None
) -> tuple[ScoreStatistics, ...]:
    found: list[ScoreStatistics] = []
    for criterion in order:
        chosen = {one: value for one, value in scores.get(criterion, {}).items() if only is None or one in only}
        if chosen:
            found.append(_statistics_of(criterion, chosen))
    return tuple(found)


def _statistics_of(criterion: str, scores: Mapping[str, float]) -> ScoreStatistics:
    number = len(scores)
    mean = sum(scores.values()) / number
    interval = None
    if number > 1:
        deviation = sqrt(sum((value - mean) ** 2 for value in scores.values()) / (number - 1))
        half = QUANTILE * deviation / sqrt(number)
        interval = Interval(mean - half, mean + half)
    lowest = sorted((value, custom_id) for custom_id, value in scores.items())[:WORST]
    return ScoreStatistics(criterion, number, mean, interval, tuple(lowest))


async def _values(workspace: Workspace, job: str, column: str) -> dict[str, str]:
    """Return the value of a column by custom_id, as text."""
    batches = tuple(await workspace.registry.queries.of_job(job))
    saved = tuple(one for one in batches if one.results is ResultsState.SAVED and workspace.registry.results.has(one))
    if not saved:
        return {}

    def read() -> dict[str, str]:
        found: dict[str, str] = {}
        with ResultRows(workspace, ResultSet(job, job, saved[0].name, saved)) as rows:
            for block in rows.rows():
                for row in block:
                    value = row.get(column)
                    if value is not None:
                        found[row["custom_id"]] = str(value)
        return found

    return await run_in_thread(read)
