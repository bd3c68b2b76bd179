"""The other side of an index built in a process of its own: lengths in, and at last what the results add up to.

It ends by itself when its parent does; what it leaves then, an index without a name, is what the parent leaves, too.
"""

from __future__ import annotations

import json
import os
import sqlite3
import sys
from pathlib import Path
from typing import IO, TYPE_CHECKING

from batchtui.registry.results.index import BLOCK, IndexBuilder

if TYPE_CHECKING:
    from batchtui.registry.results.summary import ResultSummary


def serve() -> None:
    """Build the index that the first line names."""
    lines = sys.stdin.buffer
    if not (first := lines.readline()):
        return
    raw, target = map(Path, json.loads(first))
    try:
        summary = _index(raw, target, lines)
        answer = ("built", summary.to_json()) if summary else None
    except (OSError, sqlite3.Error) as error:
        answer = ("refused", str(error))
    if answer:
        os.write(1, json.dumps(answer).encode() + b"\n")


def _index(raw: Path, target: Path, lines: IO[bytes]) -> ResultSummary | None:
    """Read what is told to be there, until the word that it is all; None where the parent has gone before that."""
    builder = IndexBuilder(target)
    with raw.open("rb", buffering=0) as file:
        for line in lines:
            told = json.loads(line)
            if isinstance(told, list):
                index, part = told
                return builder.finish((Path(index), part) if index else None)
            while told:
                block = file.read(min(told, BLOCK))
                if not block:
                    raise OSError("the results were changed while they were indexed")
                told -= len(block)
                builder.feed(block)
    return None
