"""The colour schemes of the dashboard: dark, light, high contrast, and the sixteen colours of the terminal itself.

A scheme is chosen by `pick_scheme`. Every pair of text and ground that it gives is tested for contrast.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.style import Style
from textual.theme import Theme

from batchtui.tui.rendering.spans import Tone, Tones

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class ColourScheme:
    """A theme for Textual's own widgets, and the style of every tone."""

    theme: Theme
    tones: Mapping[Tone, str]
    """Styles in Rich's notation."""
    cursor: str
    """The style laid over the row under the cursor."""

    def styles(self) -> Tones:
        """Return the style of every tone, parsed."""
        # Parsed once a scheme, not once a line.
        return {tone: Style.parse(self.tones[tone]) for tone in Tone}


def _look(name: str, *, dark: bool, colours: Mapping[str, str]) -> ColourScheme:
    """Make a scheme of a handful of colours, whose names say what each is for."""
    pick = colours.__getitem__
    theme = Theme(
        name=name, dark=dark, primary=pick("accent"), secondary=pick("running"), accent=pick("accent"),
        warning=pick("warn"), error=pick("bad"), success=pick("good"), foreground=pick("text"),
        background=pick("ground"), surface=pick("ground"), panel=pick("raised"), boost=pick("raised"),
        variables={
            "rule": pick("faint"), "dim": pick("dim"), "raised": pick("raised"), "scrollbar": pick("faint"),
            "scrollbar-hover": pick("dim"), "scrollbar-active": pick("dim"), "scrollbar-background": pick("ground"),
            "scrollbar-background-hover": pick("ground"), "scrollbar-background-active": pick("ground"),
            "scrollbar-corner-color": pick("ground"), "input-cursor-background": pick("text"),
            "input-cursor-foreground": pick("ground"), "input-selection-background": pick("cursor"),
            "block-cursor-background": pick("cursor"), "block-cursor-foreground": pick("strong"),
            "block-cursor-text-style": "bold",
        },
    )  # fmt: skip
    tones = {
        Tone.TEXT: pick("text"), Tone.STRONG: f"bold {pick('strong')}",
        Tone.EMPHASIS: f"italic {pick('text')}", Tone.DIM: pick("dim"),
        Tone.PALE: pick("pale"), Tone.FAINT: pick("faint"), Tone.ACCENT: f"bold {pick('accent')}",
        Tone.HEADING: f"bold {pick('dim')}",
        Tone.RUNNING: pick("running"), Tone.WAITING: pick("waiting"), Tone.GOOD: pick("good"), Tone.BAD: pick("bad"),
        Tone.WARN: pick("warn"), Tone.TRUNCATED: pick("magenta"),
        Tone.REMOVED: f"underline {pick('bad')}", Tone.ADDED: f"underline {pick('good')}",
        Tone.CHIP: f"{pick('ground')} on {pick('accent')}", Tone.HIT: f"bold {pick('ground')} on {pick('warn')}",
        Tone.RED_PLACE: f"{pick('ground')} on {pick('bad')}", Tone.YELLOW_PLACE: f"{pick('ground')} on {pick('warn')}",
        Tone.GREEN_PLACE: f"{pick('ground')} on {pick('good')}", Tone.CYAN_PLACE: f"{pick('ground')} on {pick('cyan')}",
        Tone.BLUE_PLACE: f"{pick('ground')} on {pick('running')}",
        Tone.MAGENTA_PLACE: f"{pick('ground')} on {pick('magenta')}",
    }  # fmt: skip
    return ColourScheme(theme, tones, f"on {pick('cursor')}")


