"""The programs of the README and the manual run as they stand there."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import batchtui
from batchtui.simulator import Scenario
from tests.support.builders import jsonl, requests

if TYPE_CHECKING:
    from batchtui.simulator import Simulator

ROOT = Path(__file__).parents[2]
PAGES = {page.stem: page.read_text(encoding="utf-8") for page in (ROOT / "batchtui" / "manual").glob("*.md")}
README = (ROOT / "README.md").read_text(encoding="utf-8")
PROGRAMS = [
    program
    for page in (README, *PAGES.values())
    for program in re.findall(r"^```python\n(.*?)^```$", page, re.DOTALL | re.MULTILINE)
]
TESTS = [program for program in PROGRAMS if "def test_" in program or "pytest_plugins" in program]


@pytest.mark.parametrize("program", [each for each in PROGRAMS if each not in TESTS])
def test_a_program_of_the_readme_or_the_manual_runs(simulator: Simulator, tmp_path: Path, program: str) -> None:
    jsonl(tmp_path / "tickets.jsonl", requests(3))
    exec(compile(program, "manual", "exec"), {"__name__": "__main__"})
    assert simulator.world.batches


@pytest.mark.long
def test_a_project_of_somebody_else_tests_its_batch_code_offline(tmp_path: Path) -> None:
    plugins, theirs = TESTS
    (tmp_path / "conftest.py").write_text(plugins)
    (tmp_path / "test_theirs.py").write_text(theirs)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(tmp_path)]
    done = subprocess.run(command, check=False, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def test_the_scenario_of_the_manual_is_one(tmp_path: Path) -> None:
    [text] = [
        block for block in re.findall(r"```toml\n(.*?)```", PAGES["simulator"], re.DOTALL) if "[[faults]]" in block
    ]
    file = tmp_path / "mine.toml"
    file.write_text(text)
    scenario = Scenario.from_toml(file)
    assert (scenario.name, scenario.takes, len(scenario.faults)) == ("mine", 600, 2)


def test_every_recipe_is_listed() -> None:
    here = Path(__file__).parent
    files = {path.name for path in here.glob("*.*") if not path.name.startswith(("test_", "__", "conftest"))}
    assert set(re.findall(r"^\| `(\w+\.(?:py|sh))` \|", PAGES["python"], re.MULTILINE)) == files


def test_every_call_of_the_library_is_listed_blocking_or_not() -> None:
    calls = {name for name in vars(batchtui.Workspace) if not name.startswith("_")}
    assert [name for name in sorted(calls) if f"`{name}(" not in PAGES["python"]] == []
    assert calls <= set(vars(batchtui.BlockingWorkspace))


def test_every_call_of_the_library_is_documented() -> None:
    calls = [value for name, value in vars(batchtui.Workspace).items() if not name.startswith("_")]
    assert [call.__name__ for call in calls if not (call.__doc__ or "").strip().endswith(".")] == []
    assert [name for name in batchtui.__all__ if name != "__version__" and not getattr(batchtui, name).__doc__] == []
