"""The layers at run time: what a room pulls in when it is imported, seen from a fresh process."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from batchtui.tui.app import preload

if TYPE_CHECKING:
    from pathlib import Path

HEAVY = (
    "anthropic", "httpx2", "textual", "rich", "starlette", "uvicorn", "aiosqlite", "platformdirs", "pydantic",
    "genai_prices",
)  # fmt: skip


MOST_MODULES = 330
"""Modules of all kinds that a start may import; a list of batches takes about 280."""


HELP_MAY_IMPORT = {"difflib", "textwrap", "shutil"}
"""Of the standard library, what `batchtui help` may import beside what `--help` does."""
MOST_OF_HELP = 8
"""Modules of our own that `batchtui help` may import beside what `--help` does."""


def loaded_by(module: str) -> set[str]:
    code = f"import sys, {module}; print('\\n'.join(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


@pytest.mark.long
@pytest.mark.parametrize(
    ("module", "allowed"),
    [
        ("batchtui", ()),
        ("batchtui.domain.batches.batch", ()),
        ("batchtui.text", ()),
        ("batchtui.settings.paths", ("platformdirs",)),
        ("batchtui.settings.loading", ()),
        ("batchtui.gateway", ()),
        ("batchtui.gateway.protocol", ()),
        ("batchtui.registry.registry", ("aiosqlite",)),
        ("batchtui.services.workspace", ("aiosqlite", "platformdirs")),
        ("batchtui.services.submission.submit", ("aiosqlite", "platformdirs")),
        ("batchtui.services.compose.compose", ("aiosqlite", "platformdirs")),
        ("batchtui.templates", ()),
        ("batchtui.cli.main", ()),
        ("batchtui.pricing.price_list", ()),
    ],
)
def test_a_room_pulls_in_nothing_heavy_that_is_not_its_own(module: str, allowed: tuple[str, ...]) -> None:
    assert {name for name in HEAVY if name in loaded_by(module)} <= set(allowed)


def test_the_first_frame_waits_for_no_screen_but_its_own() -> None:
    first = loaded_by("batchtui.tui.app.app")
    assert first & {"pydantic", "pydantic_core", "anthropic"} == set()
    assert first & set(preload.MODULES) == set()
    assert set(preload.MODULES) <= loaded_by(", ".join(preload.MODULES))


@pytest.mark.parametrize("module", ["batchtui.simulator"])
def test_the_simulator_pulls_in_no_other_room(module: str) -> None:
    others = {name for name in loaded_by(module) if name.startswith("batchtui.")}
    assert {name for name in others if not name.startswith("batchtui.simulator")} == set()
    assert "anthropic" not in loaded_by(module)


@pytest.mark.parametrize(
    ("words", "allowed"),
    [
        (("--version",), ()),
        (("--help",), ()),
        (("submit", "--help"), ()),
        (("help",), ()),
        (("help", "submit"), ()),
        (("completion", "bash"), ()),
        (("list",), ("aiosqlite",)),
        (("status", "@last", "--offline"), ("aiosqlite",)),
    ],
    ids=" ".join,
)
def test_frequent_commands_import_nothing_heavy(
    tmp_path: Path, words: tuple[str, ...], allowed: tuple[str, ...]
) -> None:
    imported = imported_by(tmp_path, *words)
    assert "batchtui.cli.main" in imported
    assert imported & {*HEAVY, "jinja2", "duckdb", "pyarrow"} <= set(allowed)
    assert len(imported) < MOST_MODULES


@pytest.mark.parametrize(
    ("words", "like"),
    [
        (("help",), ("--help",)),
        (("help", "filters"), ("--help",)),
        (("help", "BT-INPUT"), ("--help",)),
        (("help", "custom-id-duplicate"), ("--help",)),
        (("help", "submit"), ("submit", "--help")),
    ],
    ids=" ".join,
)
def test_help_starts_like_a_help_option(tmp_path: Path, words: tuple[str, ...], like: tuple[str, ...]) -> None:
    """Beside what the option imports there are only the manual and the session: no event loop, no log, no folders."""
    more = imported_by(tmp_path, *words) - imported_by(tmp_path, *like)
    own = {name for name in more if name.startswith(("batchtui.manual", "batchtui.cli."))}
    assert more - own <= HELP_MAY_IMPORT
    assert len(own) <= MOST_OF_HELP


def imported_by(home: Path, *words: str) -> set[str]:
    """Return the modules that a command imports."""
    command = [sys.executable, "-X", "importtime", "-m", "batchtui", *words]
    environment = {**os.environ, "BATCHTUI_HOME": str(home)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    return {row.rpartition("|")[2].strip() for row in done.stderr.splitlines() if row.startswith("import time:")}
