"""A simulator where a night takes a moment, with every client and a home of its own pointed at it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from batchtui.simulator import Simulator
from tests.support.workspaces import KEY

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def scenario() -> str:
    return "quiet-night"


@pytest.fixture
def simulator(scenario: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Simulator]:
    home = tmp_path / "home"
    home.mkdir()
    (home / "config.toml").write_text("[refresh]\nquick = 0.05\nmiddle = 0.05\nslow = 0.05\n")
    with Simulator(scenario, speed=50_000) as running:
        monkeypatch.setenv("ANTHROPIC_API_KEY", KEY)
        monkeypatch.setenv("ANTHROPIC_BASE_URL", running.url)
        monkeypatch.setenv("BATCHTUI_HOME", str(home))
        monkeypatch.chdir(tmp_path)
        yield running
