"""`answer_parts` turns one answer into lines: its text first, every other block under its name.

Texts that the service cut at its citations are joined again, with `[1]` where one cites. The parts have no width yet:
`plain` or `markdown` lays them out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from batchtui.domain.results.result import Outcome
from batchtui.results.content_blocks import BlockKind, as_json, joined_texts
from batchtui.results.failure_groups import suggest_action
from batchtui.text.safe import sanitize
from batchtui.tui.rendering.plain import MOST_SHOWN, MarkdownText, Part, json_lines, plain_lines
from batchtui.tui.rendering.spans import Span, Tone

if TYPE_CHECKING:
    from collections.abc import Iterator

    from batchtui.results.content_blocks import Block
    from batchtui.results.parsed_result import ParsedResult


def answer_parts(answer: ParsedResult, most: int | None = MOST_SHOWN, *, raw: bytes = b"") -> Iterator[Part]:
    """Yield an answer in parts; of what is no passage `most` characters a block, None for all.

    A line that cannot be read is shown as it came, where it is given in `raw`.
    """
    if not answer.line:
        yield (Span("This line cannot be read as a result: ", Tone.WARN), Span(sanitize(answer.reading.message)))
        yield ()
        yield from plain_lines(raw.decode("utf-8", "replace"), most)
        return
    if answer.error or not answer.message:
        yield from _failure(answer, most)
        return
    blocks = tuple(joined_texts(answer.blocks, "[{}]".format))
    # A lone text needs no name above it; text comes first, since it is what people look for.
    alone = len(blocks) == 1 and blocks[0].kind is BlockKind.TEXT
    cited = 0
    for at, block in enumerate(sorted(blocks, key=lambda block: block.kind is not BlockKind.TEXT)):
        if at:
            yield ()
        yield from block_parts(block, most, titled=not alone and block.kind is not BlockKind.TEXT, cited=cited)
        # Citations are numbered through, as their marks in the joined text are.
        cited += len(block.citations)
    if not blocks:
        yield (Span("The message has no content.", Tone.DIM),)
    # What an incomplete answer means, and what to do, is said below it.
    if answer.outcome.value not in ("succeeded", "tool_use"):
        yield ()
        yield (Span(suggest_action(answer.outcome, None, answer.reading.stop_reason).sentence, Tone.WARN),)


def _failure(answer: ParsedResult, most: int | None) -> Iterator[Part]:
    if answer.reading.error_type:
        yield (Span(sanitize(answer.reading.error_type), Tone.BAD),)
        yield ()
    if said := answer.error_message or answer.reading.message:
        yield from plain_lines(said, most)
        yield ()
    if answer.outcome is Outcome.UNRECOGNIZED:
        yield from json_lines(as_json(answer.result), most)
        yield ()
    yield (Span(suggest_action(answer.outcome, answer.reading.error_type, None).sentence, Tone.WARN),)


def block_parts(block: Block, most: int | None = MOST_SHOWN, *, titled: bool = True, cited: int = 0) -> Iterator[Part]:
    """Yield one block of a message with its citations below it.

    Args:
        block: the block.
        most: characters of it that are laid out; None for all.
        titled: whether its name stands above it.
        cited: how many citations came before, since they are numbered through.
    """
    if titled:
        yield (Span(sanitize(block.title), Tone.ACCENT),)
    if block.kind in (BlockKind.TEXT, BlockKind.SUMMARY):
        yield MarkdownText(block.text)
    elif block.kind in (BlockKind.THINKING, BlockKind.IMAGE, BlockKind.DOCUMENT, BlockKind.HIDDEN_THINKING):
        yield from plain_lines(block.text, most, Tone.DIM)
    else:
        yield from json_lines(block.text, most)
    for number, citation in enumerate(block.citations, cited + 1):
        place = f", {sanitize(citation.place)}" if citation.place else ""
        yield (Span(f"[{number}] ", Tone.ACCENT), Span(f"{sanitize(citation.source)}{place}: ", Tone.DIM),
               Span(f'"{sanitize(citation.quoted)}"', Tone.DIM))  # fmt: skip
