"""The lines of the activity: which entries of the journal are shown, and which of them are one line together."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from batchtui.domain.batch import Batch
    from batchtui.domain.job import Job
    from batchtui.registry.journal import Entry

SHOWN = ("all", "acts", "calls", "errors")
"""What can be shown: everything, what batchtui did, each call, or what went wrong."""
MARKER = 0
"""The key of the line that says where one was last here; entries count from 1."""


@dataclass(frozen=True, slots=True)
class ActivityRow:
    """One line: an entry with what it is about, or without an entry the place where one was last here."""

    entry: Entry | None
    batch: Batch | None = None
    job: Job | None = None
    """Where it is about no single batch."""
    times: int = 1
    """How often it happened in a row: asking how things stand is one line, however often it is asked."""
    since: datetime | None = None
    """When the first of these was."""


def fold_repeats(rows: Sequence[ActivityRow], seen: int) -> dict[int, ActivityRow]:
    """Make one line of calls of the same kind that went well in a row, under the seq of the first, told as the last.

    What was there before `seen` and what came after is never one line.
    """
    shown: dict[int, ActivityRow] = {}
    first = 0
    for row in rows:
        entry, before = row.entry, shown.get(first)
        if entry is None:
            continue
        if before is not None and before.entry is not None and _is_more_of(entry, before.entry, seen):
            shown[first] = replace(row, times=before.times + 1, since=before.since or before.entry.at)
        else:
            first = entry.seq
            shown[first] = row
    return shown


def _is_more_of(entry: Entry, before: Entry, seen: int) -> bool:
    if entry.kind != "call" or is_failure(entry) or is_failure(before) or before.seq <= seen < entry.seq:
        return False
    return (entry.kind, entry.event, entry.detail) == (before.kind, before.event, before.detail)


def ordered(shown: Sequence[int], seen: int) -> Iterator[int]:
    """Yield the newest first; between what is new and what was seen the marker, where there is both."""
    is_marked = not seen
    for seq in reversed(shown):
        if not is_marked and seq <= seen:
            is_marked = True
            if seq != shown[-1]:
                yield MARKER
        yield seq


def is_shown(entry: Entry, only: str) -> bool:
    """Whether an entry is among what is to be shown: one of `SHOWN`."""
    match only:
        case "acts":
            return entry.kind == "act"
        case "calls":
            return entry.kind == "call"
        case "errors":
            return is_failure(entry)
    return True


def is_failure(entry: Entry) -> bool:
    """Whether an entry tells of something that went wrong."""
    went_wrong = ("batch.refused", "batch.unknown", "batch.missing", "notice.failed")
    return entry.error is not None or (entry.status or 0) >= 400 or entry.event in went_wrong
