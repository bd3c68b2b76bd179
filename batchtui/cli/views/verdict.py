"""Show the plan and the verdict of a judge job, as text or JSON: `verdict_lines`, `verdict_document`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from batchtui.cli.views import json_documents as documents
from batchtui.domain.results.win_rate import CONFIDENCE
from batchtui.text.numbers import amount, count
from batchtui.text.safe import one_line
from batchtui.text.sentences.verdicts_of_judges import group_words, unusable_words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from batchtui.cli.views.json_documents import Document
    from batchtui.domain.results.judgment import JudgeRecord
    from batchtui.domain.results.verdict_group import ScoreStatistics, VerdictGroup
    from batchtui.domain.results.win_rate import Interval, PairCounts
    from batchtui.services.compose.judging.plan import JudgePlan
    from batchtui.services.compose.judging.verdict import JudgeVerdict

NAMED = 12
"""custom_ids that a list of them names at most in text; --json has all of them."""


def plan_lines(plan: JudgePlan) -> Iterator[str]:
    """Yield what will be judged, and what not."""
    record = plan.record
    asked = record.items - len(record.losses)
    words = "pairs, each in both orders" if record.second else "answers"
    sampled = f", a sample of {count(record.sampled_from)}" if record.sampled_from else ""
    yield f"Judge {count(asked)} {words}{sampled}, with {', '.join(plan.submit.report.models)}."
    if record.losses:
        yield f"{count(len(record.losses))} more are decided without the judge, because one side failed."
    yield from omission_lines(record)
    yield from plan.notes


def omission_lines(record: JudgeRecord) -> Iterator[str]:
    """Yield what is not judged, with the first custom_ids."""
    for one in record.omissions:
        named = ", ".join(one_line(custom_id) for custom_id in one.examples[:3])
        more = " …" if one.count > min(3, len(one.examples)) else ""
        yield f"Not judged: {count(one.count)} {one_line(one.reason)} ({named}{more})."


def verdict_lines(verdict: JudgeVerdict) -> Iterator[str]:
    """Yield the verdict, a fact a line."""
    names = [one_line(name) for name in verdict.names]
    yield from group_words(verdict.whole, names)
    for group in verdict.groups:
        yield f"{one_line(verdict.by or '')} {one_line(group.value)}:"
        yield from (f"  {line}" for line in group_words(group, names, is_short=True))
    if verdict.unusable:
        yield unusable_words(verdict.unusable)
    if verdict.waiting:
        yield f"No answer of the judge yet for {amount(verdict.waiting, 'custom_id')}."
    yield from omission_lines(verdict.record)
    if verdict.worse:
        named = ", ".join(one_line(custom_id) for custom_id in verdict.worse[:NAMED])
        more = f" … ({count(len(verdict.worse))} in all)" if len(verdict.worse) > NAMED else ""
        yield f"{names[-1]} got worse in: {named}{more}"


# ── for scripts ────────────────────────────────────────────────────────────────────────────────────────────────────


def record_document(record: JudgeRecord) -> Document:
    """Write how a judge job was made."""
    return {
        "first": record.first,
        "second": record.second,
        "criteria": [criterion.name for criterion in record.rubric.criteria],
        "items": record.items,
        "sampled_from": record.sampled_from,
        "by": record.by,
        "not_judged": [
            {"reason": one.reason, "count": one.count, "examples": list(one.examples)} for one in record.omissions
        ],
    }


def plan_document(plan: JudgePlan) -> Document:
    """Write a judge job that was not sent."""
    submit = plan.submit
    return {
        "job": documents.job_document(submit.job, (), parts=len(submit.parts), expected=submit.estimate),
        "estimate": documents.estimate_document(submit.estimate),
        "batches": [],
        "judge": {**record_document(plan.record), "decided_by_rule": len(plan.record.losses)},
        "notes": list(plan.notes),
    }


def verdict_document(verdict: JudgeVerdict) -> Document:
    """Write the verdict of a judge job."""
    return {
        "judge": verdict.judge,
        "names": list(verdict.names),
        **record_document(verdict.record),
        "by": verdict.by,
        "confidence": CONFIDENCE,
        **_group_document(verdict.whole),
        "groups": [{"value": group.value, **_group_document(group)} for group in verdict.groups],
        "unusable": {str(kind): number for kind, number in (verdict.unusable or {}).items()},
        "waiting": verdict.waiting,
        "worse": list(verdict.worse),
    }


def _group_document(group: VerdictGroup) -> Document:
    if group.pairs is not None:
        return _pairs_document(group.pairs)
    return {"scores": [_scores_document(one) for one in group.scores]}


def _pairs_document(pairs: PairCounts) -> Document:
    return {
        "first_wins": pairs.first,
        "second_wins": pairs.second,
        "ties": pairs.ties,
        "contradictions": pairs.contradictions,
        "incomplete": pairs.incomplete,
        "decided_by_rule": pairs.by_rule,
        "win_rate": pairs.win_rate,
        "interval": _interval_document(pairs.interval),
        "win_rate_with_contradictions_as_ties": pairs.win_rate_of_all,
        "position_bias": pairs.position_bias,
    }


def _scores_document(scores: ScoreStatistics) -> Document:
    return {
        "criterion": scores.criterion or None,
        "count": scores.count,
        "mean": scores.mean,
        "interval": _interval_document(scores.interval),
        "lowest": [{"custom_id": custom_id, "value": value} for value, custom_id in scores.lowest],
    }


def _interval_document(interval: Interval | None) -> list[float] | None:
    return None if interval is None else [interval.low, interval.high]
