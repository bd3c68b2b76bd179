"""The rows of the activity: which entries of the journal are shown, and which are folded into one row.

Polling asks the same question every few seconds; a row for each would hide everything else.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from batchtui.domain.batches.batch import Batch
    from batchtui.domain.batches.job import Job
    from batchtui.registry.journal import Entry
    from batchtui.tui.widgets.message_line import Message

SHOWN = ("all", "actions", "API calls", "errors", "messages")
"""What can be shown: everything, what batchtui did, every call, what went wrong, or what the message line has said."""
MARKER = 0
"""The key of the line "since you were last here"; entries count from 1, and messages from -1 downwards."""


@dataclass(frozen=True, slots=True)
class ActivityRow:
    """One row: an entry of the journal with what it is about, a message of this session, or the marker."""

    entry: Entry | None
    batch: Batch | None = None
    job: Job | None = None
    """Set where the entry is about a job and no single batch."""
    times: int = 1
    """How many entries were folded into it."""
    since: datetime | None = None
    """When the first of these was."""
    message: Message | None = None
    """Set where it is something that the message line has said."""

    @property
    def at(self) -> datetime | None:
        """When it happened; None for the marker."""
        return self.entry.at if self.entry is not None else self.message.at if self.message is not None else None


def fold_repeats(rows: Sequence[ActivityRow], seen: int) -> dict[int, ActivityRow]:
    """Return rows by key, with calls of the same kind in a row folded into one, unless they failed.

    The key is that of the first call, the text that of the last. What came before `seen` and after it is not folded.
    """
    shown: dict[int, ActivityRow] = {}
    first = 0
    for row in rows:
        entry, before = row.entry, shown.get(first)
        if entry is None:
            continue
        # The key stays that of the first call, so the cursor stays where it is while more of them come.
        if before is not None and before.entry is not None and _is_more_of(entry, before.entry, seen):
            shown[first] = replace(row, times=before.times + 1, since=before.since or before.entry.at)
        else:
            first = entry.seq
            shown[first] = row
    return shown


def _is_more_of(entry: Entry, before: Entry, seen: int) -> bool:
    # A failed call always has a row of its own, and the marker never lies inside a folded one.
    if entry.kind != "call" or is_failure(entry) or is_failure(before) or before.seq <= seen < entry.seq:
        return False
    return (entry.kind, entry.event, entry.detail) == (before.kind, before.event, before.detail)


def ordered(shown: Sequence[int], seen: int) -> Iterator[int]:
    """Yield the newest first, with the marker between what is new and what was seen, where there is both."""
    is_marked = not seen
    for seq in reversed(shown):
        if not is_marked and seq <= seen:
            is_marked = True
            # With nothing new above it the marker would say nothing.
            if seq != shown[-1]:
                yield MARKER
        yield seq


def is_shown(entry: Entry, only: str) -> bool:
    """Return whether an entry is to be shown; `only` is one of `SHOWN`."""
    match only:
        case "actions":
            return entry.kind == "act"
        case "API calls":
            return entry.kind == "call"
        case "messages":
            return False
        case "errors":
            return is_failure(entry)
    return True


def message_rows(messages: Sequence[Message], only: str) -> dict[int, ActivityRow]:
    """Return the rows of the messages that are to be shown, the latest first; `only` is one of `SHOWN`."""
    if only in ("actions", "API calls"):
        return {}
    shown = (message for message in messages if only != "errors" or message.is_error)
    return {-message.number: ActivityRow(None, message=message) for message in shown}


def by_time(entries: Sequence[tuple[int, ActivityRow]], messages: Mapping[int, ActivityRow]) -> list[int]:
    """Return the keys of both, the latest first: entries keep their order, messages come in where they were said."""
    waiting = list(messages.items())
    keys: list[int] = []
    for key, row in entries:
        while waiting and row.at is not None and (at := waiting[0][1].at) is not None and at >= row.at:
            keys.append(waiting.pop(0)[0])
        keys.append(key)
    return [*keys, *(key for key, _ in waiting)]


def is_failure(entry: Entry) -> bool:
    """Return whether an entry is about something that went wrong."""
    went_wrong = ("batch.refused", "batch.unknown", "batch.missing", "notice.failed")
    return entry.error is not None or (entry.status or 0) >= 400 or entry.event in went_wrong
