"""The layers at run time: what a room pulls in when it is imported, seen from a fresh process."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = (
    "anthropic", "httpx2", "textual", "rich", "starlette", "uvicorn", "aiosqlite", "platformdirs", "pydantic",
    "genai_prices",
)  # fmt: skip


def loaded_by(module: str) -> set[str]:
    code = f"import sys, {module}; print('\\n'.join(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


@pytest.mark.parametrize(
    ("module", "allowed"),
    [
        ("batchtui", ()),
        ("batchtui.domain.batch", ()),
        ("batchtui.text", ()),
        ("batchtui.settings.paths", ("platformdirs",)),
        ("batchtui.gateway", ()),
        ("batchtui.gateway.protocol", ()),
        ("batchtui.registry.registry", ("aiosqlite",)),
        ("batchtui.services.workspace", ("aiosqlite", "platformdirs")),
        ("batchtui.services.submit", ("aiosqlite", "platformdirs")),
        ("batchtui.services.compose", ("aiosqlite", "platformdirs")),
        ("batchtui.templates", ()),
        ("batchtui.cli.main", ()),
        ("batchtui.pricing.prices", ()),
    ],
)
def test_a_room_pulls_in_nothing_heavy_that_is_not_its_own(module: str, allowed: tuple[str, ...]) -> None:
    assert {name for name in HEAVY if name in loaded_by(module)} <= set(allowed)


@pytest.mark.parametrize("module", ["batchtui.simulator"])
def test_the_simulator_pulls_in_no_other_room(module: str) -> None:
    others = {name for name in loaded_by(module) if name.startswith("batchtui.")}
    assert {name for name in others if not name.startswith("batchtui.simulator")} == set()
    assert "anthropic" not in loaded_by(module)
