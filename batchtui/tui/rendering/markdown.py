"""`rendered_parts` renders the parts of an answer as Markdown, chunk by chunk, as far as lines are asked for.

A screenful costs no more than it holds, however long the text: Textual's own Markdown widget builds a widget for each
paragraph, which takes seconds for a long answer.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from batchtui.results.content_blocks import as_json
from batchtui.results.structured_output import NotJsonError, parse_text
from batchtui.text.numbers import size
from batchtui.text.safe import sanitize, sanitize_block
from batchtui.tui.rendering.markdown_tables import table_lines
from batchtui.tui.rendering.plain import MarkdownText, json_lines
from batchtui.tui.rendering.spans import NOTHING, Line, Span, Tone, flow, wrapped

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from markdown_it import MarkdownIt
    from markdown_it.token import Token

    from batchtui.tui.rendering.plain import Part

MOST_RENDERED = 200_000
"""Characters that are rendered; the rest is left to the pager."""
CHUNK = 8_000
"""Characters that are parsed at once where a text has no blank lines: parsing some texts takes the square of their
length.
"""
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_INLINE = {"strong_open": Tone.STRONG, "em_open": Tone.EMPHASIS, "s_open": Tone.PALE, "link_open": Tone.ACCENT}


def rendered_parts(parts: Iterable[Part], columns: int, most: int = MOST_RENDERED) -> Iterator[Line]:
    """Yield the parts, with passages rendered for a width; `most` characters of all passages together.

    A passage that is JSON as a whole, as structured answers are, is indented instead.
    """
    for part in parts:
        if not isinstance(part, MarkdownText):
            yield part
            continue
        if (laid_out := json_text(part.text)) is not None:
            yield from json_lines(laid_out, max(0, most))
            most -= len(laid_out)
            continue
        yield from markdown_lines(part.text[: max(0, most)], columns)
        if len(part.text) > most:
            yield NOTHING
            yield (Span(f"… {size(len(part.text) - max(0, most))} more; the pager shows all of it.", Tone.DIM),)
        most -= len(part.text)


def json_text(text: str) -> str | None:
    """Return a text indented where it is one JSON object or array, in a fence or not; else None."""
    # Most texts are no JSON, and this is cheaper than parsing them.
    if text.lstrip()[:1] not in ("{", "[", "`"):
        return None
    try:
        value = parse_text(text)
    except NotJsonError:
        return None
    return as_json(value) if isinstance(value, (dict, list)) else None


def markdown_lines(text: str, columns: int) -> Iterator[Line]:
    """Yield a text rendered as Markdown. HTML stays as text: answers use tags to say something."""
    # Sanitised before it is parsed, so that no token holds a control character.
    for at, chunk in enumerate(chunks(sanitize_block(text).expandtabs(4))):
        if at:
            yield NOTHING
        yield from _MarkdownWriter(columns).lines(_parser().parse(chunk))


@cache
def _parser() -> MarkdownIt:
    from markdown_it import MarkdownIt

    # HTML stays as text: answers use tags to say something, and none may vanish.
    return MarkdownIt("commonmark").enable(["table", "strikethrough"]).disable(["html_block", "html_inline"])


def chunks(text: str) -> Iterator[str]:
    """Yield a text in pieces that can be parsed alone: each begins with a paragraph, outside of fences and lists.

    A line longer than `CHUNK` is cut.
    """
    kept: list[str] = []
    length = 0
    fence = ""
    ended = False
    for line in text.split("\n"):
        for part in (line[start : start + CHUNK] for start in range(0, len(line) or 1, CHUNK)):
            # Lines that are indented may belong to a list item, and a fence must stay in one piece.
            begins = ended and bool(part) and not part[0].isspace()
            if kept and not fence and (begins or length + len(part) > CHUNK):
                yield "\n".join(kept)
                kept, length = [], 0
            kept.append(part)
            length += len(part)
        fence = _fence_after(line, fence)
        ended = not line.strip() and not fence
    yield "\n".join(kept)


def _fence_after(line: str, fence: str) -> str:
    """Return the fence that is open after this line; empty where none is."""
    found = _FENCE.match(line)
    if not fence:
        return found[1] if found else ""
    closes = found and found[1][0] == fence[0] and len(found[1]) >= len(fence) and line.strip() == found[1]
    return "" if closes else fence


class _MarkdownWriter:
    """Turns the tokens of one chunk into lines, and keeps track of the quotes and lists that it is inside."""

    def __init__(self, columns: int) -> None:
        self._columns = columns
        self._within: list[tuple[Span, Span, bool]] = []
        """For each quote and list item around: the prefix of its first line, of its others, whether the first was used.
        """
        self._numbers: list[int | None] = []
        """For each list around: the number of its next item; None for a bullet list."""
        self._is_apart = False
        """Whether a blank line comes before the next block."""
        self._tone = Tone.TEXT

    def lines(self, tokens: Sequence[Token]) -> Iterator[Line]:
        """Yield the lines of all tokens; a table is collected first, since its widths depend on all rows."""
        table: list[list[list[Span]]] | None = None
        right: list[bool] = []
        for token in tokens:
            if token.type == "table_open":
                table, right = [], []
            elif token.type == "th_open":
                right.append("right" in str(token.attrGet("style")))
            elif table is not None and token.type == "tr_open":
                table.append([])
            elif table is not None and token.type == "inline":
                table[-1].append(inline(token.children or ()))
            elif table is not None and token.type == "table_close":
                yield from self._block(table_lines(table, self._room, right))
                table = None
            else:
                yield from self._token(token)

    def _token(self, token: Token) -> Iterator[Line]:
        match token.type:
            case "inline":
                yield from self._block(self._flowed(inline(token.children or (), self._tone)))
            case "fence" | "code_block":
                yield from self._block(_code(token.content, self._room))
            case "hr":
                yield from self._block([(Span("─" * self._room, Tone.FAINT),)])
            case _:
                self._go(token)

    def _go(self, token: Token) -> None:
        """Enter or leave a block."""
        match token.type:
            case "paragraph_close":
                # A hidden paragraph is an item of a tight list: no blank line after it.
                self._is_apart = not token.hidden
            case "heading_open":
                self._tone = Tone.ACCENT if token.tag == "h1" else Tone.STRONG
            case "heading_close":
                self._tone, self._is_apart = Tone.TEXT, True
            case "blockquote_open":
                self._within.append((Span("│ ", Tone.FAINT), Span("│ ", Tone.FAINT), False))
            case "bullet_list_open" | "ordered_list_open":
                ordered = token.type == "ordered_list_open"
                self._numbers.append(int(token.attrGet("start") or 1) if ordered else None)
            case "list_item_open":
                self._open_item()
            case "list_item_close" | "blockquote_close":
                self._within.pop()
            case "bullet_list_close" | "ordered_list_close":
                self._numbers.pop()
                # Inner lists end without a blank line.
                self._is_apart = not self._numbers

    def _open_item(self) -> None:
        number = self._numbers[-1]
        mark = "• " if number is None else f"{number}. "
        if number is not None:
            self._numbers[-1] = number + 1
        self._within.append((Span(mark, Tone.ACCENT), Span(" " * len(mark)), False))

    @property
    def _room(self) -> int:
        return max(12, self._columns - sum(len(rest.text) for _, rest, _ in self._within))

    def _flowed(self, pieces: Sequence[Span]) -> Iterator[Line]:
        """Yield pieces broken to the room there is; a hard break ends a line."""
        line: list[Span] = []
        for piece in pieces:
            if piece.text == "\n":
                yield from flow(line, self._room)
                line = []
            else:
                line.append(piece)
        yield from flow(line, self._room)

    def _block(self, lines: Iterable[Line]) -> Iterator[Line]:
        if self._is_apart:
            yield tuple(rest for _, rest, has_begun in self._within if has_begun)
        self._is_apart = True
        for line in lines:
            yield (*(rest if has_begun else first for first, rest, has_begun in self._within), *line)
            self._within = [(first, rest, True) for first, rest, _ in self._within]


def _code(text: str, columns: int) -> Iterator[Line]:
    for line in text.rstrip("\n").split("\n"):
        for part in wrapped(line, columns - 2):
            yield (Span("  "), Span(part, Tone.RUNNING))


def inline(tokens: Sequence[Token], tone: Tone = Tone.TEXT) -> list[Span]:
    """Return inline tokens as pieces. Addresses of links and pictures are written out, since nothing can be clicked.

    Text is sanitised here once more, because the parser resolves character references: `&#27;` becomes escape.
    """
    pieces: list[Span] = []
    tones, addresses = [tone], list[str]()
    for token in tokens:
        if token.nesting > 0:
            tones.append(_INLINE.get(token.type, tones[-1]))
            addresses.append(sanitize(str(token.attrGet("href") or "")))
        elif token.nesting < 0:
            tones.pop()
            address = addresses.pop()
            # An autolink already shows its address.
            if address and (not pieces or pieces[-1].text != address):
                pieces.append(Span(f" ({address})", Tone.DIM))
        else:
            pieces.append(_piece(token, tones[-1]))
    return pieces


def _piece(token: Token, tone: Tone) -> Span:
    match token.type:
        case "code_inline":
            return Span(sanitize(token.content), Tone.RUNNING)
        case "softbreak":
            return Span(" ", tone)
        case "hardbreak":
            return Span("\n")
        case "image":
            said = sanitize(" ".join(filter(None, (token.content, str(token.attrGet("src") or "")))))
            return Span(f"[image {said}]", Tone.DIM)
    return Span(sanitize(token.content), tone)
