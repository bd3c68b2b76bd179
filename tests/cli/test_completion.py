"""A shell that was taught batchtui offers its commands, and the ids and names of what the registry knows."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from batchtui.services.workspace import open_workspace
from batchtui.settings.paths import Paths
from tests.support.builders import job, part

if TYPE_CHECKING:
    from pathlib import Path


def completions(home: Path, *words: str) -> dict[str, str]:
    """What bash offers for the last word."""
    environment = {
        **os.environ,
        "BATCHTUI_HOME": str(home),
        "_BATCHTUI_COMPLETE": "zsh_complete",
        "COMP_WORDS": " ".join(("batchtui", *words)),
        "COMP_CWORD": str(len(words)),
    }
    command = [sys.executable, "-m", "batchtui"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert done.stderr == ""
    lines = done.stdout.splitlines()
    return dict(zip(lines[1::3], lines[2::3], strict=False))


@pytest.fixture
async def home(tmp_path: Path) -> Path:
    async with open_workspace(Paths.locate(tmp_path)) as workspace:
        await workspace.registry.jobs.plan(job("job_1", name="nightly"), [part()])
        await workspace.registry.jobs.plan(job("job_2", name="$(touch pwned) x"), [part()])
    return tmp_path


async def test_ids_and_names_are_offered(home: Path) -> None:
    offered = completions(home, "status", "")
    assert "@last" in offered
    assert "nightly" in offered
    assert not any("pwned" in value for value in offered)


async def test_only_what_begins_so_is_offered(home: Path) -> None:
    assert list(completions(home, "results", "nig")) == ["nightly"]


def test_nothing_is_offered_and_nothing_made_where_there_is_no_registry(tmp_path: Path) -> None:
    assert completions(tmp_path / "none", "status", "") == {}
    assert not (tmp_path / "none").exists()


def test_commands_and_options_are_offered(tmp_path: Path) -> None:
    assert "submit" in completions(tmp_path, "sub")
    assert "--dry-run" in completions(tmp_path, "submit", "--dr")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_is_taught(shell: str) -> None:
    command = [sys.executable, "-m", "batchtui", "completion", shell]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "_BATCHTUI_COMPLETE" in done.stdout
