"""The program on a home of its own, the simulator that it speaks to, and a night of secret work gone through."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

import pytest

from batchtui.simulator import Scenario
from tests.cli.conftest import batchtui, home, later, simulator
from tests.support.builders import jsonl, request

if TYPE_CHECKING:
    from pathlib import Path

    from batchtui.simulator import Simulator
    from tests.cli.conftest import Batchtui, Later

__all__ = ["batchtui", "home", "later", "simulator"]

SECRET = "the content that nobody else may see"
Night: TypeAlias = Callable[..., str]


@pytest.fixture
def scenario() -> Scenario:
    return Scenario(takes=10.0, requests_per_minute=0)


@pytest.fixture
def night(batchtui: Batchtui, simulator: Simulator, home: Path, later: Later) -> Night:
    """Submit secret requests, save their results, look at it all. Gives all that was said, but for the results."""

    def gone_through(settings: str = "") -> str:
        assert simulator.world.batches == []
        home.mkdir(exist_ok=True)
        (home / "config.toml").write_text(settings)
        (home / "config.toml").chmod(0o600)
        file = jsonl(batchtui.folder / "in.jsonl", [request(f"r-{number}", SECRET) for number in range(3)])
        said = [batchtui("submit", str(file), "--yes", "--name", "nightly")]
        later.turn(60)
        looks = ("list", "status nightly --json", "log", "doctor", "config", "cost", "results nightly --json")
        said += [batchtui("wait", "nightly", str(batchtui.folder / "out.jsonl"))]
        said += [batchtui(*words.split()) for words in looks]
        assert [each.code for each in said] == [0] * len(said), said
        return "".join(each.out + each.err for each in said)

    return gone_through


def files_of(folder: Path) -> list[Path]:
    """Every file below a folder."""
    return [path for path in sorted(folder.rglob("*")) if path.is_file()]


def holding(folder: Path, text: str) -> list[Path]:
    """The files below a folder that hold a text."""
    return [path for path in files_of(folder) if text.encode() in path.read_bytes()]
