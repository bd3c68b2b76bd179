"""The options that every command takes: `GlobalOptions`.

They have a module of their own so that `--help` loads no session, and a session no click.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(slots=True)
class GlobalOptions:
    """Options that may stand before or after the command; where both are given, the later one holds."""

    home: Path | None = None
    profile: str | None = None
    read_only: bool = False
    json: bool = False
