"""Run all mutants of some modules, or a sample: `python -m tests.mutation [MODULE…] [--sample N] [--seconds S]`."""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from tests.mutation.equivalents import EQUIVALENT
from tests.mutation.modules import GROUPS
from tests.mutation.runner import LEAST_SHARE, SEED, Score, run_mutants, sample_of, survey

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.mutation.mutants import Mutant


def main() -> int:
    """Print the survivors and the score of each module. Returns 1 where nine tenths were not noticed."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description=__doc__)
    parser.add_argument("words", nargs="*", metavar="MODULE", help="a group, or a part of a path")
    parser.add_argument("--sample", type=int, metavar="N", help="try only N mutants of each group")
    parser.add_argument("--seed", type=int, default=SEED, help="of the sample")
    parser.add_argument("--seconds", type=float, metavar="S", help="begin no mutant of a group after S seconds")
    parser.add_argument("--again", type=Path, metavar="FILE", help="try only what survived in that report")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1, metavar="N")
    parser.add_argument("--report", type=Path, metavar="FILE", help="write each mutant and its fate, as JSON lines")
    given = parser.parse_args()
    total = Score()
    for group in GROUPS:
        modules = [each for each in group.modules if _is_wanted(group.name, each, given.words)]
        if modules:
            total = total + _run(group.tests, modules, given)
    _show(total)
    return 0 if total.share > LEAST_SHARE else 1


def _is_wanted(group: str, module: str, words: list[str]) -> bool:
    return not words or any(word == group or word in module for word in words)


def _run(tests: Sequence[str], modules: Sequence[str], given: argparse.Namespace) -> Score:
    began = time.monotonic()
    known = survey(modules, tests)
    _say(f"{len(known.tests)} tests surveyed in {time.monotonic() - began:.0f} s")

    def tell(mutant: Mutant, is_killed: bool) -> None:
        if not is_killed:
            _say(f"survived: {mutant.name} (line {mutant.line})")
        if given.report:
            with given.report.open("a") as file:
                file.write(json.dumps({"name": mutant.name, "line": mutant.line, "killed": is_killed}) + "\n")

    mutants = sample_of(modules, given.sample, given.seed)
    if given.again:
        entries = [json.loads(line) for line in given.again.read_text().splitlines()]
        names = {entry["name"] for entry in entries if not entry["killed"]}
        mutants = [mutant for mutant in mutants if mutant.name in names]
    return run_mutants(mutants, known, processes=given.processes, seconds=given.seconds, tell=tell)


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _show(score: Score) -> None:
    tried, killed = (
        Counter(mutant.module for mutant in group) for group in (score.killed + score.survived, score.killed)
    )
    for module, number in sorted(tried.items()):
        _say(f"{killed[module]:5} of {number:5} {killed[module] / number:7.1%}  {module}")
    _say(
        f"{score.share:.1%} of {tried.total()} mutants noticed; {score.left_out} not tried;"
        f" {len(EQUIVALENT)} kinds of mutants are equivalent"
    )


if __name__ == "__main__":
    sys.exit(main())
