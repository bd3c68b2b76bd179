"""Seconds for checking a file and for json.loads over its lines: `python -m tests.benchmarks.checks FILE`."""

from __future__ import annotations

import json
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from batchtui.domain.limits import API_VERSION
from batchtui.intake import CheckOptions, Intake


def check(source: str) -> float:
    """Seconds for all checks of a file."""
    intake = Intake([source], CheckOptions(api_version=API_VERSION, today=datetime.now(UTC).date()))
    began = time.perf_counter()
    for _ in intake.blocks():
        pass
    seconds = time.perf_counter() - began
    assert intake.report().errors == 0
    return seconds


def parse(source: str) -> float:
    """Seconds for json.loads over its lines."""
    with Path(source).open("rb") as file:
        began = time.perf_counter()
        for line in file:
            json.loads(line)
        return time.perf_counter() - began


if __name__ == "__main__":
    print(check(sys.argv[1]), parse(sys.argv[1]))
