"""One answer as lines to be read: its text first, every other block under its name; and JSON laid out."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from batchtui.answers.blocks import BlockKind
from batchtui.answers.failures import advise
from batchtui.text.counts import size
from batchtui.text.safe import safe, safe_block
from batchtui.tui.pieces import Line, Piece, Tone

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from batchtui.answers.answer import Answer
    from batchtui.answers.blocks import Block

MOST_SHOWN = 400_000
"""Characters that are laid out; what is longer is for the pager."""
_HEADING = re.compile(r"#{1,6} ")
_BULLET = re.compile(r"(\s*(?:[-*+]|\d+[.)]) )(.*)")
_KEY = re.compile(r'(\s*)("(?:[^"\\]|\\.)*")(: ?)(.*)')


def answer_lines(answer: Answer, most: int | None = MOST_SHOWN) -> Iterator[Line]:
    """Yield an answer as a person reads it; of each block `most` characters, None for all."""
    if not answer.line:
        yield (Piece("This line cannot be read as a result: ", Tone.WARN), Piece(safe(answer.reading.message)))
        return
    if answer.error or not answer.message:
        yield from _failure(answer, most)
        return
    blocks = answer.blocks
    alone = len(blocks) == 1 and blocks[0].kind is BlockKind.TEXT
    for at, block in enumerate(sorted(blocks, key=lambda block: block.kind is not BlockKind.TEXT)):
        if at:
            yield ()
        yield from _block(block, most, titled=not alone and block.kind is not BlockKind.TEXT)
    if not blocks:
        yield (Piece("The message has no content.", Tone.DIM),)
    if answer.outcome.value not in ("succeeded", "tool_use"):
        yield ()
        yield (Piece(advise(answer.outcome, None, answer.reading.stop_reason).sentence, Tone.WARN),)


def _failure(answer: Answer, most: int | None) -> Iterator[Line]:
    if answer.reading.error_type:
        yield (Piece(safe(answer.reading.error_type), Tone.BAD),)
        yield ()
    yield from plain_lines(answer.error_message or answer.reading.message, most)
    yield ()
    yield (Piece(advise(answer.outcome, answer.reading.error_type, None).sentence, Tone.WARN),)


def _block(block: Block, most: int | None, *, titled: bool) -> Iterator[Line]:
    if titled:
        yield (Piece(safe(block.title), Tone.ACCENT),)
    if block.kind in (BlockKind.TEXT, BlockKind.SUMMARY):
        yield from markdown_lines(block.text, most)
    elif block.kind is BlockKind.THINKING:
        yield from ((Piece(text, Tone.DIM),) for text in _texts(block.text, most))
    else:
        yield from json_lines(block.text, most)
    for number, citation in enumerate(block.citations, 1):
        place = f", {safe(citation.place)}" if citation.place else ""
        yield (Piece(f"[{number}] ", Tone.ACCENT), Piece(f"{safe(citation.source)}{place}: ", Tone.DIM),
               Piece(f"“{safe(citation.quoted)}”", Tone.DIM))  # fmt: skip


def plain_lines(text: str, most: int | None = MOST_SHOWN) -> Iterator[Line]:
    """Yield a text as it stands."""
    return ((Piece(part),) for part in _texts(text, most))


def markdown_lines(text: str, most: int | None = MOST_SHOWN) -> Iterator[Line]:
    """Yield a text with its headings, lists and code set off; every character of it stays."""
    in_code = False
    for part in _texts(text, most):
        if part.lstrip().startswith("```"):
            in_code = not in_code
            yield (Piece(part, Tone.FAINT),)
        elif in_code:
            yield (Piece(part, Tone.RUNNING),)
        elif _HEADING.match(part):
            yield (Piece(part, Tone.STRONG),)
        elif part.startswith(">"):
            yield (Piece(part, Tone.DIM),)
        elif bullet := _BULLET.fullmatch(part):
            yield (Piece(bullet[1], Tone.ACCENT), Piece(bullet[2]))
        else:
            yield (Piece(part),)


def json_lines(text: str, most: int | None = MOST_SHOWN) -> Iterator[Line]:
    """Yield JSON that is laid out already, with its keys set off."""
    for part in _texts(text, most):
        if found := _KEY.fullmatch(part):
            yield (Piece(found[1]), Piece(found[2], Tone.RUNNING), Piece(found[3], Tone.FAINT), Piece(found[4]))
        else:
            yield (Piece(part),)


def laid_out(raw: bytes) -> str:
    """Return JSON indented; as it came where it cannot be read, or is nested too deeply."""
    try:
        return json.dumps(json.loads(raw), ensure_ascii=False, indent=2)
    except (ValueError, RecursionError):
        return raw.decode("utf-8", "replace")


def _texts(text: str, most: int | None) -> Sequence[str]:
    shown = safe_block(text[:most]).expandtabs(4).split("\n")
    if most is not None and len(text) > most:
        shown += ["", f"… {size(len(text) - most)} more; the pager shows all of it."]
    return shown
