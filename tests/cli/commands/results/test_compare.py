"""Two jobs that answer the same custom_ids, compared for people and for scripts."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from batchtui.simulator import Scenario

if TYPE_CHECKING:
    from batchtui.simulator import Simulator
    from tests.cli.conftest import Batchtui


@pytest.fixture
def scenario() -> Scenario:
    return Scenario(takes=0.0)


@pytest.fixture
def answered(batchtui: Batchtui, simulator: Simulator) -> tuple[str, str]:
    """Two models' answers to the same requests; the second had one more."""
    batchtui.submitted(4, "r", "--name", "small", "--model", "claude-haiku-5-5")
    batchtui.submitted(5, "r", "--name", "large", "--model", "claude-sonnet-5-5")
    for name in ("small", "large"):
        assert batchtui("wait", name).code == 0
    return "small", "large"


def test_scripts_are_told_both_sides_and_how_many_differ(batchtui: Batchtui, answered: tuple[str, str]) -> None:
    told = batchtui("compare", *answered, "--json").document
    assert [told[side]["models"] for side in ("first", "second")] == [["claude-haiku-5-5"], ["claude-sonnet-5-5"]]
    assert [told[side]["outcomes"]["succeeded"] for side in ("first", "second")] == [4, 5]
    assert (told["custom_ids"], told["in_both"]) == (5, 4)
    assert told["differences"]["only_second"] == 1
    assert sum(told["differences"].values()) == 5
    assert 0 < Decimal(told["first"]["cost"]) < Decimal(told["second"]["cost"])
    assert "changes" not in told


def test_changes_name_every_custom_id_that_did_not_come_out_the_same(
    batchtui: Batchtui, answered: tuple[str, str]
) -> None:
    told = batchtui("compare", *answered, "--changes", "--json").document
    assert len(told["changes"]) == told["custom_ids"] - told["differences"]["same"]
    [only] = [change for change in told["changes"] if change["difference"] == "only_second"]
    assert (only["custom_id"], only["first"], only["second"]["outcome"]) == ("r-00004", None, "succeeded")


def test_people_are_told_in_a_table_and_a_sentence(batchtui: Batchtui, answered: tuple[str, str]) -> None:
    ran = batchtui("compare", *answered, "--changes")
    heading, *rows = ran.out.splitlines()
    assert heading.split() == ["A:", "small", "B:", "large"]
    told = {row.split("  ")[0]: row.split()[-2:] for row in rows if row}
    assert told["name"] == ["small", "large"]
    assert told["results"] == ["4", "5"]
    assert "1 only in B" in ran.out
    assert "r-00004" in ran.out


def test_a_job_and_itself_are_the_same(batchtui: Batchtui, answered: tuple[str, str]) -> None:
    told = batchtui("compare", "small", "small", "--json").document
    assert told["differences"]["same"] == told["custom_ids"] == 4


def test_two_that_have_nothing_in_common_are_said_to_have_nothing_in_common(
    batchtui: Batchtui, answered: tuple[str, str]
) -> None:
    batchtui.submitted(2, "x", "--name", "other")
    batchtui("wait", "other")
    ran = batchtui("compare", "small", "other")
    assert ran.code == 0
    assert "No custom_id is in both" in ran.err


@pytest.mark.parametrize("scenario", [Scenario(takes=3_600.0)])
def test_a_running_batch_cannot_be_compared(batchtui: Batchtui, simulator: Simulator) -> None:
    batchtui.submitted(2, "r", "--name", "early")
    ran = batchtui("compare", "early", "early")
    assert ran.code == 1
    assert "are not saved" in ran.err
