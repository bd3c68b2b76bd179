"""`EntryBox` shows one entry of the journal in full, with the request id that support asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from batchtui.text.durations import stamp
from batchtui.text.safe import one_line
from batchtui.text.sentences import events
from batchtui.tui.dialogs.message_box import MessageBox
from batchtui.tui.rendering.spans import Line, Span, Tone

if TYPE_CHECKING:
    from collections.abc import Iterator

    from batchtui.domain.batches.batch import Batch
    from batchtui.registry.journal import Entry


class EntryBox(MessageBox):
    """Shows one entry until a key is pressed."""

    def __init__(self, entry: Entry, about: tuple[str, Batch | None]) -> None:
        """`about` is the name of what the entry is about, and the batch where it is one."""
        super().__init__(entry_lines(entry, *about))


def entry_lines(entry: Entry, name: str, batch: Batch | None) -> Iterator[Line]:
    """Yield the facts of an entry, one a line; what it does not have is left out."""
    yield (Span(events.event_word(entry.event), Tone.BAD if entry.error else Tone.STRONG),)
    yield ()
    took = "" if entry.milliseconds is None else f"{max(0, entry.milliseconds):,} ms"
    noted = events.details(entry.detail)
    facts = {
        "when": stamp(entry.at),
        "about": "" if name in (entry.batch_id, entry.job) else name,
        "outcome": events.event_sentence(entry.event, entry.detail, batch) if entry.event == "batch.ended" else "",
        "id": entry.batch_id,
        "job": entry.job,
        "status": None if entry.status is None else str(entry.status),
        "took": took,
        "request id": entry.request_id,
        "error": entry.error,
        **({str(name): str(value) for name, value in noted.items()} if noted else {"call": entry.detail}),
    }
    for name, value in facts.items():
        if value:
            yield (Span(f"{one_line(name):<12}", Tone.DIM), Span(one_line(value)))
