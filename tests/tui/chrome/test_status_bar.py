from __future__ import annotations

from decimal import Decimal

import pytest

from batchtui.tui.chrome.status_bar import money_words
from batchtui.tui.rendering.spans import plain


@pytest.mark.parametrize(
    ("spent", "saved", "said"),
    [
        ("0", "0", ""),
        ("4.18", "4.18", "$4.18 today · saved $4.18"),
        ("0.0021", "0", "$0.0021 today"),
    ],
)
def test_today_says_what_it_cost_and_saved(spent: str, saved: str, said: str) -> None:
    assert plain(money_words(Decimal(spent), Decimal(saved))) == said
