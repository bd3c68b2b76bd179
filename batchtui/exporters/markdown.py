"""Write Markdown: one section a result, for people who read answers rather than tables.

An answer is Markdown itself and stands as it is, with two bounds that `contained` keeps: nothing in it reaches into
the next section, and none of its tags reaches a browser. What is no prose (thinking, tool calls, what tools returned)
stands in fences that nothing in it can close.
"""

from __future__ import annotations

import re
from functools import cache
from typing import IO, TYPE_CHECKING

from batchtui.exporters.columns import cell_text, prompt_of
from batchtui.results.content_blocks import BlockKind, joined_texts
from batchtui.results.json_text import join_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from markdown_it import MarkdownIt

    from batchtui.exporters.columns import ExportColumn
    from batchtui.exporters.record import ExportRecord
    from batchtui.results.content_blocks import AnswerCitation, Block
    from batchtui.results.parsed_result import ParsedResult

MAX_PARSED = 100_000
"""Characters of one text whose structure is looked at; some texts cost the parser the square of their length."""
_BACKTICKS = re.compile(r"`+")
_MARKUP = re.compile(r"[\\`*\[\]<>&|~#]")
_TAG = re.compile(r"<(?=[A-Za-z/!?])")
_ADDRESS = re.compile(r"<(?:https?|ftp|mailto):[^\s<>]*>|<[\w.+-]+@[\w.-]+>", re.IGNORECASE)
_PIECES = re.compile(r"\\.|(?P<code>(?<!`)(`+)(?!`)[^\n|]*?(?<!`)\2(?!`))|<", re.DOTALL)
"""What decides whether a `<` begins a tag: an escape before it, or a code span around it, on one line of one cell."""
_RISKY = re.compile(r"```|~~~|<(?=[A-Za-z/!?])")
_SENTINEL = "Z"


def write_markdown(
    out: IO[bytes],
    entries: Iterable[ExportRecord],
    columns: Sequence[ExportColumn] | None,
    *,
    with_requests: bool,
    is_begun: bool = False,
) -> None:
    """Write a section for each entry: a heading, what became of it, and the answer as it is, or the chosen fields.

    `is_begun`: whether another section stands before them.
    """
    for number, entry in enumerate(entries, int(is_begun)):
        section = _fields(entry, columns) if columns is not None else _section(entry, with_requests=with_requests)
        out.write(join_text(("\n---\n\n" if number else "") + section).encode("utf-8", "replace"))


def _section(entry: ExportRecord, *, with_requests: bool) -> str:
    answer = entry.answer
    parts = [f"## {code(answer.custom_id)}", f"*{_about(entry)}*"]
    if entry.note is not None:
        parts.append(plain(entry.note))
    if entry.reused_from is not None:
        parts.append(f"Answer reused from {code(entry.reused_from)}.")
    said = [
        f"{plain(name)}: {plain(cell_text(value))}" for name, value in entry.annotations.items() if value is not None
    ]
    if said:
        parts.append(" · ".join(said))
    if with_requests and entry.params:
        parts.append(quote(prompt_of(entry.params)))
    if answer.error_message or not answer.line:
        parts.append(quote(answer.error_message or answer.reading.message))
    parts += _content(answer)
    return "\n\n".join(parts) + "\n"


def _content(answer: ParsedResult) -> Iterator[str]:
    """Yield the blocks of an answer in their order, and at the end what its texts lean on."""
    citations: list[AnswerCitation] = []
    for block in joined_texts(answer.blocks, r"\[{}\]".format):
        citations += block.citations
        if block.kind is not BlockKind.TEXT:
            yield _set_apart(block)
        elif text := block.text.strip():
            yield contained(text)
    if citations:
        yield "Sources:\n\n" + "\n".join(f"{at}. {_source(citation)}" for at, citation in enumerate(citations, 1))


def _set_apart(block: Block) -> str:
    """Return a block that is no prose, under its name."""
    title = plain(block.title)
    if block.kind is BlockKind.HIDDEN_THINKING:
        return f"{title}: {plain(block.text)}"
    return f"{title}:\n\n{fenced(block.text)}"


