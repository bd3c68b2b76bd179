"""Search the text of answers in a file of results: `lines_with`.

The file is scanned in blocks; every hit is then parsed, so that a word that is only the name of a JSON key is not
found.
"""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

from batchtui.results.content_blocks import blocks_of
from batchtui.results.parsed_result import parse_result

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

BLOCK = 1 << 18
"""Bytes that are searched at once. A block and its copy in lower case fit into the processor's cache: with blocks of
2 MB the same search takes twice as long. So 1.3 GB take a second and a half, and two processes less than one."""
_TEXT = b'"text":"'
"""What the text of a message begins with; within a text it would be escaped."""


def lines_with(text: str, path: Path, begin: int = 0, end: int | None = None) -> Iterator[tuple[list[int], int]]:
    """Yield for each block of the file where the lines begin that say this text, and up to which byte it is searched.

    Args:
        text: what is looked for.
        path: the file.
        begin: where a line begins, from which it is searched.
        end: where a line begins, up to which; None for the end of the file.
    """
    needles, folded, done = needles_of(text), text.casefold(), begin
    with path.open("rb") as file:
        file.seek(begin)
        while block := file.read(BLOCK if end is None else min(BLOCK, max(0, end - done))):
            if not block.endswith(b"\n"):
                block += file.readline()
            found = [done + start for start in hits(block, needles, folded)]
            done += len(block)
            yield found, done


def needles_of(text: str) -> tuple[bytes, ...]:
    """Return the ways a text can stand in JSON, in lower case as far as ASCII goes."""
    cases = {text} if text.isascii() else {text, text.lower(), text.upper(), text.capitalize()}
    spellings = {json.dumps(case, ensure_ascii=escaped)[1:-1] for case in cases for escaped in (False, True)}
    return tuple(spelling.encode("utf-8", "surrogatepass").lower() for spelling in spellings)


def hits(block: bytes, needles: Sequence[bytes], folded: str) -> Iterator[int]:
    """Yield where the lines begin that say this text in their custom_id, answer or error."""
    lowered = block.lower()
    places = [lowered.find(needle) for needle in needles]
    while any(place >= 0 for place in places):
        first = min(place for place in places if place >= 0)
        start = block.rfind(b"\n", 0, first) + 1
        end = block.find(b"\n", first)
        end = len(block) if end < 0 else end
        if is_in_text(block, start, first) or _says(block[start:end], folded):
            yield start
        places = [
            place if place < 0 or place > end else lowered.find(needle, end)
            for place, needle in zip(places, needles, strict=True)
        ]


def is_in_text(block: bytes, start: int, at: int) -> bool:
    """Return whether what was found in a line stands within the text of a message, told without reading the line.

    A common word stands in most answers, and reading each of them as JSON takes ten times as long as finding it.

    Args:
        block: some lines.
        start: where the line begins.
        at: where something was found in it.
    """
    opened = block.rfind(_TEXT, start, at)
    if opened < 0 or b"\\" in block[at - 5 : at]:  # perhaps in the middle of an escape such as \u00e9
        return False
    before = block[opened + len(_TEXT) : at]
    return b'"' not in before or b'"' not in before.replace(b"\\\\", b"").replace(b'\\"', b"")


def _says(line: bytes, folded: str) -> bool:
    answer = parse_result(line)
    if not answer.line:
        return True
    if folded in answer.custom_id.casefold() or folded in answer.text.casefold():
        return True
    if folded in answer.error_message.casefold():
        return True
    other = [block for block in answer.content if not (isinstance(block, dict) and block.get("type") == "text")]
    return any(folded in block.text.casefold() for block in blocks_of(other))


def has_word(descriptor: int, word: bytes) -> bool:
    """Return whether an open file holds a word, case and all. Blocking, at about 2 GB a second.

    In blocks and not mapped: the pages of a mapped file count as memory of this process.

    Raises:
        OSError: it cannot be read.
    """
    before, offset = b"", 0
    while block := os.pread(descriptor, BLOCK, offset):
        if word in block or word in before + block[: len(word)]:
            return True
        before, offset = block[1 - len(word) :], offset + len(block)
    return False
