"""`batchtui prune`: a plan, a yes, and room on the disk."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from batchtui.simulator import Scenario

if TYPE_CHECKING:
    from pathlib import Path

    from batchtui.simulator import Simulator
    from tests.cli.conftest import Batchtui


@pytest.fixture
def scenario() -> Scenario:
    return Scenario(takes=0.0, requests_per_minute=0)


@pytest.fixture
def deleted(batchtui: Batchtui, simulator: Simulator) -> str:
    """The name of a job whose results were saved and whose batch was deleted."""
    batchtui("submit", batchtui.file(3), "--yes", "--name", "old", "--wait")
    assert batchtui("delete", "old", "--yes").code == 0
    return "old"


def files(home: Path) -> list[Path]:
    return [path for name in ("requests", "results") for path in (home / name).rglob("*") if path.is_file()]


def test_prune_removes_nothing_where_nothing_is_left_over(batchtui: Batchtui, deleted: str, home: Path) -> None:
    before = files(home)

    ran = batchtui("prune", "--yes")

    assert (ran.code, ran.out, files(home)) == (0, "", before)
    assert "Nothing to delete." in ran.err


def test_prune_removes_deleted_batches_from_the_given_age_on(batchtui: Batchtui, deleted: str, home: Path) -> None:
    size = sum(path.stat().st_size for path in files(home))

    ran = batchtui("prune", "--older-than", "0", "--yes", "--json")

    assert (ran.code, ran.document["bytes"], files(home)) == (0, size, [])
    assert [(piece["kind"], piece["bytes"]) for piece in ran.document["removed"]] == [("deleted", size)]
    assert batchtui("log", "--json").document[-1]["event"] == "space.pruned"


def test_a_dry_run_names_what_would_go(batchtui: Batchtui, deleted: str, home: Path) -> None:
    before = files(home)

    ran = batchtui("prune", "--older-than", "0", "--dry-run")

    assert (ran.code, files(home)) == (0, before)
    assert ran.out.startswith("old (job_")
    assert "Nothing was deleted." in ran.err


def test_without_a_yes_nothing_goes(batchtui: Batchtui, deleted: str, home: Path) -> None:
    before = files(home)

    ran = batchtui.process("prune", "--older-than", "0", "--json")

    assert (ran.code, ran.document["error"]["type"], files(home)) == (2, "consent_needed", before)


def test_prune_never_touches_running_batches_or_unsaved_results(
    batchtui: Batchtui, simulator: Simulator, home: Path
) -> None:
    batchtui.submitted()
    before = files(home)

    assert batchtui("prune", "--older-than", "0", "--yes", "--json").document["removed"] == []
    assert files(home) == before
