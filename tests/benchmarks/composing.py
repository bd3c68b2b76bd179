"""Seconds for making checked requests of a table: `python -m tests.benchmarks.composing FILE`."""

from __future__ import annotations

import csv
import sys
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from batchtui.compose import Composer, ComposerOptions, TableOptions, open_table
from batchtui.domain.limits import API_VERSION
from batchtui.intake import CheckOptions
from batchtui.templates import parse_template

if TYPE_CHECKING:
    from pathlib import Path

TEMPLATE = "+++\nsystem = 'You sort tickets.'\nid = 'id'\n+++\nSort this ticket: {{ subject }}\n\n{{ body }}\n"


def write_table(path: Path, rows: int) -> None:
    """Write tickets of about 180 bytes, whose ids have to be made legal."""
    body = 'Some plain text that a customer wrote, with a few "quotes" in it. ' * 2
    with path.open("w", newline="") as file:
        table = csv.writer(file)
        table.writerow(["id", "subject", "body"])
        table.writerows([f"T.{number}", f"Ticket number {number}", body] for number in range(rows))


def compose(path: str) -> float:
    """Seconds for reading, rendering and checking all rows."""
    options = ComposerOptions(check=CheckOptions(api_version=API_VERSION, today=datetime.now(UTC).date()))
    began = time.perf_counter()
    composer = Composer(open_table(path, TableOptions()), parse_template("tickets", TEMPLATE), options)
    made = sum(len(block) for block in composer.blocks())
    seconds = time.perf_counter() - began
    assert made == composer.rows == composer.ids.changed
    return seconds


if __name__ == "__main__":
    print(compose(sys.argv[1]))
