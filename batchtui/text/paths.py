"""How a path is said: from the home folder, where it lies there, and safe to show."""

from __future__ import annotations

from pathlib import Path

from batchtui.text.safe import squeezed


def said_path(path: str | Path) -> str:
    """Say a path: `~/work/tickets.jsonl`; what is no absolute path is said as it is."""
    home, place = Path.home(), Path(path)
    return squeezed(f"~/{place.relative_to(home)}" if place != home and place.is_relative_to(home) else str(path))
