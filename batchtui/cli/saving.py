"""Waiting for the end and saving what came of it: what `wait`, `results` and `submit --wait` share."""

from __future__ import annotations

from pathlib import Path

from batchtui.domain.errors import OutputExists

STDOUT = "-"


def refuse_existing(output: str | None, *, overwrite: bool = False) -> None:
    """Refuse an OUTPUT that exists before anything is sent or waited for, not hours later. Raises `OutputExists`."""
    if output and output != STDOUT and not overwrite and Path(output).exists():
        raise OutputExists(f"{output} exists.", hint="Name another file, or say --overwrite where the verb has it.")
