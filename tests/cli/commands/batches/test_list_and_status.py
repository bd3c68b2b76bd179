"""The commands that look: list, status, log, sync, doctor, config."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from batchtui.simulator import Fault, Scenario

if TYPE_CHECKING:
    from pathlib import Path

    from batchtui.simulator import Simulator
    from tests.cli.conftest import Batchtui, Later

BIDI, ESC, C1 = "\u202e", "\x1b", "\x9b"


def test_the_list_shows_newest_first(batchtui: Batchtui, simulator: Simulator) -> None:
    first, second = batchtui.submitted(3, "a"), batchtui.submitted(2, "b")

    assert [batch["id"] for batch in batchtui("list", "--json").document] == [second, first]


def test_the_list_as_text_names_state_requests_and_id(batchtui: Batchtui, simulator: Simulator) -> None:
    batch_id = batchtui.submitted(3, "a", "--name", "nightly")

    heading, row = batchtui("list").out.splitlines()

    assert heading.split() == ["STATE", "NAME", "PART", "REQUESTS", "COUNTS", "SINCE", "COST", "MODEL", "ID"]
    assert [word for word in ("in progress", "nightly", "3", "haiku-5-5", batch_id) if word not in row] == []


@pytest.mark.parametrize(
    ("options", "found"),
    [
        (["--status", "running"], {"a", "b"}),
        (["--status", "in_progress"], {"a", "b"}),
        (["--status", "ended"], set()),
        (["--status", "ended", "--status", "running"], {"a", "b"}),
        (["--tag", "eval"], {"a"}),
        (["--tag", "eval", "--tag", "nightly"], set()),
        (["--limit", "1"], {"b"}),
        (["--filter", "status:running !tag:nightly"], {"a"}),
        (["--filter", "requests:>1"], set()),
        (["--sort", "name", "--limit", "1"], {"a"}),
        (["--sort", "name", "--reverse", "--limit", "1"], {"b"}),
    ],
)
def test_the_list_is_narrowed_by_its_options(
    batchtui: Batchtui, simulator: Simulator, options: list[str], found: set[str]
) -> None:
    batchtui.submitted(1, "a", "--tag", "eval")
    batchtui.submitted(1, "b", "--tag", "nightly")

    assert {batch["name"] for batch in batchtui("list", *options, "--json").document} == found


@pytest.mark.parametrize(("text", "said"), [("statsu:ended", "status:"), ("age:2", "age:2"), ("cost:x", "cost:>0")])
def test_a_filter_that_cannot_be_read_is_refused_with_what_may_be_meant(
    batchtui: Batchtui, simulator: Simulator, text: str, said: str
) -> None:
    ran = batchtui("list", "--filter", text)

    assert ran.code == 2
    assert said in ran.err


def test_labels_are_written_here_and_shown(batchtui: Batchtui, simulator: Simulator) -> None:
    batch_id = batchtui.submitted(1, "a", "--tag", "old")
    before = len(simulator.world.calls)

    [batch] = batchtui(
        "label", batch_id, "--name", "b", "--tag", "new", "--untag", "old", "--note", "why", "--json"
    ).document

    assert (batch["name"], batch["tags"], batch["note"]) == ("b", ["new"], "why")
    assert batchtui("label", "b", "--tag", "new").err == "0 jobs labelled.\n"
    for of_batch_or_job in (batch_id, "b"):
        shown = batchtui("status", of_batch_or_job, "--offline").out
        assert [line.split() for line in shown.splitlines() if line.startswith(("tags", "note"))] == [
            ["tags", "new"],
            ["note", "why"],
        ]
    assert len(simulator.world.calls) == before


def test_the_list_uses_no_network_unless_told_to(batchtui: Batchtui, simulator: Simulator) -> None:
    batchtui.submitted()
    before = len(simulator.world.calls)

    batchtui("list")

    assert len(simulator.world.calls) == before


def test_a_refreshed_list_asks_the_api_also_where_nothing_runs(batchtui: Batchtui, simulator: Simulator) -> None:
    assert batchtui("list", "--refresh").code == 0
    assert [call.method for call in simulator.world.calls] == ["GET"]
    simulator.world.faults.add(Fault(on="list", kind="status", status=401))
    refused = batchtui("list", "--refresh")
    assert refused.code == 1
    assert "401" in refused.err


def test_a_refreshed_list_shows_what_has_happened_at_the_api(
    batchtui: Batchtui, simulator: Simulator, later: Later
) -> None:
    batchtui.submitted()
    later.turn(3600)

    [batch] = batchtui("list", "--refresh", "--json").document

    assert (batch["state"], batch["request_counts"]["succeeded"]) == ("ended", 3)


def test_an_empty_list_says_what_to_do_next_and_leaves_stdout_empty(batchtui: Batchtui) -> None:
    ran = batchtui("list")

    assert (ran.code, ran.out) == (0, "")
    assert "batchtui submit FILE" in ran.err


def test_status_accepts_a_unique_beginning_of_an_id(batchtui: Batchtui, simulator: Simulator) -> None:
    batch_id = batchtui.submitted()

    assert batchtui("status", batch_id[:14], "--json").document["id"] == batch_id


def test_status_offline_asks_nobody(batchtui: Batchtui, simulator: Simulator) -> None:
    batchtui.submitted()
    before = len(simulator.world.calls)

    batchtui("status", "@last", "--offline")

    assert len(simulator.world.calls) == before


def test_status_as_text_says_that_counts_come_with_the_end(batchtui: Batchtui, simulator: Simulator) -> None:
    batchtui.submitted()

    assert "counts     3 processing (counts arrive when the batch ends)" in batchtui("status", "@last").out


@pytest.mark.usefixtures("simulator")
def test_a_name_that_two_jobs_have_is_said_to_mean_several(batchtui: Batchtui) -> None:
    for prefix in "ab":
        batchtui.submitted(1, prefix, "--name", "twice")
    ran = batchtui("status", "twice")
    assert (ran.code, ran.err.splitlines()[0]) == (2, 'Ambiguous ID: "twice" matches 2 batches or jobs.')


@pytest.mark.usefixtures("simulator")
def test_status_says_how_long_it_took_as_every_other_duration(batchtui: Batchtui, later: Later) -> None:
    batchtui.submitted()
    later.turn(3_601)
    assert "took       1h 00m\n" in batchtui("status", "@last").out


def test_status_of_a_name_that_nothing_has_is_wrong_usage(batchtui: Batchtui) -> None:
    ran = batchtui("status", "nobody", "--json")

    assert (ran.code, ran.document["error"]["type"]) == (2, "not_found")


@pytest.mark.parametrize("command", [["list"], ["status", "@last"], ["log"]])
@pytest.mark.parametrize("hostile", [f"{ESC}]0;owned\a", f"{C1}2J", f"a{BIDI}b", "two\nlines"])
def test_a_hostile_name_does_not_reach_the_terminal(
    batchtui: Batchtui, simulator: Simulator, command: list[str], hostile: str
) -> None:
    batchtui.submitted(1, "r", "--name", hostile, "--tag", hostile)

    ran = batchtui(*command)

    assert ran.code == 0
    assert not {ESC, C1, BIDI, "\a"} & set(ran.out + ran.err)
    assert "two\nlines" not in ran.out


def test_the_log_tells_acts_and_calls_in_order(batchtui: Batchtui, simulator: Simulator) -> None:
    batchtui.submitted()

    told = batchtui("log", "--json").document

    assert [entry["event"] for entry in told if entry["event"] in ("job.planned", "create")] == [
        "job.planned",
        "create",
    ]
    [create] = [entry for entry in told if entry["event"] == "create"]
    assert (create["kind"], create["status"]) == ("call", 200)
    assert create["request_id"].startswith("req_")


def test_the_log_of_one_batch_leaves_out_the_others(batchtui: Batchtui, simulator: Simulator) -> None:
    first, second = batchtui.submitted(1, "a"), batchtui.submitted(1, "b")

    assert second not in batchtui("log", first, "--json").out


def test_the_log_never_holds_the_key(batchtui: Batchtui, simulator: Simulator, home: Path) -> None:
    batchtui.submitted()

    assert [path for path in home.rglob("*") if path.is_file() and b"sk-ant-test" in path.read_bytes()] == []


def test_sync_brings_in_what_was_made_elsewhere(batchtui: Batchtui, simulator: Simulator, tmp_path: Path) -> None:
    elsewhere = batchtui.submitted(2, "a", "--home", str(tmp_path / "elsewhere"))
    here = batchtui.submitted(1, "b")

    document = batchtui("sync", "--json").document

    assert document["seen"] == 2
    assert [batch["id"] for batch in document["added"]] == [elsewhere]
    assert [batch["id"] for batch in batchtui("list", "--json").document] == [here, elsewhere]


def test_sync_says_what_is_gone(batchtui: Batchtui, simulator: Simulator, tmp_path: Path) -> None:
    batch_id = batchtui.submitted()
    elsewhere = ["--home", str(tmp_path / "elsewhere")]
    for act in (["cancel", batch_id, "--yes"], ["sync", *elsewhere]):
        batchtui(*act)
    assert batchtui("delete", batch_id, "--yes", "--force", *elsewhere).code == 0

    assert [batch["id"] for batch in batchtui("sync", "--json").document["gone"]] == [batch_id]


def test_a_date_that_is_none_is_wrong_usage(batchtui: Batchtui) -> None:
    ran = batchtui("sync", "--since", "yesterday-ish")

    assert ran.code == 2
    assert "write 2026-11-21" in ran.err


def test_doctor_is_content_where_all_is_well(batchtui: Batchtui, simulator: Simulator) -> None:
    ran = batchtui("doctor", "--json")

    assert [finding for finding in ran.document["findings"] if finding["health"] == "bad"] == []
    assert ran.code == 0
    assert {"versions", "places", "credentials", "api", "clock", "terminal"} <= {
        finding["topic"] for finding in ran.document["findings"]
    }


def test_doctor_fails_where_there_are_no_credentials(batchtui: Batchtui, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ANTHROPIC_API_KEY")

    ran = batchtui("doctor", "--offline")

    assert ran.code == 1
    assert "BAD   credentials  none found" in ran.out


def test_config_names_the_file_and_every_setting(batchtui: Batchtui, home: Path) -> None:
    document = batchtui("config", "--json").document

    assert document["file"] == str(home / "config.toml")
    assert {"read_only", "submit.max_cost", "refresh.quick"} <= {setting["key"] for setting in document["settings"]}
    assert all(setting["meaning"] for setting in document["settings"])


def test_the_template_of_the_settings_is_one_that_can_be_read(batchtui: Batchtui, home: Path) -> None:
    template = batchtui("config", "--template").out
    home.mkdir()
    (home / "config.toml").write_text(template)

    assert [setting for setting in batchtui("config", "--json").document["settings"] if setting["changed"]] == []


def test_a_wrong_setting_is_said_with_its_line(batchtui: Batchtui, home: Path) -> None:
    home.mkdir()
    (home / "config.toml").write_text("[refresh]\nquik = 3\n")

    ran = batchtui("config")

    assert ran.code == 2
    assert "line 2" in ran.err


def test_a_wrong_setting_does_not_keep_the_list_from_being_shown(batchtui: Batchtui, home: Path) -> None:
    home.mkdir()
    (home / "config.toml").write_text("[refresh]\nquik = 3\n")

    assert batchtui("list", "--json").document == []


@pytest.mark.long
def test_a_running_batch_says_when_it_may_end_or_that_nobody_knows(
    batchtui: Batchtui, simulator: Simulator, later: Later
) -> None:
    ids = [batchtui.submitted(1, f"r{number}") for number in range(3)]
    later.turn(3_601)
    assert "no history yet" in batchtui("status", batchtui.submitted(1, "a")).out
    for batch_id in ids:
        batchtui("status", batch_id)

    running = batchtui.submitted(1, "b")
    document = batchtui("status", running, "--json").document

    assert "9 of 10 by" in batchtui("status", running).out
    assert document["created_at"] < document["estimated_end"] <= document["estimated_end_90"]
    assert batchtui("list", "--json").document[0]["estimated_end"] == document["estimated_end"]
    assert batchtui("status", ids[0], "--json").document["estimated_end"] is None


def test_status_and_doctor_name_what_waits_for_somebody(batchtui: Batchtui, simulator: Simulator) -> None:
    simulator.world.faults.add(Fault(on="create", kind="status", status=400, message="Not like this."))
    assert batchtui("submit", batchtui.file(name="r.jsonl"), "--yes").code == 1

    ran = batchtui("status", "r", "--offline")

    assert "warning: r was not sent: " in ran.out
    assert "Not like this" in ran.out
    assert [one["kind"] for one in batchtui("status", "r", "--json").document["warnings"]] == ["not_sent"]
    assert "r was not sent: " in batchtui("doctor", "--offline").out


@pytest.mark.parametrize("scenario", [Scenario(takes=0.0, requests_per_minute=0, truncated=1.0)])
def test_answers_that_are_no_success_are_named_wherever_a_batch_is(batchtui: Batchtui, simulator: Simulator) -> None:
    batch_id = batchtui.submitted(3, "a")
    assert batchtui("list", "--refresh").out.count("3 succeeded") == 1

    assert batchtui("wait", batch_id).code == 4

    assert "3 truncated" in batchtui("list").out
    assert "3 truncated" in batchtui("status", batch_id).out
    outcomes = batchtui("list", "--json").document[0]["outcomes"]
    assert outcomes == batchtui("status", batch_id, "--json").document["outcomes"]
    assert list(outcomes) == [
        "succeeded", "truncated", "refused", "paused", "tool_use", "empty", "invalid", "errored", "canceled",
        "expired", "unrecognized",
    ]  # fmt: skip
    assert {word for word, count in outcomes.items() if count} == {"truncated"}
    assert [row["id"] for row in batchtui("list", "--filter", "truncated:3", "--json").document] == [batch_id]
    assert batchtui("list", "--filter", "succeeded:>0", "--json").document == []


def test_outcomes_are_null_until_results_are_saved(batchtui: Batchtui, simulator: Simulator) -> None:
    batchtui.submitted(3, "a")

    assert batchtui("list", "--json").document[0]["outcomes"] is None


@pytest.mark.parametrize("options", [[], ["--json"]])
def test_config_shows_of_a_webhook_the_host_alone(batchtui: Batchtui, home: Path, options: list[str]) -> None:
    home.mkdir(parents=True, exist_ok=True)
    (home / "config.toml").write_text('[notify]\nwebhook = "https://me:pw@hooks.example.com/services/T0/secret?k=1"\n')

    said = batchtui("config", *options).out

    assert "https://hooks.example.com/" in said
    assert not [part for part in ("secret", "T0", "pw", "k=1") if part in said.split("webhook", 1)[1][:200]]
