"""Write what is known of requests before they are sent: `known_lines`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from batchtui.text.money import usd_fine
from batchtui.text.numbers import amount, count
from batchtui.text.safe import one_line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from batchtui.domain.costs.estimate import Estimate
    from batchtui.domain.costs.known_requests import KnownRequests

MOST_JOBS = 5
"""Jobs that are named; the newest come first."""


def known_lines(
    known: KnownRequests, whole: Estimate | None, *, is_reused: bool = False, advice: bool = True
) -> Iterator[str]:
    """Yield how many requests are answered already, where, and what only the new ones would cost.

    Args:
        known: what was found; nothing is said where all requests are new.
        whole: what all of them cost.
        is_reused: whether the answers are reused, so that only the new requests are sent.
        advice: whether to say what to do about it.
    """
    # Nothing was asked before, and a line that says so would stand above nearly every submission.
    if known.new == known.requests:
        return
    yield f"{_counts(known)}: {_money(known, whole)}"
    for job in known.jobs[:MOST_JOBS]:
        said = [f"{count(job.answered)} answered"] if job.answered else []
        said += [f"{count(job.in_progress)} in progress"] if job.in_progress else []
        yield f"  {one_line(job.name)} ({job.id}): {', '.join(said)}"
    if len(known.jobs) > MOST_JOBS:
        yield f"  and {amount(len(known.jobs) - MOST_JOBS, 'more job')}"
    if advice and is_reused:
        yield "  only new requests are sent; the others get the answers that exist, or will"
    elif advice:
        yield "  `batchtui submit --reuse` sends only what is new; without it all requests are sent"


def _counts(known: KnownRequests) -> str:
    of = f" of {amount(known.requests, 'request')}"
    said = []
    if known.answered:
        said.append(f"{count(known.answered)}{of} already answered")
    if known.in_progress:
        said.append(f"{count(known.in_progress)}{'' if said else of} already in progress")
    if known.duplicates:
        one = "duplicate" if known.duplicates == 1 else "duplicates"
        said.append(f"{count(known.duplicates)} {one} within the input" if said else f"{count(known.duplicates)}{of} "
                    f"{'is a duplicate' if known.duplicates == 1 else 'are duplicates'} within the input")  # fmt: skip
    return ", ".join(said)


def _money(known: KnownRequests, whole: Estimate | None) -> str:
    if not known.new:
        return "nothing is new"
    new = f"{count(known.new)} {'is' if known.new == 1 else 'are'} new"
    figures = [each.cost.figure for each in (known.estimate, whole) if each is not None]
    # An unknown price on either side would make the difference a wrong promise.
    if len(figures) < 2 or None in figures:
        return new
    return f"{new}, {usd_fine(figures[0])} instead of {usd_fine(figures[1])}"
