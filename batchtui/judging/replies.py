"""Read what a judge has answered: `read_reply`. What does not fit is counted as such and never guessed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from batchtui.domain.results.judgment import Judgment, Placing, Verdict
from batchtui.domain.results.result import Outcome
from batchtui.results.structured_output import NotJsonError, parse_text

if TYPE_CHECKING:
    from batchtui.domain.results.judgment import Rubric
    from batchtui.results.parsed_result import ParsedResult

_UNUSABLE = {
    Outcome.REFUSED: Verdict.REFUSED,
    Outcome.TRUNCATED: Verdict.TRUNCATED,
    Outcome.ERRORED: Verdict.FAILED,
    Outcome.CANCELED: Verdict.FAILED,
    Outcome.EXPIRED: Verdict.FAILED,
}
_WINNERS = {
    (Placing.FORWARD, "first"): Verdict.FIRST,
    (Placing.FORWARD, "second"): Verdict.SECOND,
    (Placing.BACKWARD, "first"): Verdict.SECOND,
    (Placing.BACKWARD, "second"): Verdict.FIRST,
}


def read_reply(
    answer: ParsedResult, outcome: Outcome, rubric: Rubric, *, custom_id: str, placing: Placing, attempt: int
) -> Judgment:
    """Return what an answer of the judge says.

    Args:
        answer: the judge's result.
        outcome: what became of it.
        rubric: what it was asked.
        custom_id: whose answer it judges.
        placing: what it was shown.
        attempt: of the judge job.
    """
    if (unusable := _UNUSABLE.get(outcome)) is not None:
        return Judgment(custom_id, placing, unusable, attempt)
    try:
        said = parse_text(answer.text)
    except NotJsonError:
        said = None
    if placing is Placing.ALONE:
        scores = _scores(said, rubric)
        if scores is None:
            return Judgment(custom_id, placing, Verdict.INVALID, attempt)
        return Judgment(custom_id, placing, Verdict.SCORED, attempt, scores=scores)
    winner, reason = (said.get("winner"), said.get("reason")) if isinstance(said, dict) else (None, None)
    if isinstance(winner, str) and isinstance(reason, str) and set(said) == {"winner", "reason"}:
        verdict = Verdict.TIE if winner == "tie" else _WINNERS.get((placing, winner))
        if verdict is not None:
            return Judgment(custom_id, placing, verdict, attempt, reason)
    return Judgment(custom_id, placing, Verdict.INVALID, attempt)


def _scores(said: Any, rubric: Rubric) -> dict[str, tuple[float, str]] | None:
    """Return value and reason by criterion; None unless the answer has just what the schema asks for."""
    if not isinstance(said, dict) or set(said) != {criterion.name for criterion in rubric.criteria}:
        return None
    found: dict[str, tuple[float, str]] = {}
    for criterion in rubric.criteria:
        one = said[criterion.name]
        if not isinstance(one, dict) or set(one) != {"value", "reason"}:
            return None
        value, reason = one["value"], one["reason"]
        # A bool is an int in Python, and no score.
        if type(value) is not int or not criterion.low <= value <= criterion.high or not isinstance(reason, str):
            return None
        found[criterion.name] = float(value), reason
    return found
