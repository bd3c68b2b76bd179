"""Write a page of the manual as plain text: `to_plain_text`.

It reads the Markdown that the manual uses (headings, paragraphs, lists, tables, fenced code) and no more: a parser of
all of Markdown would take longer to import than `batchtui help` may take to start.
"""

from __future__ import annotations

import re
import textwrap
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_COMMENT = re.compile(r"<!--.*?-->\n?", re.DOTALL)
_LINK = re.compile(r"\[([^\]]+)\]\(([^)\s]+)\)")
_PAGE = re.compile(r"([a-z]+)\.md(?:#.*)?")
_BOLD = re.compile(r"\*\*(.+?)\*\*")
_ITEM = re.compile(r"- |\d+\. ")
_CELL_END = re.compile(r"(?<!\\)\|")
_WIDEST_TERM = 24
"""Columns of the first cell of a table of two beside which the other one is wrapped."""
_LONGEST_REMARK = 40
"""Characters of a middle cell that still stands beside the first one."""


def to_plain_text(page: str, width: int) -> str:
    """Return a page as text of lines that are at most `width` columns wide; code is never wrapped."""
    blocks: list[str] = []
    # Comments are for programs (`commands_of`), not for readers.
    for block in _blocks(_COMMENT.sub("", page)):
        blocks.append("\n".join(_write(block, width)))
    return "\n\n".join(block for block in blocks if block) + "\n"


def _blocks(page: str) -> Iterator[list[str]]:
    """Yield the lines of each block: what blank lines separate, and fenced code as one."""
    block: list[str] = []
    fenced = False
    for line in page.splitlines():
        if line.startswith("```"):
            if not fenced and block:
                yield block
                block = []
            fenced = not fenced
            block.append(line)
            if not fenced:
                yield block
                block = []
        elif line.strip() or fenced:
            block.append(line)
        elif block:
            yield block
            block = []
    if block:
        yield block


def _write(block: Sequence[str], width: int) -> Iterator[str]:
    first = block[0]
    if first.startswith("```"):
        yield from (f"    {line}".rstrip() for line in block[1:-1])
    elif first.startswith("#"):
        title = _inline(first.lstrip("#").strip())
        yield title
        yield ("=" if first.startswith("# ") else "-") * len(title)
        if len(block) > 1:
            yield from _write(block[1:], width)
    elif first.startswith("|"):
        yield from _table(block, width)
    elif _ITEM.match(first):
        yield from _items(block, width)
    # Pictures are left out: a terminal cannot show them.
    elif not first.startswith("!["):
        yield from _wrap(" ".join(block), width)


def _items(block: Sequence[str], width: int) -> Iterator[str]:
    """Write a list: lines that do not begin an item continue the one above."""
    items: list[str] = []
    for line in block:
        if _ITEM.match(line):
            items.append(line)
        else:
            items[-1] += f" {line.strip()}"
    for item in items:
        yield from _wrap(item, width, rest="  ")


def _table(block: Sequence[str], width: int) -> Iterator[str]:
    """Write a table in columns where its rows fit the width, and else each row as an entry with its cells below."""
    # Markdown writes a bar inside a cell as `\|`, and the second line of a table is its ruler.
    rows = [[_inline(cell.strip()) for cell in _CELL_END.split(line.strip()[1:-1])] for line in block]
    head, body = rows[0], rows[2:]
    widths = [max(len(row[column]) for row in (head, *body)) for column in range(len(head))]
    if sum(widths) + 2 * len(widths) <= width:
        for row in (head, *body):
            yield "  ".join(cell.ljust(room) for cell, room in zip(row, widths, strict=True)).rstrip()
        return
    if len(head) == 2 and widths[0] <= _WIDEST_TERM:
        for row in body:
            yield from _wrap(row[1], width, first=f"{row[0].ljust(widths[0])}  ", rest=" " * (widths[0] + 2))
        return
    for number, row in enumerate(body):
        if number:
            yield ""
        yield from _entry(head, row, width)


def _entry(head: Sequence[str], row: Sequence[str], width: int) -> Iterator[str]:
    remarks = [f"{name}: {cell}" for name, cell in zip(head[1:-1], row[1:-1], strict=True) if cell != "–"]
    short = [remark for remark in remarks if len(remark) <= _LONGEST_REMARK]
    yield from _wrap(row[0] + (f"  ({', '.join(short)})" if short else ""), width, rest="  ")
    for cell in (row[1 + place] for place, remark in enumerate(remarks) if remark not in short):
        yield from _wrap(cell, width, first="    ", rest="    ")
    if row[-1] != "–":
        yield from _wrap(row[-1], width, first="    ", rest="    ")


def _wrap(text: str, width: int, *, first: str = "", rest: str = "") -> list[str]:
    return textwrap.wrap(
        _inline(text), width, initial_indent=first, subsequent_indent=rest, break_long_words=False,
        break_on_hyphens=False,
    )  # fmt: skip


def _inline(text: str) -> str:
    """Return text without the marks of links and bold; code keeps its backticks, which say what can be typed."""
    return _BOLD.sub(r"\1", _LINK.sub(_link, text)).replace("\\|", "|")


def _link(found: re.Match[str]) -> str:
    text, target = found[1], found[2]
    page = _PAGE.fullmatch(target)
    return f"{text} (`batchtui help {page[1]}`)" if page else f"{text} ({target})" if "://" in target else text
