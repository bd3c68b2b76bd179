"""Which results are reviewed, in which order: `QueueChoice` says it, `build_queue` finds them.

The choice is kept for each job and reviewer, a random sample with its custom_ids: after a restart, and after a retry
has brought further results, the same queue goes on.
"""

from __future__ import annotations

import random
from array import array
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from batchtui.domain.results.result import Outcome
from batchtui.results.parsed_result import parse_result
from batchtui.results.structured_output import match_schema

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from batchtui.domain.results.annotation import AnnotationColumn
    from batchtui.domain.results.mark import ReviewMark
    from batchtui.registry.results.job_results import ResultList
    from batchtui.services.results.annotations import Annotations

SAMPLE = 200
"""Results of a random sample, unless another number is given: about an hour's work."""
MOST_SAMPLED = 100_000
"""Results of a random sample at most: its custom_ids are kept in the registry."""
_AT_ONCE = 1_000
_NO_ANSWER = (Outcome.ERRORED, Outcome.CANCELED, Outcome.EXPIRED, Outcome.UNRECOGNIZED)


class QueueKind(StrEnum):
    """What chooses the results of a queue. The values are stored and typed."""

    ALL = "all"
    SAMPLE = "sample"
    LOWEST = "lowest-score"
    DISAGREE = "disagree"
    SCHEMA = "schema"
    OUTCOME = "outcome"
    SHOWN = "shown"
    """What the list of results was filtered to when the review was opened."""


@dataclass(frozen=True, slots=True)
class QueueChoice:
    """Which results are reviewed."""

    kind: QueueKind = QueueKind.ALL
    size: int = SAMPLE
    """Results of a sample."""
    seed: int = 0
    """What the choice of a sample depends on: the same seed over the same results chooses the same ones."""
    outcome: str = ""
    """Of `outcome`: which."""
    custom_ids: tuple[str, ...] = ()
    """Of a sample, once it is drawn: in the order in which they are reviewed."""

    @property
    def words(self) -> str:
        """What it is called on a screen, without its count."""
        return {
            QueueKind.ALL: "all results",
            QueueKind.SAMPLE: f"random sample of {self.size:,}",
            QueueKind.LOWEST: "lowest score first",
            QueueKind.DISAGREE: "judges or reviewers disagree",
            QueueKind.SCHEMA: "does not fit the schema",
            QueueKind.OUTCOME: self.outcome,
            QueueKind.SHOWN: "what the list shows",
        }[self.kind]

    def to_json(self) -> dict[str, Any]:
        """Return it as it is kept."""
        return {**asdict(self), "kind": str(self.kind), "custom_ids": list(self.custom_ids)}

    @classmethod
    def from_json(cls, kept: object) -> QueueChoice | None:
        """Return what was kept; None where another version kept something else."""
        try:
            values = dict(kept)  # type: ignore[call-overload]
            return cls(
                QueueKind(values["kind"]), int(values["size"]), int(values["seed"]), str(values["outcome"]),
                tuple(map(str, values["custom_ids"])),
            )  # fmt: skip
        except (TypeError, ValueError, KeyError):
            return None


def score_columns(columns: Iterable[AnnotationColumn]) -> tuple[str, ...]:
    """Return the names of the columns that hold scores: numbers whose name begins with `score`."""
    return tuple(
        column.name
        for column in columns
        if column.kind in ("integer", "number") and column.name.casefold().startswith("score")
    )


def draw_sample(results: ResultList, choice: QueueChoice) -> QueueChoice:
    """Return the choice with the custom_ids of its sample, answers only: errors have nothing to judge. Blocking."""
    answered = results.order([outcome for outcome in Outcome if outcome not in _NO_ANSWER])
    size = min(choice.size, MOST_SAMPLED, len(answered))
    # The choice is by the seed alone, so that two people can review the same sample.
    chosen = random.Random(choice.seed).sample(answered, size)  # noqa: S311  (nothing secret depends on it)
    pages = (results.page(chosen[start : start + _AT_ONCE]) for start in range(0, size, _AT_ONCE))
    return replace(choice, size=size, custom_ids=tuple(facts.custom_id for page in pages for facts in page))


def build_queue(
    results: ResultList,
    choice: QueueChoice,
    annotations: Annotations,
    marks: Sequence[ReviewMark],
    request_of: Callable[[int, str], Mapping[str, Any] | None],
    shown: Sequence[int] = (),
    apart: Sequence[str] = (),
) -> Sequence[int]:
    """Return the numbers of the results of a queue, in its order. Blocking.

    Args:
        results: what is reviewed.
        choice: which of them.
        annotations: the columns beside them, with the scores.
        marks: what all reviewers say of them.
        request_of: returns the params of the request of a result, by its number and custom_id; None where not known.
        shown: what the list shows.
        apart: the custom_ids that several judges have scored differently, the widest apart first.

    Raises:
        StorageError: the disk refuses.
    """
    match choice.kind:
        case QueueKind.SAMPLE:
            return _numbers(results, choice.custom_ids)
        case QueueKind.LOWEST:
            return _numbers(results, _lowest_first(annotations))
        case QueueKind.DISAGREE:
            return _numbers(results, (*_disputed(marks), *apart))
        case QueueKind.SCHEMA:
            return array("I", _unfit(results, request_of))
        case QueueKind.OUTCOME:
            return results.order([outcome for outcome in Outcome if outcome.value == choice.outcome])
        case QueueKind.SHOWN:
            return shown or results.order()
    return results.order()


def _numbers(results: ResultList, custom_ids: Sequence[str]) -> array[int]:
    """Return the numbers of these custom_ids in their order, each once; those without a result are left out."""
    wanted = list(dict.fromkeys(custom_ids))
    found: dict[str, int] = {}
    numbers = list(results.numbers_of(wanted))
    for start in range(0, len(numbers), _AT_ONCE):
        for facts in results.page(numbers[start : start + _AT_ONCE]):
            found[facts.custom_id] = facts.seq
    return array("I", (found[custom_id] for custom_id in wanted if custom_id in found))


def _lowest_first(annotations: Annotations) -> list[str]:
    """Return the custom_ids with a score, the lowest first: the overall score, else the lowest of the others."""
    names = score_columns(annotations.columns)
    lowest: dict[str, float] = {}
    for name in ("score",) if "score" in names else names:
        for custom_id, score in annotations.stream(name):
            lowest[custom_id] = min(score, lowest.get(custom_id, score))
    return sorted(lowest, key=lambda custom_id: (lowest[custom_id], custom_id))


def _disputed(marks: Sequence[ReviewMark]) -> list[str]:
    """Return the custom_ids that reviewers have marked differently, by the answer that the job has now."""
    said: dict[str, set[tuple[object, object]]] = {}
    for mark in marks:
        if not mark.is_stale:
            said.setdefault(mark.custom_id, set()).add((mark.verdict, mark.labels))
    return [custom_id for custom_id, marked in said.items() if len(marked) > 1]


def _unfit(results: ResultList, request_of: Callable[[int, str], Mapping[str, Any] | None]) -> Iterator[int]:
    """Yield the numbers of the answers that are not what their request's schema asked for."""
    wanted = results.order([Outcome.SUCCEEDED, Outcome.TOOL_USE, Outcome.INVALID])
    for number in wanted:
        answer = parse_result(results.raw(number))
        params = request_of(number, answer.custom_id)
        if params is not None and answer.message and match_schema(answer, params).fits is False:
            yield number
