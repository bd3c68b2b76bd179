"""Show and run a canary: `run_canary`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from batchtui.cli.confirm import require_yes
from batchtui.cli.views.json_documents import Document, dollars
from batchtui.domain.errors import CanaryRefused
from batchtui.domain.submission.problem import Problem, Severity
from batchtui.text.durations import countdown
from batchtui.text.money import usd_fine
from batchtui.text.numbers import amount
from batchtui.text.safe import one_line, sanitize

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from decimal import Decimal

    from batchtui.cli.session import Session
    from batchtui.domain.submission.canary import CanaryCall, CanaryPlan, CanaryVerdict
    from batchtui.services.workspace import Workspace


async def run_canary(
    session: Session, workspace: Workspace, plan: CanaryPlan, *, yes: bool
) -> tuple[CanaryVerdict, ...]:
    """Try one request of each shape, having asked.

    Raises:
        ConsentNeeded: the answer is no, or there is no terminal to ask at.
        CredentialsMissing, SpendLimitReached, Refused: no call can be made.
    """
    from batchtui.services.submission.canary import run_canary

    for line in plan_lines(plan):
        session.notes.say(line)
    # A plan can be empty although there are requests: shapes too large for real time are left out.
    if not plan.calls:
        return ()
    question = f"Send {amount(len(plan.calls), 'request')} in real time, {_at_most(plan.at_most)}?"
    require_yes(session.notes, question, yes=yes, lost="Nothing was sent.")
    return await run_canary(
        workspace,
        plan,
        lambda call: session.notes.progress(f"canary: trying {one_line(call.skeleton)}"),
        lambda seconds: session.notes.say(f"canary: rate limited; next try in {countdown(seconds)}."),
    )


def plan_lines(plan: CanaryPlan) -> Iterator[str]:
    """Yield the lines of a canary's plan: each call with its cost and its changes, then what is left out."""
    for call in plan.calls:
        changed = f" ({', '.join(call.changed)})" if call.changed else ""
        yield f"canary: {one_line(call.skeleton)}: {one_line(call.custom_id)}{changed}, {_at_most(call.at_most)}"
    for beta in plan.dropped_betas:
        yield f"canary: without the beta {sanitize(beta)}, which only batches accept"
    for skeleton in plan.left_out:
        yield f"canary: {one_line(skeleton)} is skipped: it is too large for a real-time request"


def _at_most(dollars: Decimal | None) -> str:
    return "at an unknown cost" if dollars is None else f"for at most {usd_fine(dollars)}"


def plan_document(plan: CanaryPlan) -> Document:
    """Return the JSON document of a canary's plan."""
    return {
        "calls": [_call_document(call) for call in plan.calls],
        "dropped_betas": list(plan.dropped_betas),
        "left_out": list(plan.left_out),
        "at_most": dollars(plan.at_most),
    }


def refuse_dead(session: Session, plan: CanaryPlan, verdicts: Sequence[CanaryVerdict]) -> None:
    """Print the canary's verdicts to stderr.

    Raises:
        CanaryRefused: with a problem for each shape.
    """
    for line in verdict_lines(verdicts):
        session.notes.say(line)
    refused = [verdict for verdict in verdicts if verdict.is_refused]
    if refused:
        raise CanaryRefused(
            f"The API refuses {len(refused)} of {amount(len(plan.calls), 'shape')}: {refused[0].message}"
            " Nothing was sent.",
            hint="Leave out --canary to send it anyway.",
            problems=[_problem(verdict) for verdict in refused],
        )


def _problem(verdict: CanaryVerdict) -> Problem:
    call = verdict.call
    hint = f"every request of this shape would fail: {call.skeleton}"
    return Problem(call.file, call.line, call.custom_id, Severity.ERROR, "canary-refused", verdict.message, hint)


def verdict_lines(verdicts: Sequence[CanaryVerdict]) -> Iterator[str]:
    """Yield one line for each verdict."""
    for verdict in verdicts:
        call = verdict.call
        place = f"{sanitize(call.file)}:{call.line}"
        if verdict.is_well:
            counted = f", {verdict.input_tokens:,} tokens of input" if verdict.input_tokens is not None else ""
            yield f"{place}: canary ok {one_line(call.skeleton)}{counted}"
        else:
            word = "error canary-refused" if verdict.is_refused else "warning canary-unanswered"
            yield f"{place}: {word} {one_line(verdict.message)} ({one_line(call.skeleton)})"


def verdict_documents(verdicts: Sequence[CanaryVerdict]) -> list[Document]:
    """Return the JSON documents of the verdicts."""
    return [
        {
            **_call_document(verdict.call),
            "ok": verdict.is_well,
            "refused": verdict.is_refused,
            "status": verdict.status,
            "message": verdict.message or None,
            "input_tokens": verdict.input_tokens,
        }
        for verdict in verdicts
    ]


def _call_document(call: CanaryCall) -> Document:
    return {
        "shape": call.shape,
        "skeleton": call.skeleton,
        "custom_id": call.custom_id,
        "file": call.file,
        "line": call.line,
        "changed": list(call.changed),
        "at_most": dollars(call.at_most),
    }
