"""Answers as rendered Markdown: every word stays, no line is too wide, and the first screenful never waits."""

from __future__ import annotations

import time
from itertools import islice

import pytest

from batchtui.tui.rendering.markdown import CHUNK, chunks, json_text, markdown_lines, rendered_parts
from batchtui.tui.rendering.plain import MarkdownText, plain_parts
from batchtui.tui.rendering.spans import Span, Tone, plain, width
from tests.tui.sample_batches import HOSTILE

DOCUMENT = """# Title

Some **bold**, *slanted* and `code`, [a link](https://example.org).
A [bare](<https://example.org/a b>) one.

1. first
2. second
   - inner
   - other

> quoted

```python
if x:
    y()
```

| name | amount |
|---|---:|
| apples | 12 |

<details>tags stay</details>

---
end"""


def _rendered(text: str, columns: int = 60) -> list[str]:
    return [plain(line).rstrip() for line in markdown_lines(text, columns)]


def _toned(text: str, tone: Tone) -> list[str]:
    return [piece.text for line in markdown_lines(text, 60) for piece in line if piece.tone is tone]


def test_a_document_is_laid_out() -> None:
    assert _rendered(DOCUMENT) == [
        "Title", "",
        "Some bold, slanted and code, a link (https://example.org). A",
        "bare (https://example.org/a%20b) one.", "",
        "1. first", "2. second", "   • inner", "   • other", "",
        "│ quoted", "",
        "  if x:", "      y()", "",
        "name    amount", "──────  ──────", "apples      12", "",
        "<details>tags stay</details>", "",
        "─" * 60, "",
        "end",
    ]  # fmt: skip


def test_emphasis_has_tones_and_no_signs() -> None:
    assert _toned("**bold** and *slanted* and ~~gone~~", Tone.STRONG) == ["bold"]
    assert _toned("**bold** and *slanted* and ~~gone~~", Tone.EMPHASIS) == ["slanted"]


WIDE = (DOCUMENT, "日本語の要約 " * 50, "x" * 500, "| a | b |\n|---|---|\n| " + "long " * 40 + "| c |")
HUGE = {
    "words": "a " * 5_000_000, "stars": "*" * 5_000_000, "brackets": "[" * 5_000_000, "quotes": "> " * 100_000 + "x",
    "lists": "- " * 100_000, "bars": "|" * 1_000_000,
}  # fmt: skip


@pytest.mark.parametrize("columns", [20, 40, 79, 200])
@pytest.mark.parametrize("text", WIDE)
def test_no_line_is_wider_than_there_is_room(text: str, columns: int) -> None:
    assert max(width(line) for line in markdown_lines(text, columns)) <= columns


@pytest.mark.parametrize("hostile", [*HOSTILE, "&#27;[31m", "[x](javascript:\x1b[31m)", "![\x1b](\x07)", "`\x9b31m`"])
def test_nothing_that_drives_a_terminal_comes_through(hostile: str) -> None:
    for line in markdown_lines(f"{hostile}\n\n# {hostile}\n\n| {hostile} |\n|---|\n", 40):
        assert not any(ord(char) < 32 or 0x7F <= ord(char) < 0xA0 or char in "\u202e\u2066" for char in plain(line))


@pytest.mark.parametrize("what", HUGE)
def test_the_first_screenful_of_a_huge_text_takes_no_longer(what: str) -> None:
    began = time.process_time()
    assert list(islice(rendered_parts([MarkdownText(HUGE[what])], 80), 50))
    assert time.process_time() - began < 5


def test_a_text_is_cut_between_paragraphs_and_never_in_a_fence() -> None:
    text = "\n\n".join(["one two " * 100, "```\n" + "code\n\n" * 3_000 + "```", "last"])
    cut = list(chunks(text))
    assert sum(chunk.count("code") for chunk in cut) == 3_000
    assert [chunk.count("```") for chunk in cut if "```" in chunk] == [2]
    assert all(len(chunk) <= CHUNK or "```" in chunk for chunk in cut)


def test_text_too_long_to_render_is_reported() -> None:
    last = list(rendered_parts([MarkdownText("word " * 1_000), MarkdownText("more")], 80, most=1_000))
    assert "the pager shows all of it" in "\n".join(plain(line) for line in last)


def test_our_own_lines_pass_through() -> None:
    own = (Span("**as it is**", Tone.WARN),)
    assert list(rendered_parts([own], 10)) == [own]


@pytest.mark.parametrize("text", ['{"a": [1]}', '```json\n{"a": [1]}\n```', "[1, 2]"])
def test_json_is_laid_out_instead(text: str) -> None:
    lines = [plain(line) for line in rendered_parts([MarkdownText(text)], 40)]
    assert lines == (json_text(text) or "").split("\n")
    assert len(lines) > 2


@pytest.mark.parametrize("text", ["{not json}", '"text"', "12", "", "[a link](https://example.org)"])
def test_text_that_is_not_json_is_unchanged(text: str) -> None:
    assert json_text(text) is None


@pytest.mark.parametrize("text", [DOCUMENT, "\ttab\n\n\n  two  spaces", "- a\n* b\n+ c\n10) d"])
def test_as_text_every_character_stays(text: str) -> None:
    assert "\n".join(plain(line) for line in plain_parts([MarkdownText(text)])) == text.expandtabs(4)


def test_as_text_says_where_it_breaks_off() -> None:
    lines = [plain(line) for line in plain_parts([MarkdownText("x" * 50), MarkdownText("never")], 20)]
    assert lines[0] == "x" * 20
    assert "pager" in lines[2]
