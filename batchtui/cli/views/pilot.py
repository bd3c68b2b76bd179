"""Print what a pilot came to, and write it as JSON: `show_pilot`, `pilot_document`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from batchtui.domain.costs.pilot_report import usd
from batchtui.text.sentences.pilots import pilot_lines

if TYPE_CHECKING:
    from batchtui.cli.session import Session
    from batchtui.domain.costs.pilot_report import PilotReport
    from batchtui.services.workspace import Workspace


async def saved_report(workspace: Workspace, job: str) -> PilotReport | None:
    """Return the report on the pilot of a job as far as its results are saved; None where there is none.

    Raises:
        StorageError: its requests or results cannot be read.
    """
    from batchtui.services.polling.pilot.report import report_pilot

    return await report_pilot(workspace, job)


def show_pilot(session: Session, report: PilotReport | None) -> None:
    """Print the lines of a report; nothing without one, and with --json, which has it in its document."""
    if report is not None and not session.json:
        session.out.line()
        session.out.lines(pilot_lines(report))


def pilot_document(report: PilotReport | None) -> dict[str, Any] | None:
    """Write a report; USD as text, null where unknown."""
    if report is None:
        return None
    projected = report.projected

    def money(amount: float | None) -> str | None:
        return None if amount is None else str(usd(amount))

    return {
        "batch": report.pilot.id,
        "requests": report.pilot.requests,
        "outcomes": {str(outcome): number for outcome, number in report.outcomes.items()},
        "cost": None if report.cost is None else str(report.cost),
        "cache_reads": round(report.cache_reads, 4),
        "waiting": report.waiting,
        "rest": projected
        and {
            "requests": sum(batch.requests for batch in report.rest),
            "likely": money(projected.likely),
            "low": money(projected.low),
            "high": money(projected.high),
            "certainty": 0.9,
        },
    }
