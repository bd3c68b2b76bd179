"""Draw a progress bar and write rate and remaining time: `bar`, `pace`."""

from __future__ import annotations

from batchtui.text.durations import countdown
from batchtui.text.numbers import count

SETTLED = 1.0
"""Seconds after which a rate means something."""


def bar(done: int, total: int, columns: int, *, plain: bool = False) -> tuple[str, str, str]:
    """Return the filled part of a bar, its rest, and its share as a label, of so many columns together."""
    share = min(1.0, done / total) if total else 0.0
    # Cut, not rounded: 99.9 % must not read as done.
    label = f" {int(share * 100):3d}%"
    room = max(0, columns - len(label))
    filled = int(room * share + 0.5)
    full, rest = ("=", "-") if plain else ("━", "─")
    return full * filled, rest * (room - filled), label


def pace(done: int, total: int, elapsed: float) -> str:
    """Format how many are done, the rate, and the remaining time; `elapsed` in seconds."""
    said = f"{count(done)} of {count(total)}"
    if elapsed < SETTLED or not done:
        return said
    rate = done / elapsed
    return f"{said}  {count(round(rate))}/s  {countdown(max(0.0, total - done) / rate)} left"