DARK = _look("dark", dark=True, colours={
    "ground": "#15171b", "raised": "#1d2026", "cursor": "#262b34", "faint": "#363b45", "pale": "#727986",
    "dim": "#8d94a1",
    "text": "#ced3dc", "strong": "#f1f3f6", "accent": "#e08a65", "running": "#6fb3f2", "waiting": "#a7aebb",
    "good": "#86c07f", "bad": "#ef7a82", "warn": "#e3b657", "cyan": "#6cc5c1", "magenta": "#c79be6",
})  # fmt: skip
LIGHT = _look("light", dark=False, colours={
    "ground": "#fbfaf7", "raised": "#f1efe9", "cursor": "#e6e2d8", "faint": "#cfcbc0", "pale": "#7d818a",
    "dim": "#5d626b",
    "text": "#2b2f36", "strong": "#0f1216", "accent": "#a34320", "running": "#1a5fb8", "waiting": "#5c626c",
    "good": "#2b6e31", "bad": "#b5202f", "warn": "#8a5a00", "cyan": "#0f6b70", "magenta": "#7d3aa3",
})  # fmt: skip
HIGH_CONTRAST = _look("high-contrast", dark=True, colours={
    "ground": "#000000", "raised": "#000000", "cursor": "#0b2a78", "faint": "#8a8a8a", "pale": "#b8b8b8",
    "dim": "#d8d8d8",
    "text": "#ffffff", "strong": "#ffffff", "accent": "#ffd75f", "running": "#6fd6ff", "waiting": "#ffffff",
    "good": "#6dff6d", "bad": "#ff8080", "warn": "#ffff5f", "cyan": "#5fffff", "magenta": "#ffafff",
})  # fmt: skip

_ANSI_TONES = {
    Tone.TEXT: "", Tone.STRONG: "bold", Tone.EMPHASIS: "italic", Tone.DIM: "dim", Tone.PALE: "dim", Tone.FAINT: "dim",
    Tone.ACCENT: "bold magenta", Tone.HEADING: "bold dim", Tone.RUNNING: "blue", Tone.WAITING: "cyan",
    Tone.GOOD: "green", Tone.BAD: "red", Tone.WARN: "yellow", Tone.TRUNCATED: "magenta", Tone.REMOVED: "underline red",
    Tone.ADDED: "underline green", Tone.CHIP: "reverse", Tone.HIT: "bold underline reverse",
    Tone.RED_PLACE: "reverse red", Tone.YELLOW_PLACE: "reverse yellow",
    Tone.GREEN_PLACE: "reverse green", Tone.CYAN_PLACE: "reverse cyan",
    Tone.BLUE_PLACE: "reverse blue", Tone.MAGENTA_PLACE: "reverse magenta",
}  # fmt: skip
ANSI = ColourScheme(
    Theme(
        name="ansi", ansi=True, primary="ansi_magenta", secondary="ansi_blue", warning="ansi_yellow",
        error="ansi_red", success="ansi_green", accent="ansi_magenta", foreground="ansi_default",
        background="ansi_default", surface="ansi_default", panel="ansi_default", boost="ansi_default",
        variables={
            "rule": "ansi_bright_black", "dim": "ansi_default", "raised": "ansi_default",
            "scrollbar": "ansi_bright_black", "scrollbar-hover": "ansi_white", "scrollbar-active": "ansi_white",
            "scrollbar-background": "ansi_default", "scrollbar-background-hover": "ansi_default",
            "scrollbar-background-active": "ansi_default", "scrollbar-corner-color": "ansi_default",
            "input-cursor-background": "ansi_default", "input-cursor-foreground": "ansi_default",
            "input-cursor-text-style": "reverse", "input-selection-background": "ansi_bright_blue",
            "input-selection-foreground": "ansi_black", "block-cursor-background": "ansi_default",
            "block-cursor-foreground": "ansi_default", "block-cursor-text-style": "reverse",
            "ansi-background": "ansi_black", "ansi-foreground": "ansi_white",
        },
    ),
    _ANSI_TONES,
    "reverse",
)  # fmt: skip
"""Uses only what the terminal gives, also without any colour: weight and reverse then say everything."""

LOOKS: Mapping[str, ColourScheme] = {look.theme.name: look for look in (DARK, LIGHT, HIGH_CONTRAST, ANSI)}
"""All schemes by name, in the order of the key that changes them."""


def pick_scheme(wanted: str, *, colours: int, light: bool) -> ColourScheme:
    """Return the scheme for a setting.

    Args:
        wanted: the name of a scheme, or `auto` for the one that goes with the ground of the terminal.
        colours: how many the terminal has; 0 where none may be used.
        light: whether the ground of the terminal is light.
    """
    # Our own colours need 256; with fewer the terminal would choose the nearest, which may be unreadable.
    if colours < 256:
        return ANSI
    return LOOKS.get(wanted, LIGHT if light else DARK)
