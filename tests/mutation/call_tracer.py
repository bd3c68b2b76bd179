"""Learn which tests call which functions of some modules: a pytest plugin, `CallTracer`."""

from __future__ import annotations

import re
import sys
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Generator
    from types import FrameType


_INNER = re.compile(r"<locals>\.|\.?<(?:genexpr|listcomp|setcomp|dictcomp|lambda)>")


class CallTracer:
    """Notes for each test which functions of the modules it calls, its duration, and whether it passed."""

    def __init__(self, modules: list[str]) -> None:
        """`modules`: paths as they end the file names of the code."""
        self._modules = modules
        self._known: dict[str, str | None] = {}
        self._called: set[tuple[str, str]] = set()
        self.tests: dict[str, set[tuple[str, str]]] = {}
        self.seconds: dict[str, float] = {}
        self.failed: list[str] = []

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        """Trace one test with its fixtures. A set-up that tests share counts for the first of them."""
        self._called = set()
        began = time.process_time()
        sys.settrace(self._call)
        threading.settrace(self._call)
        try:
            return (yield)
        finally:
            sys.settrace(None)
            threading.settrace(None)
            self.tests[item.nodeid] = self._called
            # The processor's seconds: those of a wall clock say more about what else the machine does.
            self.seconds[item.nodeid] = time.process_time() - began

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note what fails."""
        if report.failed:
            self.failed.append(report.nodeid)

    def _call(self, frame: FrameType, _event: str, _arg: Any) -> None:
        """Note a call. None comes back, so that no line is traced: that would take three times as long."""
        name = frame.f_code.co_filename
        if name not in self._known:
            ends = [module for module in self._modules if name.endswith("/" + module)]
            self._known[name] = ends[0] if ends else None
        module = self._known[name]
        if module is not None:
            self._called.add((module, _INNER.sub("", frame.f_code.co_qualname)))
