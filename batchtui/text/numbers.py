"""Write numbers, amounts and sizes: `count`, `amount`, `size`."""

from __future__ import annotations

_UNITS = ("kB", "MB", "GB", "TB")


def count(number: int) -> str:
    """Format a number with separators: `1,948`."""
    return f"{number:,}"


def short(number: int) -> str:
    """Format a large number, such as tokens, in few characters: `812`, `3.4k`, `25.6M`, `1.2B`."""
    for power, unit in ((3, "B"), (2, "M"), (1, "k")):
        if number >= 999.5 * 1000 ** (power - 1) and number >= 1000:
            value = number / 1000**power
            return f"{value:.0f}{unit}" if value >= 99.5 else f"{value:.1f}{unit}"
    return str(number)


def amount(number: int, noun: str, plural: str | None = None) -> str:
    """Format a number with its noun: `1 request`, `2,000 requests`, `3 batches` (with `plural="batches"`)."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def percent(share: float) -> str:
    """Format a share in a sentence: `44 %`. Columns and bars have `44%`, for lack of room."""
    return f"{100 * share:.0f} %"


def size(number: int) -> str:
    """Format bytes in decimal units, like the API's limits: `812 B`, `3.4 kB`, `258 MB`."""
    if number < 1000:
        return f"{number} B"
    power = 1
    while number >= 999.5 * 1000**power and power < len(_UNITS):
        power += 1
    value = number / 1000**power
    return f"{value:.0f} {_UNITS[power - 1]}" if value >= 99.5 else f"{value:.1f} {_UNITS[power - 1]}"


def bytes_done(done: int, total: int | None) -> str:
    """Format progress in bytes: `12 MB of 250 MB`, or `12 MB` where the total is not known."""
    return f"{size(done)} of {size(total)}" if total else size(done)
