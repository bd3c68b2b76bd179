"""The real program on a home of its own: in this process where that is the same path, as a process where it is not."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from batchtui.cli import run as cli_run
from batchtui.cli.main import program
from batchtui.simulator import Scenario, Simulator
from tests.support.builders import jsonl, requests
from tests.support.workspaces import KEY

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@dataclass(frozen=True)
class Ran:
    """What a run of the program left behind."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        return json.loads(self.out)


class Batchtui:
    """The program, as a shell would call it."""

    def __init__(self, capture: pytest.CaptureFixture[bytes], folder: Path) -> None:
        self._capture = capture
        self.folder = folder

    def __call__(self, *args: str) -> Ran:
        """Run it in this process, through the outermost door."""
        self._capture.readouterr()
        code = cli_run.run(program, args)
        said = self._capture.readouterr()
        return Ran(code, said.out.decode(), said.err.decode())

    def process(self, *args: str, stdin: str = "", **env: str) -> Ran:
        """Run it as a process of its own, without a terminal."""
        done = subprocess.run(
            [sys.executable, "-m", "batchtui", *args],
            input=stdin, capture_output=True, text=True, encoding="utf-8", env={**os.environ, **env},
            start_new_session=True, check=False,
        )  # fmt: skip
        return Ran(done.returncode, done.stdout, done.stderr)

    def start(self, *args: str, **options: Any) -> subprocess.Popen[str]:
        """Start it as a process of its own."""
        return subprocess.Popen(
            [sys.executable, "-m", "batchtui", *args],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True,
            start_new_session=True, **options,
        )  # fmt: skip

    def file(self, count: int = 3, prefix: str = "r", name: str = "tickets.jsonl") -> str:
        """Write a file of that many right requests; return its path."""
        return str(jsonl(self.folder / name, requests(count, prefix)))

    def submitted(self, count: int = 3, prefix: str = "r", *more: str) -> str:
        """Submit a file of right requests; return the id of its first batch."""
        ran = self("submit", self.file(count, prefix, f"{prefix}.jsonl"), "--yes", "--json", *more)
        assert ran.code == 0, ran
        return str(ran.document["batches"][0]["id"])


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("ANTHROPIC_AUTH_TOKEN", "ANTHROPIC_PROFILE", "ANTHROPIC_BASE_URL", "ANTHROPIC_CUSTOM_HEADERS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("ANTHROPIC_CONFIG_DIR", str(tmp_path / "no-config"))
    monkeypatch.setenv("BATCHTUI_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("ANTHROPIC_API_KEY", KEY)
    return tmp_path / "home"


@pytest.fixture
def scenario() -> Scenario:
    """Batches that run until they are told otherwise."""
    return Scenario(takes=3_600.0, cancel_takes=0.0, requests_per_minute=0)


class Later:
    """The machine's clock for the simulator, which a test can put forward: the program itself has the machine's own."""

    def __init__(self) -> None:
        self._ahead = timedelta()

    def now(self) -> datetime:
        return datetime.now(UTC) + self._ahead

    def turn(self, seconds: float) -> None:
        self._ahead += timedelta(seconds=seconds)


@pytest.fixture
def later() -> Later:
    return Later()


@pytest.fixture
def simulator(home: Path, scenario: Scenario, later: Later, monkeypatch: pytest.MonkeyPatch) -> Iterator[Simulator]:
    assert home.name == "home"
    with Simulator(scenario, clock=later) as running:
        monkeypatch.setenv("ANTHROPIC_BASE_URL", running.url)
        yield running


@pytest.fixture
def batchtui(capsysbinary: pytest.CaptureFixture[bytes], tmp_path: Path, home: Path) -> Batchtui:
    assert home.parent == tmp_path
    return Batchtui(capsysbinary, tmp_path)
