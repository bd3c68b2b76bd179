"""Show what checking found: problems, shapes, parts: `report_lines`."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from batchtui.text.numbers import amount, bytes_done, count, size
from batchtui.text.safe import one_line, sanitize

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from batchtui.cli.session import Session
    from batchtui.domain.batches.job import PartPlan
    from batchtui.domain.submission.problem import Problem
    from batchtui.intake.types import CheckReport
    from batchtui.services.submission.staging.stage import ReadProgress

MOST_SHAPES = 12
"""Shapes that are listed; where there are more, the file has no shapes worth reading."""


def problem_lines(problems: Iterable[Problem]) -> Iterator[str]:
    """Yield each problem as `FILE:LINE: error CODE message`, with its hint below it."""
    for problem in problems:
        place = f"{sanitize(problem.file)}:{problem.line}" if problem.line is not None else sanitize(problem.file)
        who = f" ({one_line(problem.custom_id)})" if problem.custom_id else ""
        yield f"{place}: {problem.severity} {problem.code} {one_line(problem.message)}{who}{_others(problem)}"
        if problem.hint:
            yield f"    {one_line(problem.hint)}"


def help_hint(problems: Sequence[Problem]) -> str:
    """Return a sentence with the command that explains the first problem."""
    return f"`batchtui help {problems[0].code}` explains the first one."


def _others(problem: Problem) -> str:
    if problem.count < 2:
        return ""
    named = [count(line) for line in problem.lines if line != problem.line]
    more = "" if len(named) >= problem.count - 1 else ", …"
    lines = f": {', '.join(named)}{more}" if named else ""
    return f" [and {amount(problem.count - 1, 'more place')}{lines}]"


def report_lines(report: CheckReport, parts: Sequence[PartPlan]) -> Iterator[str]:
    """Yield the lines of the summary: requests, models, shapes, parts and problems."""
    length = sum(part.bytes for part in parts)
    yield f"{amount(report.requests, 'request')} in {amount(len(parts), 'part')}, {size(length)}"
    for model, number in report.models.items():
        yield f"  {count(number)} × {one_line(model)}"
    # A single shape says nothing that the first line has not said.
    if 1 < len(report.shapes) <= MOST_SHAPES:
        yield f"  {amount(len(report.shapes), 'shape')}:"
        for shape in report.shapes:
            yield f"    {count(shape.count)} × {one_line(shape.skeleton)}"
    if len(parts) > 1:
        for part in parts:
            yield f"  part {part.part}: {amount(part.requests, 'request')}, {size(part.bytes)}"
    errors = amount(report.errors, "error") if report.errors else "no errors"
    yield errors + (f", {amount(report.warnings, 'warning')}" if report.errors or report.warnings else "")


def progress_of(session: Session) -> Callable[[ReadProgress], None]:
    """Return a listener that shows the progress of reading the input on stderr."""
    last = 0.0

    def show(reading: ReadProgress) -> None:
        nonlocal last
        # Ten times a second, as fast as a line can be read; reading reports after each block.
        if session.notes.is_terminal and time.monotonic() - last > 0.1:
            last = time.monotonic()
            session.notes.progress(f"checking {bytes_done(reading.read, reading.total)}")

    return show
