"""One entry of the journal, whole: what a person tells whoever helps them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from batchtui.text import events as happening
from batchtui.text.durations import stamp
from batchtui.text.safe import one_line
from batchtui.tui.dialogs.message_box import MessageBox
from batchtui.tui.rendering.spans import Line, Span, Tone

if TYPE_CHECKING:
    from collections.abc import Iterator

    from batchtui.domain.batch import Batch
    from batchtui.registry.journal import Entry


class EntryBox(MessageBox):
    """Shows one entry until a key is pressed."""

    def __init__(self, entry: Entry, about: tuple[str, Batch | None]) -> None:
        """`about`: the name of what it is about, and the batch where it is one."""
        super().__init__(entry_lines(entry, *about))


def entry_lines(entry: Entry, name: str, batch: Batch | None) -> Iterator[Line]:
    """Yield what an entry holds, a fact a line; what it does not have is left out."""
    yield (Span(happening.event_word(entry.event), Tone.BAD if entry.error else Tone.STRONG),)
    yield ()
    took = "" if entry.milliseconds is None else f"{entry.milliseconds:,} ms"
    noted = happening.details(entry.detail)
    facts = {
        "when": stamp(entry.at),
        "about": "" if name in (entry.batch_id, entry.job) else name,
        "came to": happening.event_sentence(entry.event, entry.detail, batch) if entry.event == "batch.ended" else "",
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
