"""Run the tests that concern each mutant in a forked process of its own: `survey`, `run_mutants`.

A process that is forked has the package, pytest and the tests loaded already. Only the code of the changed function is
replaced in it, so that a mutant costs little besides its tests; what is executed with the import alone (constants,
defaults, bodies of classes) has the package imported anew. Tests that start other processes prove nothing about a
mutant, which lives in this one alone.
"""

from __future__ import annotations

import importlib.machinery
import importlib.util
import inspect
import os
import random
import signal
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import TYPE_CHECKING

from tests.mutation.equivalents import EQUIVALENT
from tests.mutation.modules import RELEASED
from tests.mutation.mutants import mutants_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from tests.mutation.mutants import Mutant

SEED = 20261130
LEAST_SHARE = 0.9
"""The share of mutants that has to be noticed."""
ROOT = Path(__file__).parents[2]
MOST_SECONDS = 20.0
"""Seconds of the processor that are spent on the tests of one mutant; the quickest come first."""
FIRST = 8
"""Tests that are run before the others."""
PATIENCE, REST = 6.0, 30.0
"""So many times the processor's seconds of its tests may a mutant take, and so many times in all, with pauses: one that
never ends is found out, on a busy machine, too."""
QUIET = (
    "-q", "-x", "--no-header", "-p", "no:cacheprovider", "-p", "no:xdist",
    # What was preloaded is not rewritten; no test is among it.
    "-W", "ignore:Module already imported:pytest.PytestAssertRewriteWarning",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Survey:
    """Which tests call which functions, and how long they take."""

    tests: dict[str, frozenset[tuple[str, str]]]
    seconds: dict[str, float]

    def concerned(self, mutant: Mutant) -> list[str]:
        """Return the tests that can notice a mutant, the quickest first, no more than `MOST_SECONDS` of them."""
        inside = [test for test, called in self.tests.items() if (mutant.module, mutant.function) in called]
        # What is executed with the import only, as a constant, concerns all tests of the module.
        found = inside or [test for test, called in self.tests.items() if any(mutant.module == at for at, _ in called)]
        chosen: list[str] = []
        spent = 0.0
        for test in sorted(found, key=lambda name: (self.seconds.get(name, 0.0), name)):
            spent += self.seconds.get(test, 0.0)
            if chosen and spent > MOST_SECONDS:
                break
            chosen.append(test)
        return chosen


@dataclass
class Score:
    """What became of the mutants."""

    killed: list[Mutant] = field(default_factory=list)
    survived: list[Mutant] = field(default_factory=list)
    left_out: int = 0
    """Mutants for which there was no time."""

    def __add__(self, other: Score) -> Score:
        return Score(self.killed + other.killed, self.survived + other.survived, self.left_out + other.left_out)

    @property
    def share(self) -> float:
        """The share of mutants that a test noticed, of those that were tried."""
        tried = len(self.killed) + len(self.survived)
        return len(self.killed) / tried if tried else 1.0


def all_mutants(module: str) -> list[Mutant]:
    """Return all mutants of a module of the checkout, the equivalent ones too."""
    return mutants_of(module, (ROOT / module).read_bytes(), RELEASED.get(module, ()))


def sample_of(modules: Sequence[str], number: int | None, seed: int) -> list[Mutant]:
    """Return the mutants of these modules without the equivalent ones: all, or so many of them, in a seeded order."""
    wanted = [mutant for module in modules for mutant in all_mutants(module) if mutant.name not in EQUIVALENT]
    random.Random(seed).shuffle(wanted)
    return wanted if number is None else wanted[:number]


def survey(modules: Sequence[str], tests: Sequence[str]) -> Survey:
    """Run the tests once, unchanged, in this process: what they import stays loaded.

    Raises:
        RuntimeError: a test fails without any mutant.
    """
    import pytest

    from tests.mutation.call_tracer import CallTracer

    tracer = CallTracer(list(modules))
    with _silence():
        # The long ones, too: what was called long to keep the daily run short is what notices many a mutant.
        code = pytest.main([*(option for option in QUIET if option != "-x"), *tests], [tracer])
    if code:
        raise RuntimeError(f"These tests fail without a mutant: {', '.join(tracer.failed) or code}.")
    called = {test: frozenset(names) for test, names in tracer.tests.items() if names}
    known = Survey(called, tracer.seconds)
    _refuse_if_all_fall(modules, known)
    return known


def _refuse_if_all_fall(modules: Sequence[str], known: Survey) -> None:
    """Try a change that changes nothing: where that is noticed, nothing is proved by what else is.

    Raises:
        RuntimeError: it is.
    """
    first = next(mutant for module in modules for mutant in all_mutants(module))
    same = replace(first, after=first.before)
    if run_mutants([same], known, processes=1).killed:
        raise RuntimeError("The tests fail where nothing is changed.")


def run_mutants(
    mutants: Sequence[Mutant],
    known: Survey,
    *,
    processes: int,
    seconds: float | None = None,
    tell: Callable[[Mutant, bool], None] | None = None,
) -> Score:
    """Try mutants, some at once; `seconds` limits the time after which no further one is begun.

    `tell` hears of each mutant whether it was killed.
    """
    score = Score()
    waiting = list(reversed(mutants))
    running: dict[int, tuple[Mutant, float]] = {}
    began = time.monotonic()
    while waiting or running:
        is_over = seconds is not None and time.monotonic() - began > seconds
        if is_over:
            score.left_out += len(waiting)
            waiting.clear()
        while waiting and len(running) < processes:
            mutant = waiting.pop()
            tests = known.concerned(mutant)
            if not tests:
                _count(score, mutant, False, tell)
                continue
            cost = sum(known.seconds.get(test, 0.0) for test in tests)
            work = partial(_try, mutant, tests, most=10 + PATIENCE * cost)
            running[_fork(work)] = (mutant, time.monotonic() + 120 + REST * cost)
        for process, is_killed in _ended(running):
            _count(score, running.pop(process)[0], is_killed, tell)
    return score


def _count(score: Score, mutant: Mutant, is_killed: bool, tell: Callable[[Mutant, bool], None] | None) -> None:
    (score.killed if is_killed else score.survived).append(mutant)
    if tell:
        tell(mutant, is_killed)


def _ended(running: dict[int, tuple[Mutant, float]]) -> Iterator[tuple[int, bool]]:
    """Yield the processes that have ended, each with whether its mutant was noticed; wait a little for none."""
    some = False
    for process, (_, until) in list(running.items()):
        ended, status = os.waitpid(process, os.WNOHANG)
        if not ended and time.monotonic() > until:
            os.killpg(process, signal.SIGKILL)
            os.waitpid(process, 0)
            some = True
            yield process, True
        elif ended:
            some = True
            yield process, status != 0
    if not some:
        time.sleep(0.02)


@contextmanager
def _silence() -> Iterator[None]:
    """Send what is written to standard output and standard error nowhere."""
    sys.stdout.flush()
    sys.stderr.flush()
    kept = [os.dup(descriptor) for descriptor in (1, 2)]
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        for descriptor in (1, 2):
            os.dup2(nowhere, descriptor)
        yield
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        for descriptor, before in zip((1, 2), kept, strict=True):
            os.dup2(before, descriptor)
            os.close(before)
        os.close(nowhere)


def _fork(work: Callable[[], int]) -> int:
    """Run something in a forked process, silently. Returns its number."""
    sys.stdout.flush()
    sys.stderr.flush()
    process = os.fork()
    if process:
        return process
    code = 1
    try:
        os.setsid()
        os.chdir(ROOT)
        with _silence():
            code = work()
    finally:
        os._exit(code)


def _try(mutant: Mutant, tests: Sequence[str], *, most: float) -> int:
    """Return 0 where the tests pass with the mutant. The system ends a process that takes more than `most` seconds."""
    import resource

    import pytest

    spent = time.process_time()
    resource.setrlimit(resource.RLIMIT_CPU, (int(spent + most), int(spent + most) + 1))
    if not _replace_code(mutant):
        _forget("batchtui", "tests")
        sys.meta_path.insert(0, _Finder(mutant))
    # A few quick ones notice most; to collect the others takes time, too.
    return int(pytest.main([*QUIET, *tests[:FIRST]]) or (pytest.main([*QUIET, *tests[FIRST:]]) if tests[FIRST:] else 0))


def _replace_code(mutant: Mutant) -> bool:
    """Give the function that a mutant is in its changed code. False where the change is in no function's code."""
    name = _module_name(mutant)
    place: object = sys.modules.get(name)
    code = compile(mutant.apply(), str(ROOT / mutant.module), "exec", dont_inherit=True)
    for part in mutant.function.split("."):
        inner = [const for const in code.co_consts if isinstance(const, CodeType) and const.co_name == part]
        # A property's setter is called like its getter: the last one that begins above the change is meant.
        above = [const for const in inner if const.co_firstlineno <= mutant.line]
        if not above or not isinstance(place, ModuleType | type):
            return False
        code, place = above[-1], vars(place).get(part)
        if isinstance(place, type):
            continue
        function = inspect.unwrap(getattr(place, "fget", None) or getattr(place, "func", None) or place)  # type: ignore[arg-type]
        if not isinstance(function, FunctionType) or function.__code__ == code:
            return False
        function.__code__ = code
        return True
    return False


def _module_name(mutant: Mutant) -> str:
    return mutant.module.removesuffix(".py").replace("/", ".")


def _forget(*packages: str) -> None:
    """Have packages imported anew. This one stays: it is at work."""
    for name in [name for name in sys.modules if name.partition(".")[0] in packages]:
        if not name.startswith("tests.mutation"):
            del sys.modules[name]


class _Finder:
    """Finds one module of the package, changed."""

    def __init__(self, mutant: Mutant) -> None:
        self._name = _module_name(mutant)
        self._mutant = mutant

    def find_spec(
        self, name: str, _path: Sequence[str] | None = None, _target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """Return the changed module where it is asked for."""
        if name != self._name:
            return None
        path = str(ROOT / self._mutant.module)
        return importlib.util.spec_from_file_location(name, path, loader=_Loader(name, path, self._mutant))


class _Loader(importlib.machinery.SourceFileLoader):
    """Loads the changed source; what Python has compiled of the unchanged one is left alone."""

    def __init__(self, name: str, path: str, mutant: Mutant) -> None:
        super().__init__(name, path)
        self._mutant = mutant

    def get_code(self, fullname: str) -> CodeType:
        """Compile the changed source."""
        return compile(self._mutant.apply(), self.get_filename(fullname), "exec", dont_inherit=True)
