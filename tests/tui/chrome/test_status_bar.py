from __future__ import annotations

from decimal import Decimal

import pytest

from batchtui.tui.chrome.status_bar import money_words, warning_badge
from batchtui.tui.rendering.spans import Tone, plain


@pytest.mark.parametrize(("spent", "said"), [("0", ""), ("4.18", "$4.18 today"), ("0.0021", "<$0.01 today")])
def test_the_top_line_says_what_today_has_cost(spent: str, said: str) -> None:
    assert plain(money_words(Decimal(spent))) == said


def test_warnings_are_a_badge_on_a_ground_of_its_own_with_their_key() -> None:
    badge, key = warning_badge(2, "!")
    assert (badge.text, badge.tone) == (" 2 warnings ", Tone.YELLOW_PLACE)
    assert key.text == " [!]"
    assert warning_badge(0, "!") == ()
