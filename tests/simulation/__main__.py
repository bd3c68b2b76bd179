"""`python -m tests.simulation`: run seeds of the simulation, and tell the story of one that fails."""

from __future__ import annotations

import argparse
import logging
import sys
from collections import Counter

from tests.simulation import coverage
from tests.simulation.history import run
from tests.simulation.mutants import MUTANTS
from tests.simulation.running import Run, run_many
from tests.simulation.shrinking import shrink
from tests.simulation.story import tell


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("--seeds", type=int, default=1000, help="how many to run (default 1000)")
    parser.add_argument("--first", type=int, default=0, help="the first of them (default 0)")
    parser.add_argument("--jobs", type=int, default=1, help="processes to run them in (default 1)")
    parser.add_argument("--seed", type=int, help="tell the history of this one, as it is")
    parser.add_argument("--shrink", action="store_true", help="with --seed: the shortest story that breaks the same")
    parser.add_argument("--most", type=int, default=3, help="failing seeds whose stories are told (default 3)")
    parser.add_argument("--mutants", action="store_true", help="put known faults back: how many seeds find each?")
    parser.add_argument("--only", default="", help="with --mutants: those whose name has this in it")
    parser.add_argument("--coverage", action="store_true", help="say how often everything occurred")
    wanted = parser.parse_args()
    # What the program logs of a full disk is part of a story, and is told there.
    logging.disable(logging.CRITICAL)
    if wanted.seed is not None:
        history = run(tell(wanted.seed))
        if wanted.shrink and history.violated is not None:
            history = shrink(history)
        print(history)
        return history.violated is not None
    if wanted.mutants:
        return _find_mutants(wanted.first, wanted.seeds, wanted.only)
    done = run_many(wanted.first, wanted.seeds, jobs=wanted.jobs, on_chunk=_FailuresAloud())
    _report(done, wanted.most)
    if wanted.coverage:
        print(coverage.table(done.counts))
        for name in coverage.missing(done.counts):
            print(f"never or hardly ever: {name}")
    return bool(done.failures)


def _find_mutants(first: int, most: int, only: str) -> bool:
    found = {name: mutant.seeds_until_found(first, most) for name, mutant in MUTANTS.items() if only in name}
    for name, after in found.items():
        print(f"{name}: {'NOT FOUND' if after is None else f'{after[0]} seeds, {after[1]}'}")
    return None in found.values()


class _FailuresAloud:
    """Says each failing seed as soon as it is known, and now and then how far it is, for a run that takes hours."""

    def __init__(self) -> None:
        self._said = 0

    def __call__(self, so_far: Run) -> None:
        for seed, rule, story in so_far.failures[self._said :]:
            print(f"seed {seed} ({so_far.seeds:,} are done): {rule}: {story}", file=sys.stderr, flush=True)
        self._said = len(so_far.failures)
        if so_far.seeds % 1000 == 0:
            print(f"{so_far.seeds:,} are done", file=sys.stderr, flush=True)


def _report(done: Run, most: int) -> None:
    rate = done.seeds / max(done.seconds, 0.001)
    print(f"{done.seeds:,} seeds, {done.steps:,} steps, {rate:.1f} histories a second; {len(done.failures):,} failed")
    rules = Counter(rule for _, rule, _ in done.failures)
    for rule, count in rules.most_common():
        seeds = [seed for seed, broken, _ in done.failures if broken == rule]
        print(f"  {count:5,}  {rule}: seeds {', '.join(map(str, seeds[:12]))}{', …' if len(seeds) > 12 else ''}")
    told: set[str] = set()
    for seed, rule, _ in done.failures:
        if len(told) < most and rule not in told:
            told.add(rule)
            print(f"\n── {rule}: seed {seed}, shortened ──\n{shrink(run(tell(seed)))}")


if __name__ == "__main__":
    sys.exit(main())
