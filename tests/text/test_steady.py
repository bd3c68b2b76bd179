from __future__ import annotations

import pytest
from wcwidth import wcwidth

from batchtui.text.layout.widths import normalize_width


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain", "plain"),
        ("👩‍👩‍👧 family", "👩👩👧 family"),
        ("👍🏽 fine", "👍 fine"),
        ("✌🏽✌️🏽", "✌✌"),
        ("❤️ and ☎️", "❤ and ☎"),
        ("1️⃣ first", "1 first"),
        ("🇧🇷 São Paulo", "BR São Paulo"),
        ("🏳️‍🌈x", "🏳🌈x"),
    ],
)
def test_signs_of_doubtful_width_are_parted(text: str, shown: str) -> None:
    assert normalize_width(text) == shown


@pytest.mark.parametrize("text", ["日本語", "é e\u0301", "می‌خواهم", "● running ━━━╺──", "क्‍ष"])
def test_other_scripts_and_our_own_signs_stay(text: str) -> None:
    assert normalize_width(text) == text


@pytest.mark.parametrize("text", ["👩‍👩‍👧", "👍🏽", "❤️", "1️⃣", "🇧🇷", "🏳️‍🌈", "👩🏽‍🚀"])
def test_sign_by_sign_or_all_together_the_width_is_the_same(text: str) -> None:
    from rich.cells import cell_len

    shown = normalize_width(text)

    assert cell_len(shown) == sum(max(0, wcwidth(sign)) for sign in shown)
