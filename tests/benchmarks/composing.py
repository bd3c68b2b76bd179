"""Seconds for making checked requests of a table: `python -m tests.benchmarks.composing FILE`.

Beside them the seconds for the same lines by csv and json alone, unchecked, with ids that may be illegal.
"""

from __future__ import annotations

import csv
import json
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


def write_plainly(path: str) -> float:
    """Seconds for the lines of all rows, made in the plain way."""
    began = time.perf_counter()
    with open(path, newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            content = f"Sort this ticket: {row['subject']}\n\n{row['body']}"
            params = {"model": "m", "max_tokens": 4096, "system": "You sort tickets."}
            messages = [{"role": "user", "content": content}]
            json.dumps({"custom_id": row["id"], "params": {**params, "messages": messages}}).encode()
    return time.perf_counter() - began


if __name__ == "__main__":
    print(compose(sys.argv[1]), write_plainly(sys.argv[1]))
