"""`submit_question` shows a planned submission as a question; `describe_errors` says why one cannot be sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from batchtui.domain.submission.problem import Severity
from batchtui.text.money import usd_fine
from batchtui.text.numbers import amount, count, size
from batchtui.text.safe import display_path, one_line
from batchtui.text.sentences.estimates import about_words, estimate_lines
from batchtui.text.sentences.known_requests import known_lines
from batchtui.tui.dialogs.confirm import Group, OtherAnswer, Question

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from batchtui.domain.submission.canary import CanaryPlan, CanaryVerdict
    from batchtui.domain.submission.problem import Problem
    from batchtui.services.submission.submit import SubmitPlan

FAULTS_SHOWN = 3
TRY, REUSE, PILOT = "dialog.try", "dialog.reuse", "dialog.pilot"
"""The commands that try one request of each shape, send only what is new, and send a random sample first."""
PILOT_SIZE = 50
"""Requests of a pilot; it is offered where there are at least twice as many."""
WARNINGS_SHOWN = 12
SHAPES_SHOWN = PARTS_SHOWN = 6


def submit_question(
    plan: SubmitPlan,
    earlier: Sequence[str],
    canary: CanaryPlan | None = None,
    verdicts: Sequence[CanaryVerdict] = (),
) -> Question:
    """Return the question whether to send a plan.

    Args:
        plan: what would be sent.
        earlier: what became of the same requests before.
        canary: which requests can be tried in real time first; None for none.
        verdicts: what came of that, once it was done.
    """
    tried = (Group("Tried in real time", tuple(map(_verdict_words, verdicts))),) if verdicts else ()
    sent = sum(part.requests for part in plan.sent)
    others = []
    if _may_reuse(plan) and not verdicts:
        others.append(
            OtherAnswer(REUSE, "only new", f"Only {count(plan.known.new)} new" if plan.known.new else "Reuse")
        )
    if may_draw_pilot(plan):
        others.append(OtherAnswer(PILOT, "pilot", f"Send {PILOT_SIZE} drawn at random first, and decide then"))
    if canary is not None and canary.calls and sent and not verdicts:
        others.append(OtherAnswer(TRY, "try first", _try_words(canary)))
    whole = amount(plan.job.requests, "request")
    if sent < plan.job.requests:
        whole = f"{count(sent)} of {whole}" if sent else f"nothing, and reuse the answers to {whole}"
    question = f"Submit {whole}{about_words(plan.estimate.cost) if sent else ''}?"
    if plan.pilot is not None:
        question = f"Submit a pilot of {count(plan.pilot.requests)} of {whole}, and hold back the others?"
    return Question(
        question,
        (*tried, *_groups(plan, earlier)),
        others=tuple(others),
        remark="All of it is sent and billed again." if earlier else "",
        yes="resubmit" if earlier else "submit",
    )


def may_draw_pilot(plan: SubmitPlan) -> bool:
    """Return whether a pilot is offered."""
    is_plain = plan.pilot is None and plan.options.reuse is None and not plan.options.prime
    return is_plain and plan.job.requests >= 2 * PILOT_SIZE


def _may_reuse(plan: SubmitPlan) -> bool:
    """Return whether sending only what is new is offered.

    Not for duplicates alone: they may be samples of one question.
    """
    is_plain = plan.options.reuse is None and not plan.options.prime and plan.pilot is None
    return plan.known.answered + plan.known.in_progress > 0 and is_plain


def _try_words(canary: CanaryPlan) -> str:
    cost = "at an unknown cost" if canary.at_most is None else f"at most {usd_fine(canary.at_most)}"
    return f"Try {amount(len(canary.calls), 'request')} in real time first, {cost}"


def _verdict_words(verdict: CanaryVerdict) -> str:
    name = one_line(verdict.call.custom_id)
    if verdict.is_well:
        return f"{name}: accepted"
    # A rate limit or a lost response says nothing of the request.
    said = f"{name}: {'refused' if verdict.is_refused else 'no verdict'}: {one_line(verdict.message)}"
    shape = f" All {one_line(verdict.call.skeleton)} would fail." if verdict.is_refused else ""
    return said + shape


def describe_errors(plan: SubmitPlan) -> str:
    """Return why a plan cannot be sent, as one sentence."""
    errors = [problem for problem in plan.report.problems if problem.severity is Severity.ERROR]
    if not errors:
        return "There are no requests in it."
    first = "; ".join(_fault(problem) for problem in errors[:FAULTS_SHOWN])
    rest = len(errors) - FAULTS_SHOWN
    more = f"; and {amount(rest, 'more kind', 'more kinds')}" if rest > 0 else ""
    return f"{amount(plan.report.errors, 'error')}: {first}{more}."


def _groups(plan: SubmitPlan, earlier: Sequence[str]) -> Iterator[Group]:
    # First of all: sending the same again costs money again.
    if earlier:
        yield Group("Identical requests were already submitted", tuple(one_line(line) for line in earlier))
    elif known := tuple(known_lines(plan.known, plan.whole, advice=False)):
        reuses = plan.options.reuse is not None
        yield Group(f"Asked before: {'only what is new is sent' if reuses else 'a submission sends them again'}", known)
    yield Group(one_line(plan.job.name), tuple(_facts(plan)))
    yield Group("Cost", tuple(estimate_lines(plan.estimate)))
    warnings = [_fault(problem) for problem in plan.report.problems if problem.severity is Severity.WARNING]
    if warnings:
        yield Group("Warnings", _first(warnings, WARNINGS_SHOWN))
    shapes, parts = plan.report.shapes, plan.sent
    # One shape is as expected; several may mean that files were mixed up.
    if len(shapes) > 1:
        said = [f"{count(shape.count)} × {one_line(shape.skeleton)}" for shape in shapes]
        yield Group(amount(len(shapes), "shape"), _first(said, SHAPES_SHOWN))
    if plan.pilot is not None:
        yield Group(
            "A pilot first",
            (
                f"{count(plan.pilot.requests)} requests, drawn at random from every shape and size",
                "When it has ended you see what a request costs and what the others will, and decide",
            ),
        )
    elif len(parts) > 1:
        said = [f"part {part.part}: {amount(part.requests, 'request')}, {size(part.bytes)}" for part in parts]
        yield Group("Sent one after the other", _first(said, PARTS_SHOWN))


def _facts(plan: SubmitPlan) -> Iterator[str]:
    job, models = plan.job, plan.report.models
    yield f"from {display_path(job.source)}"
    yield f"{amount(job.requests, 'request')}, {size(job.bytes)}, {amount(len(plan.sent), 'part')}"
    yield ", ".join(f"{count(number)} × {one_line(model)}" for model, number in models.items())
    if plan.primes:
        yield "One request goes first; the others follow when it has ended, and find its cache"
    yield "Checked: no errors" + (f", {amount(plan.report.warnings, 'warning')}" if plan.report.warnings else "")


def _first(said: Sequence[str], shown: int) -> tuple[str, ...]:
    more = [f"and {count(len(said) - shown)} more"] if len(said) > shown else []
    return (*said[:shown], *more)


def _fault(problem: Problem) -> str:
    where = f"line {problem.line}: " if problem.line else ""
    times = f" ({count(problem.count)} times)" if problem.count > 1 else ""
    return f"{where}{one_line(problem.message)}{times}"
