"""The looks can be read: every tone that words are said in stands out from its ground, under the cursor, too."""

from __future__ import annotations

import pytest
from rich.color import Color

from batchtui.tui.rendering.spans import Tone
from batchtui.tui.rendering.themes import DARK, HIGH_CONTRAST, LIGHT, ColourScheme


def luminance(colour: str) -> float:
    """As WCAG 2 reckons it."""
    shares = (part / 255 for part in Color.parse(colour).get_truecolor())
    red, green, blue = (share / 12.92 if share <= 0.03928 else ((share + 0.055) / 1.055) ** 2.4 for share in shares)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def grounds(look: ColourScheme, tone: Tone) -> list[tuple[str, str]]:
    """The pairs of colours in which a tone is seen."""
    style = look.tones[tone]
    letters = style.split(" on ")[0].split()[-1]
    if " on " in style:
        return [(letters, style.split(" on ")[1])]
    assert look.theme.background is not None
    return [(letters, look.theme.background), (letters, look.cursor.removeprefix("on "))]


@pytest.mark.parametrize(
    ("look", "least"), [(DARK, 4.5), (LIGHT, 4.5), (HIGH_CONTRAST, 5.0)], ids=lambda value: str(value)[:12]
)
@pytest.mark.parametrize("tone", [tone for tone in Tone if tone is not Tone.FAINT])
def test_words_can_be_read(look: ColourScheme, least: float, tone: Tone) -> None:
    assert min(contrast(*pair) for pair in grounds(look, tone)) >= (3.0 if tone is Tone.PALE else least)


@pytest.mark.parametrize("tone", [Tone.TEXT, Tone.DIM, Tone.ACCENT, Tone.RUNNING, Tone.GOOD, Tone.BAD, Tone.WARN])
def test_high_contrast_is_high(tone: Tone) -> None:
    letters, ground = grounds(HIGH_CONTRAST, tone)[0]
    assert contrast(letters, ground) >= 7
