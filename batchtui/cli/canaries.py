"""A canary at the command line: what would be sent is said, asked about, sent, and what the API said is told."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from batchtui.cli.asking import consent
from batchtui.cli.documents import Document, dollars
from batchtui.text.counts import amount
from batchtui.text.money import usd
from batchtui.text.safe import safe, squeezed

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from batchtui.cli.session import Session
    from batchtui.domain.canary import CanaryPlan, CanaryVerdict
    from batchtui.intake import CheckReport
    from batchtui.services.staging import IntakeOptions
    from batchtui.services.workspace import Workspace


async def fly(
    session: Session, workspace: Workspace, report: CheckReport, options: IntakeOptions, *, yes: bool
) -> tuple[CanaryVerdict, ...]:
    """Try one request of each shape, having asked.

    Raises:
        ConsentNeeded: where the answer is no, or nobody can be asked.
        CredentialsMissing, SpendLimitReached: no call can be made.
    """
    from batchtui.services.canary import fly_canary, plan_canary

    plan = await asyncio.to_thread(plan_canary, workspace, report.shapes, options)
    for line in plan_lines(plan):
        session.notes.say(line)
    question = f"Send {amount(len(plan.calls), 'request')} in real time, for {usd(plan.at_most)} at most?"
    consent(session.notes, question, yes=yes, lost="Nothing was sent.")
    return await fly_canary(
        workspace, plan, lambda verdict: session.notes.progress(f"canary: {squeezed(verdict.call.skeleton)}")
    )


def plan_lines(plan: CanaryPlan) -> Iterator[str]:
    """Yield what would be tried, and what is not as it stands in the requests."""
    for call in plan.calls:
        changed = f" ({', '.join(call.changed)})" if call.changed else ""
        yield f"canary: {squeezed(call.skeleton)}: {squeezed(call.custom_id)}{changed}, {usd(call.at_most)} at most"
    for beta in plan.dropped_betas:
        yield f"canary: without the beta {safe(beta)}, which only a batch may have"
    for skeleton in plan.left_out:
        yield f"canary: {squeezed(skeleton)} is too large to try"


def verdict_lines(verdicts: Sequence[CanaryVerdict]) -> Iterator[str]:
    """Yield what the API said of each shape."""
    for verdict in verdicts:
        call = verdict.call
        place = f"{safe(call.file)}:{call.line}"
        if verdict.is_well:
            counted = f", {verdict.input_tokens:,} tokens of input" if verdict.input_tokens is not None else ""
            yield f"{place}: canary ok {squeezed(call.skeleton)}{counted}"
        else:
            word = "error canary-refused" if verdict.is_refused else "warning canary-unanswered"
            yield f"{place}: {word} {squeezed(verdict.message)} ({squeezed(call.skeleton)})"


def verdict_documents(verdicts: Sequence[CanaryVerdict]) -> list[Document]:
    """Write what the API said of each shape."""
    return [
        {
            "shape": verdict.call.shape,
            "skeleton": verdict.call.skeleton,
            "custom_id": verdict.call.custom_id,
            "file": verdict.call.file,
            "line": verdict.call.line,
            "changed": list(verdict.call.changed),
            "at_most": dollars(verdict.call.at_most),
            "ok": verdict.is_well,
            "refused": verdict.is_refused,
            "status": verdict.status,
            "message": verdict.message or None,
            "input_tokens": verdict.input_tokens,
        }
        for verdict in verdicts
    ]
