"""What was spent, to scripts and people: by category, what it saved, and what nobody can know."""

from __future__ import annotations

import csv
import io
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from batchtui.simulator import Scenario
from tests.support.builders import jsonl, request

if TYPE_CHECKING:
    from pathlib import Path

    from batchtui.simulator import Simulator
    from tests.cli.conftest import Batchtui, Later


@pytest.fixture
def scenario() -> Scenario:
    return Scenario(takes=0.0)


@pytest.fixture
def spent(batchtui: Batchtui, simulator: Simulator) -> str:
    """Two jobs that have ended, with their results here."""
    batchtui.submitted(4, "a", "--name", "first", "--tag", "eval")
    batchtui.submitted(2, "b", "--name", "second", "--model", "claude-sonnet-5-5")
    for name in ("first", "second"):
        assert batchtui("wait", name).code == 0
    return "first"


def test_a_batch_saves_half_of_the_standard_price(batchtui: Batchtui, spent: str) -> None:
    total = batchtui("cost", spent, "--json").document["total"]
    assert Decimal(total["cost"]) > 0
    assert Decimal(total["standard"]) == 2 * Decimal(total["cost"])
    assert Decimal(total["saved"]) == Decimal(total["cost"])


def test_the_categories_add_up_to_the_cost(batchtui: Batchtui, spent: str) -> None:
    total = batchtui("cost", "--json").document["total"]
    assert sum(Decimal(amount) for amount in total["categories"].values()) == Decimal(total["cost"])
    assert total["tokens"]["output_tokens"] > 0


@pytest.mark.parametrize(
    ("by", "labels"),
    [
        ("model", ["claude-sonnet-5-5", "claude-haiku-5-5"]),
        ("tag", ["(no tag)", "eval"]),
    ],
)
def test_lines_are_added_up_and_the_dearest_comes_first(
    batchtui: Batchtui, spent: str, by: str, labels: list[str]
) -> None:
    document = batchtui("cost", "--by", by, "--json").document
    assert [line["label"] for line in document["lines"]] == labels
    assert sum(Decimal(line["cost"]) for line in document["lines"]) == Decimal(document["total"]["cost"])


def test_text_says_each_category_and_what_was_saved(batchtui: Batchtui, spent: str) -> None:
    ran = batchtui("cost", spent)
    assert ran.out.startswith("cost of first: <$0.01, ")
    assert all(
        word in ran.out for word in ("input: <$0.01", "output: <$0.01", "at standard prices: <$0.01", "estimated: $")
    )


def test_a_table_has_a_line_a_day_and_the_total(batchtui: Batchtui, spent: str) -> None:
    heading, day, total = batchtui("cost", "--by", "day").out.splitlines()
    assert heading.split()[:2] == ["DAY", "COST"]
    assert day.split()[1:] == total.split()[1:]


def test_a_model_has_its_estimate_where_its_batches_ask_for_no_other(
    batchtui: Batchtui, simulator: Simulator, tmp_path: Path
) -> None:
    def lines() -> dict[str, str | None]:
        return {
            line["label"]: line["estimate"] for line in batchtui("cost", "--by", "model", "--json").document["lines"]
        }

    batchtui.submitted(2, "a")
    batchtui("wait", "@last")
    assert lines()["claude-haiku-5-5"] is not None
    mixed = jsonl(tmp_path / "mixed.jsonl", [request("x"), request("y", model="claude-opus-5-5")])
    assert batchtui("submit", str(mixed), "--yes").code == 0
    batchtui("wait", "@last")
    assert simulator.world.batches[1].custom_ids == ["x", "y"]
    assert lines() == {"claude-haiku-5-5": None, "claude-opus-5-5": None}


def test_csv_is_for_spreadsheets(batchtui: Batchtui, simulator: Simulator) -> None:
    batchtui.submitted(1, "a", "--tag", "=cmd()")
    batchtui("wait", "@last")
    rows = list(csv.DictReader(io.StringIO(batchtui("cost", "--by", "tag", "--csv").out)))
    assert rows[0]["label"] == "'=cmd()"
    assert Decimal(rows[0]["cost"]) > 0


def test_the_cost_of_running_batches_is_given_as_an_upper_bound(batchtui: Batchtui, simulator: Simulator) -> None:
    simulator.world.retemper(Scenario(takes=10_000))
    batchtui.submitted(2, "a")
    document = batchtui("cost", "--json").document
    assert Decimal(document["in_flight_at_most"]) > 0
    assert Decimal(document["total"]["cost"]) == 0


def test_own_prices_and_a_discount_go_before_the_list(batchtui: Batchtui, home: Path) -> None:
    home.mkdir(exist_ok=True)
    (home / "config.toml").write_text(
        '[prices]\ndiscount = 0.1\n[prices.models."our-model"]\ninput = 2\noutput = 10\nbatch = 0.4\n'
    )
    work = ("--requests", "1000", "--input", "1000", "--output", "100", "--model", "our-model")
    (found,) = batchtui("cost", *work, "--json").document
    # A million in and 100,000 out: 2 + 1 USD, less a tenth; in a batch 0.4 of that.
    assert Decimal(found["standard"]) == Decimal("2.7")
    assert Decimal(found["batch"]) == Decimal("1.08")


