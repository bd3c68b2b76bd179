"""`transcript_parts` turns a request and its answer into one conversation: turns, calls of tools, and their results.

The request of a later turn holds everything that was said before, so that these two are the whole conversation.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from batchtui.results.content_blocks import BlockKind, blocks_of
from batchtui.text.numbers import amount, count
from batchtui.text.safe import one_line
from batchtui.tui.rendering.answer import block_parts
from batchtui.tui.rendering.plain import MOST_SHOWN, Part
from batchtui.tui.rendering.request import params_of
from batchtui.tui.rendering.spans import Span, Tone

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from batchtui.results.content_blocks import Block
    from batchtui.results.parsed_result import ParsedResult

MOST_MESSAGES = 200
"""Messages that are laid out: the beginning of a longer conversation is left out, and how much of it is said."""
_FIRST_SHOWN = 2
"""Messages at the beginning of a longer conversation that are shown nevertheless: what was asked."""


def transcript_parts(request: bytes, answer: ParsedResult, most: int | None = MOST_SHOWN) -> Iterator[Part]:
    """Yield a conversation in parts; of what is no passage `most` characters a block, None for all."""
    said = params_of(request).get("messages")
    messages = [each for each in said if isinstance(each, dict)] if isinstance(said, list) else []
    if answer.message:
        messages.append({"role": "assistant", "content": answer.content})
    turns = sum(message.get("role") == "assistant" for message in messages)
    yield (Span("conversation ", Tone.STRONG), Span(amount(turns, "turn"), Tone.DIM))
    hidden = range(_FIRST_SHOWN, len(messages) - MOST_MESSAGES) if most is not None else range(0)
    names: dict[str, str] = {}
    turn = 0
    for place, message in enumerate(messages):
        blocks = _blocks(message.get("content"))
        names.update(_called(blocks))
        turn += message.get("role") == "assistant"
        if place in hidden:
            if place == hidden.start:
                yield ()
                yield (Span(f"… {count(len(hidden))} messages are not shown here; [v] shows all", Tone.WARN),)
            continue
        yield ()
        yield _heading(message, turn, blocks)
        for block in blocks:
            named = _named(block, names)
            yield from block_parts(named, most, titled=named.kind is not BlockKind.TEXT)
    if not answer.message:
        yield ()
        yield (Span(one_line(answer.error_message or answer.reading.message or "no answer"), Tone.BAD),)


def _heading(message: Mapping[str, Any], turn: int, blocks: Sequence[Block]) -> Part:
    role = one_line(str(message.get("role", ""))[:60])
    if role == "assistant":
        return (Span(f"{role} ", Tone.ACCENT), Span(f"turn {turn}", Tone.DIM))
    are_results = bool(blocks) and all(block.kind is BlockKind.TOOL_RESULT for block in blocks)
    return (Span(f"{role} ", Tone.ACCENT), Span("results of tools" if are_results else "", Tone.DIM))


def _blocks(content: object) -> tuple[Block, ...]:
    # A string is short for one block of text (Messages API).
    if isinstance(content, str):
        return blocks_of([{"type": "text", "text": content}])
    return blocks_of(content if isinstance(content, list) else [])


def _called(blocks: Sequence[Block]) -> Iterator[tuple[str, str]]:
    """Yield id and name of each call of a tool."""
    for block in blocks:
        call, name = block.raw.get("id"), block.raw.get("name")
        if isinstance(call, str) and isinstance(name, str):
            yield call, name


def _named(block: Block, names: Mapping[str, str]) -> Block:
    """Return the block of a result with the name of the tool that it comes from."""
    name = names.get(str(block.raw.get("tool_use_id")))
    if block.kind is not BlockKind.TOOL_RESULT or name is None:
        return block
    what = "error of" if block.raw.get("is_error") else "result of"
    return replace(block, title=f"{what} {name[:60]}")
