from __future__ import annotations

import pytest

from batchtui.text.safe import one_line, sanitize, sanitize_block, sanitize_char


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain", "plain"),
        ("\x1b[31mred\x1b[0m", "␛[31mred␛[0m"),
        ("\x1b]0;owned\x07", "␛]0;owned␇"),
        ("a\x9b2Jb", "a<U+009B>2Jb"),
        ("del\x7f", "del␡"),
        ("two\nlines\r\tand", "two␊lines␍␉and"),
        ("evil\u202etxt.exe", "evil<U+202E>txt.exe"),
        ("zero\u200bwidth", "zero<U+200B>width"),
        ("line\u2028end", "line<U+2028>end"),
        ("lone\ud800", "lone<U+D800>"),
        ("tag\U000e0041", "tag<U+E0041>"),
        ("nul\x00", "nul␀"),
    ],
)
def test_control_characters_are_made_visible(text: str, shown: str) -> None:
    assert sanitize(text) == shown


@pytest.mark.parametrize("text", ["naïve", "日本語", "👨‍👩‍👧", "می‌خواهم", "[/x] [red]", "`rm -rf`"])
def test_honest_text_stays_as_it_is(text: str) -> None:
    assert sanitize(text) == text


def test_every_safe_text_can_be_encoded_and_drives_nothing() -> None:
    everything = "".join(map(chr, range(0x20000)))

    encoded = sanitize(everything).encode()

    assert not any(byte < 0x20 or byte == 0x7F for byte in encoded)


def test_a_block_keeps_its_lines_and_tabs() -> None:
    assert sanitize_block("one\r\n\ttwo\rthree\x1b[A\n") == "one\n\ttwo␍three␛[A\n"


def test_squeezing_leaves_one_line_with_single_spaces() -> None:
    assert one_line("  a\n\n b\t c \x1b ") == "a b c ␛"


def test_sign_by_sign_nothing_moves() -> None:
    text = "a\x1b\tb\u202e\x9bc\u200b日"

    shown = sanitize_char(text)

    assert len(shown) == len(text)
    assert shown == "a␛␉b\ufffd\ufffdc\ufffd日"