def test_the_calculator_compares_the_tiers(batchtui: Batchtui) -> None:
    found = batchtui("cost", "--requests", "1000000", "--input", "500", "--output", "200", "--json").document
    assert [each["tier"] for each in found] == ["cheap", "capable", "premium"]
    # haiku-5-5 in a batch: 500 million in at 0.05, 200 million out at 0.25.
    assert Decimal(found[0]["batch"]) == Decimal(75)
    assert Decimal(found[0]["standard"]) == Decimal(150)


@pytest.mark.parametrize("words", ["--requests 5", "nightly --requests 5 --input 1 --output 1"])
def test_half_a_calculation_is_wrong_usage(batchtui: Batchtui, words: str) -> None:
    assert batchtui("cost", *words.split()).code == 2


def test_an_estimate_stands_alone_and_keeps_nothing(batchtui: Batchtui, simulator: Simulator, home: Path) -> None:
    ran = batchtui("estimate", batchtui.file(3), "--json")
    assert (ran.code, ran.document["requests"], simulator.world.calls) == (0, 3, [])
    assert Decimal(ran.document["low"]) < Decimal(ran.document["at_most"])
    assert list((home / "requests").iterdir()) == []


@pytest.mark.parametrize("text", ["", "{}\n"])
def test_a_file_without_a_valid_request_has_no_estimate(batchtui: Batchtui, tmp_path: Path, text: str) -> None:
    file = tmp_path / "wrong.jsonl"
    file.write_text(text, encoding="utf-8")
    ran = batchtui("estimate", str(file))
    assert (ran.code, ran.out) == (3, "0 requests\n")
    assert "batchtui check" in ran.err
    assert batchtui("estimate", str(file), "--json").document == {"requests": 0}
    assert batchtui("check", str(file), "--json").document["estimate"] is None


def test_an_estimate_says_what_the_api_has_counted(batchtui: Batchtui, simulator: Simulator) -> None:
    said = batchtui("estimate", batchtui.file(3), "--count").out
    assert "from the API's count of 3 of 3 requests, ± " in said
    assert {call.endpoint for call in simulator.world.calls} == {"count_tokens"}
    assert "estimated from their size" in batchtui("estimate", batchtui.file(3)).out


def test_a_submission_counts_where_that_is_asked_for(batchtui: Batchtui, simulator: Simulator) -> None:
    counted = batchtui("submit", batchtui.file(3), "--count", "--dry-run", "--json").document["estimate"]["counted"]
    assert (counted["requests"], counted["of"], counted["notes"]) == (3, 3, [])
    assert simulator.world.batches == []


def test_an_estimate_stands_beside_what_it_came_to(batchtui: Batchtui, spent: str) -> None:
    document = batchtui("cost", "--by", "job", "--json").document
    figures = [
        (line["label"].split()[0], Decimal(line["estimate"]), Decimal(line["cost"])) for line in document["lines"]
    ]
    assert {name for name, _, _ in figures} == {"first", "second"}
    assert all(estimate > cost for _, estimate, cost in figures), "without a history all of max_tokens is assumed"
    assert "% of that" in batchtui("cost", spent).out
    assert "(estimated $" in batchtui("status", spent).out


def test_a_partly_failed_batch_shows_how_many_requests_were_billed(batchtui: Batchtui, simulator: Simulator) -> None:
    simulator.world.scenario = Scenario(takes=0.0, errored={"overloaded_error": 0.5}, seed=3)
    batchtui.submitted(8, "r", "--name", "half")
    batchtui("wait", "half")
    document = batchtui("cost", "half", "--json").document
    counts = document["request_counts"]
    assert counts["errored"] > 0
    assert document["total"]["answers"] == counts["succeeded"] == 8 - counts["errored"]
    said = f"billed: {counts['succeeded']} of 8 requests; not billed: {counts['errored']} errored"
    assert said in batchtui("cost", "half").out
    assert f"only the {counts['succeeded']} of 8 that succeeded are billed" in batchtui("status", "half").out


def test_a_cancelled_batch_is_billed_for_what_was_answered(
    batchtui: Batchtui, simulator: Simulator, later: Later
) -> None:
    simulator.world.scenario = Scenario(takes=3_600.0, spread=0.0, cancel_takes=0.0, moving_counts=True)
    batch = batchtui.submitted(10, "r", "--name", "stopped")
    later.turn(1_800)
    assert batchtui("cancel", batch, "--yes").code == 0
    batchtui("results", "stopped", "-")
    document = batchtui("cost", "stopped", "--json").document
    counts = document["request_counts"]
    assert counts["canceled"] > 0
    assert document["total"]["answers"] == counts["succeeded"]
    assert f"not billed: {counts['canceled']} canceled" in batchtui("cost", "stopped").out


def test_the_cost_of_what_is_not_counted_yet_is_unknown_and_never_nothing(
    batchtui: Batchtui, simulator: Simulator
) -> None:
    batchtui.submitted(2, "a", "--name", "ended")
    assert batchtui("status", "ended").code == 0  # it has ended, and its results are not here
    done = batchtui("cost", "ended")
    assert done.out.startswith("cost of ended: unknown, 0 answers")
    assert "1 ended batch not counted" in done.err
    assert batchtui("cost", "ended", "--json").document["total"]["cost"] is None
    # Beside others that are counted it is unknown only where it is named.
    batchtui.submitted(2, "b", "--name", "saved")
    assert batchtui("wait", "saved").code == 0
    assert batchtui("cost", "--json").document["total"]["cost"] is not None
    assert batchtui("cost", "ended", "--json").document["total"]["cost"] is None
