"""Collect problems: the same fault in many places is one problem, however large the file: `ProblemCollector`."""

from __future__ import annotations

from array import array
from bisect import bisect_right
from typing import TYPE_CHECKING, NamedTuple

from batchtui.domain.submission.problem import Problem, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

LINES_KEPT = 5
MOST_GROUPS = 1000
"""Beyond this many different groups, further ones are merged by their code alone."""


class CheckFault(NamedTuple):
    """One thing wrong with one request, before it is known where else it stands."""

    code: str
    """A stable word for scripts, kebab-case; it has a section below "Findings" in `batchtui/manual/errors.md`."""
    message: str
    hint: str = ""
    severity: Severity = Severity.ERROR
    kind: str = ""
    """Tells apart faults of one code; faults of equal code and kind in one file are one problem."""


class _Group:
    """One problem in the making."""

    __slots__ = ("count", "custom_id", "fault", "file", "lines")

    def __init__(self, fault: CheckFault, file: str, custom_id: str | None) -> None:
        self.fault = fault
        self.file = file
        self.custom_id = custom_id
        self.count = 0
        self.lines: list[int] = []


class ProblemCollector:
    """Counts faults in groups. Keeps the first few lines of each, never all of them."""

    def __init__(self) -> None:
        self._groups: dict[tuple[str, str, str], _Group] = {}
        self.errors = 0
        self.warnings = 0
        self.heard: set[tuple[str, int | None]] | None = None
        """Places that have a fault, where the caller puts a set here (and empties it now and then)."""

    def add(self, fault: CheckFault, file: str, line: int | None, custom_id: str | None = None) -> None:
        """Note one fault in one place."""
        key = (fault.code, fault.kind, file)
        group = self._groups.get(key)
        if group is None:
            if len(self._groups) >= MOST_GROUPS:
                # Merged, not dropped: the counts stay exact.
                key = (fault.code, "", "")
            group = self._groups.setdefault(key, _Group(fault, file, custom_id))
        group.count += 1
        if self.heard is not None:
            self.heard.add((file, line))
        if line is not None and len(group.lines) < LINES_KEPT and line not in group.lines and group.file == file:
            group.lines.append(line)
        if fault.severity is Severity.ERROR:
            self.errors += 1
        else:
            self.warnings += 1

    def problems(self) -> Iterator[Problem]:
        """Yield what was found: errors first, each kind in order of appearance."""
        for severity in Severity:
            for group in self._groups.values():
                if group.fault.severity is severity:
                    yield _problem(group)


def _problem(group: _Group) -> Problem:
    """Return one group of faults as a problem."""
    fault = group.fault
    return Problem(
        file=group.file,
        line=group.lines[0] if group.lines else None,
        custom_id=group.custom_id,
        severity=fault.severity,
        code=fault.code,
        message=fault.message,
        hint=fault.hint,
        count=group.count,
        lines=tuple(group.lines),
    )


class LineIndex:
    """Remembers runs of requests on consecutive lines; a plain file of a million lines is one run."""

    def __init__(self) -> None:
        # Arrays of machine integers: in a file where every second line is wrong there is a run for each request.
        self._seqs = array("Q")
        self._lines = array("Q")
        self._files = array("L")
        self._names: list[str] = []
        self._gap: int | None = None

    def open(self, file: str) -> None:
        """Set the file that the following faults belong to."""
        self._names.append(file)
        self._gap = None

    def note(self, seq: int, line: int) -> None:
        """Note one request; both numbers grow."""
        if line - seq != self._gap:
            self._gap = line - seq
            self._seqs.append(seq)
            self._lines.append(line)
            self._files.append(len(self._names) - 1)

    def find(self, seq: int) -> tuple[str, int]:
        """Return file and line of a request that was noted."""
        run = bisect_right(self._seqs, seq) - 1
        return self._names[self._files[run]], self._lines[run] + seq - self._seqs[run]