def _source(citation: AnswerCitation) -> str:
    named = ", ".join(plain(part) for part in (citation.source, citation.place) if part)
    quoted = f'"{plain(citation.quoted)}"' if citation.quoted else ""
    return ": ".join(part for part in (named, quoted) if part)


def _about(entry: ExportRecord) -> str:
    answer = entry.answer
    usage = answer.usage
    said = [str(entry.outcome), answer.reading.error_type or "", answer.reading.model or ""]
    if answer.reading.model:
        said.append(f"{usage.total_input} tokens in, {usage.output_tokens} out")
    return " · ".join(plain(part) for part in said if part)


def _fields(entry: ExportRecord, columns: Sequence[ExportColumn]) -> str:
    parts = [f"## {code(entry.answer.custom_id)}"]
    for column in columns:
        parts += [f"**{plain(column.name)}**", contained(cell_text(column.read(entry)).strip())]
    return "\n\n".join(parts).rstrip() + "\n"


def contained(text: str) -> str:
    """Return a Markdown text that ends where it ends, with its HTML tags as text.

    A text whose last block would swallow what follows (a fence that is never closed) is put into a fence of its own,
    longer than any in it.
    """
    if not _RISKY.search(text):
        return text
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if len(text) > MAX_PARSED:
        return fenced(text)
    # The structure is that of the text with its tags as text, since that is what becomes of it.
    tokens = _parser().parse(f"{text}\n\n{_SENTINEL}\n")
    last = tokens[-3] if len(tokens) >= 3 else None
    if last is None or last.type != "paragraph_open" or last.level or tokens[-2].content != _SENTINEL:
        return fenced(text)
    lines = text.split("\n")
    is_code = bytearray(len(lines) + 3)
    for token in tokens:
        if token.type in ("fence", "code_block") and token.map:
            is_code[slice(*token.map)] = b"\1" * (token.map[1] - token.map[0])
    for token in tokens:
        if token.type == "inline" and token.map:
            start, end = token.map
            lines[start:end] = _without_tags("\n".join(lines[start:end])).split("\n")
            is_code[start:end] = b"\1" * (end - start)
    return "\n".join(line if done else _without_tags(line) for line, done in zip(lines, is_code, strict=False))


def _without_tags(text: str) -> str:
    """Return a text in which no `<` begins a tag; code spans and addresses in angle brackets stay."""
    if not _TAG.search(text):
        return text
    kept: list[str] = []
    end = 0
    for piece in _PIECES.finditer(text):
        if piece[0] != "<" or not _TAG.match(text, piece.start()) or _ADDRESS.match(text, piece.start()):
            continue
        kept += (text[end : piece.start()], "\\<")
        end = piece.end()
    return "".join((*kept, text[end:]))


@cache
def _parser() -> MarkdownIt:
    """Return a parser of blocks alone, to which a tag is text."""
    from markdown_it import MarkdownIt

    # Tags become text, so none of them begins a block. Text within lines is not parsed: only blocks are asked for.
    parser = MarkdownIt("commonmark").disable(["html_block"])
    parser.core.ruler.enableOnly(["normalize", "block"])
    return parser


def plain(text: str) -> str:
    """Return a text as one line in which nothing is markup."""
    return _MARKUP.sub(r"\\\g<0>", " ".join(text.split()))


def code(text: str) -> str:
    """Return the text as a code span on one line, so that nothing in it is markup."""
    line = " ".join(text.split()) or "(no custom_id)"
    fence = "`" * (longest_run(line) + 1)
    # CommonMark takes one blank off at each end of a code span (6.1): it keeps the backticks apart.
    pad = " " if line.startswith("`") or line.endswith("`") else ""
    return f"{fence}{pad}{line}{pad}{fence}"


def fenced(text: str) -> str:
    """Return the text as a fenced block that no fence within can end."""
    fence = "`" * max(3, longest_run(text) + 1)
    return f"{fence}\n{text}\n{fence}"


def quote(text: str) -> str:
    """Return the text as a block quote."""
    lines = contained(text.strip()).replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return "\n".join(f"> {line}".rstrip() for line in lines)


def longest_run(text: str) -> int:
    """Return the length of the longest run of backticks."""
    return max((len(run) for run in _BACKTICKS.findall(text)), default=0)
