"""The table: `python -m tests.benchmarks [quick] [ROWS…]`, ten minutes; `quick` is a tenth of the size.

All rows are measured where none is named; their names are the keys of `ROWS`.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

from tests.benchmarks import bulk, scale, screens, service
from tests.benchmarks.measuring import Bench

ROWS = {
    "start": screens.starting,
    "look": screens.looking,
    "busy": screens.busy,
    "quit": screens.quitting,
    "hour": screens.an_hour,
    "check": bulk.checking,
    "known": bulk.known,
    "submit": bulk.submitting,
    "small": bulk.many_small,
    "results": bulk.fetching,
    "export": bulk.exporting,
    "million": bulk.a_million,
    "compose": bulk.composing,
    "list": scale.looking_things_up,
    "arrange": scale.arranging,
    "sync": scale.syncing,
    "simulator": service.serving,
}


def main() -> None:
    """Measure everything, one thing after the other."""
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    os.environ["ANTHROPIC_API_KEY"] = "sk-ant-benchmark"
    words = set(sys.argv[1:])
    wanted = words - {"quick"} or set(ROWS)
    if unknown := wanted - set(ROWS):
        raise SystemExit(f"There is no row {', '.join(sorted(unknown))}; there are: {', '.join(ROWS)}.")
    for name in (name for name in ROWS if name in wanted):
        with tempfile.TemporaryDirectory() as folder:
            ROWS[name](Bench(Path(folder), 10_000 if "quick" in words else 100_000))


if __name__ == "__main__":
    main()
