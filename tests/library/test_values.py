"""What a program passes is taken as the SDK takes it, and what cannot be meant is said by a BatchtuiError."""

from __future__ import annotations

import logging
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from anthropic import NOT_GIVEN, omit

import batchtui
from batchtui.simulator import Scenario, Simulator
from tests.support.builders import request, requests
from tests.support.workspaces import sent_custom_ids

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

    from tests.support.clock import TurnedClock

NAN = float("nan")
HUGE = 10**400


class Unprintable:
    """A value whose own text cannot be had."""

    def __repr__(self) -> str:
        raise RuntimeError("no text")


WORDS: list[Any] = [5, b"a", "\ud800", ["a"], {}, Unprintable()]
SETS: list[Any] = [5, b"a", {"a": 1}, [None], [5], ["\ud800"], NAN]
COUNTS: list[Any] = ["5", 1.5, NAN, True, 0, -1, HUGE, [1]]
AMOUNTS: list[Any] = [
    "much",
    "",
    "NaN",
    NAN,
    float("inf"),
    -1,
    "-0.01",
    HUGE,
    "1e999",
    True,
    b"1",
    [1],
    Decimal("sNaN"),
]
SPANS: list[Any] = ["60", NAN, float("inf"), -5, HUGE, True, [1], Decimal("NaN")]
FLAGS: list[Any] = ["yes", 1, None, []]
CHOICES: list[Any] = ["never", "", 5, None, ["refuse"], NAN]

SUBMIT: dict[str, list[Any]] = {
    "name": WORDS,
    "tags": SETS,
    "max_cost": AMOUNTS,
    "if_submitted": CHOICES,
    "prime": FLAGS,
    "model": WORDS,
    "max_tokens": COUNTS,
    "max_requests": [*COUNTS, None],
    "max_bytes": [*COUNTS, None],
    "api_version": WORDS,
    "betas": SETS,
    "allow_models": SETS,
    "colour": ["red"],
}


@pytest.mark.parametrize("name", SUBMIT)
async def test_a_wrong_value_of_submit_is_a_usage_error_and_nothing_is_sent(
    name: str, workspace: batchtui.Workspace, simulator: Simulator
) -> None:
    for value in SUBMIT[name]:
        with pytest.raises(batchtui.UsageError, match=name):
            await workspace.submit(requests(1), **{name: value})
    assert sent_custom_ids(simulator) == []


SOURCES: list[Any] = [
    None,
    5,
    NAN,
    b"{}",
    {"custom_id": "a"},
    [],
    "",
    "\0",
    "no such file",
    ["a", None],
    object(),
    [[1]],
]


@pytest.mark.parametrize("method", ["submit", "check", "estimate", "create_batch", "execute_batch"])
async def test_a_value_that_is_no_source_of_requests_is_refused(method: str, workspace: batchtui.Workspace) -> None:
    for source in SOURCES:
        with pytest.raises(batchtui.BatchtuiError):
            await getattr(workspace, method)(source)


CALLS: dict[str, tuple[str, list[Any]]] = {
    "poll_interval": ("wait", [*SPANS, 0]),
    "timeout": ("wait", SPANS),
    "on_progress": ("wait", [5, "print"]),
    "consent": ("resume", [5, True]),
    "locally": ("delete", FLAGS),
    "force": ("delete", FLAGS),
    "only": ("retry", SETS),
    "custom_ids": ("retry", SETS),
    "model": ("retry", WORDS),
    "max_tokens": ("retry", COUNTS),
    "max_cost": ("retry", AMOUNTS),
}


@pytest.mark.parametrize("name", CALLS)
async def test_a_wrong_value_about_a_job_is_a_usage_error(name: str, workspace: batchtui.Workspace) -> None:
    method, values = CALLS[name]
    job = await workspace.submit(requests(1))
    for value in values:
        with pytest.raises(batchtui.UsageError, match=name):
            await getattr(workspace, method)(job, **{name: value})


EXPORT: dict[str, list[Any]] = {
    "format": [5, "docx", "\ud800"],
    "only": [*SETS, "sucess", ["good"]],
    "order": ["random", 5, ["input"]],
    "with_requests": FLAGS,
    "fields": [*SETS, ["no such field"]],
    "overwrite": FLAGS,
    "guard": FLAGS,
    "bom": FLAGS,
    "colour": ["red"],
}


async def test_wrong_values_about_results_are_usage_errors(workspace: batchtui.Workspace, tmp_path: Path) -> None:
    job = await workspace.submit(requests(1))
    await workspace.wait(job, poll_interval=3600)
    for name, values in EXPORT.items():
        for value in values:
            with pytest.raises(batchtui.UsageError):
                await workspace.export(job, tmp_path / "out.csv", **{name: value})
    for output in ("", "\0", 5, None, b"out.csv"):
        with pytest.raises(batchtui.BatchtuiError):
            await workspace.export(job, output)  # type: ignore[arg-type]
    for name in ("order", "only", "with_requests"):
        for value in EXPORT[name]:
            with pytest.raises(batchtui.UsageError, match=name):
                await anext(workspace.results(job, **{name: value}))
    assert not (tmp_path / "out.csv").exists()


BATCHES: dict[str, list[Any]] = {
    "matching": [5, None, "\ud800", "statsu:ended"],
    "sort": CHOICES,
    "reverse": FLAGS,
    "limit": ["5", 1.5, NAN, True, -1, HUGE],
}


async def test_a_wrong_value_of_a_listing_is_a_usage_error(workspace: batchtui.Workspace) -> None:
    for name, values in BATCHES.items():
        for value in values:
            with pytest.raises(batchtui.UsageError):
                await workspace.batches(**{name: value})


@pytest.mark.parametrize(
    "method",
    [
        "find",
        "refresh",
        "wait",
        "collect",
        "cancel",
        "delete",
        "cost",
        "retry",
        "continue_job",
        "wait_for_batch",
        "verdict",
    ],
)
async def test_a_value_that_names_no_job_is_a_usage_error(method: str, workspace: batchtui.Workspace) -> None:
    for named in (None, 5, "", b"job", ["a"], {}, "\ud800", object(), NAN):
        with pytest.raises(batchtui.UsageError):
            await getattr(workspace, method)(named)


@pytest.mark.parametrize(
    "options",
    [
        {"home": 5},
        {"home": b"x"},
        {"home": "\0"},
        {"profile": 5},
        {"base_url": 5},
        {"api_key": 5},
        {"api_key": " "},
        {"api_key": "k", "profile": "p"},
        {"read_only": "yes"},
    ],
)
def test_a_workspace_is_not_opened_with_wrong_values(options: dict[str, Any]) -> None:
    with pytest.raises(batchtui.UsageError):
        batchtui.open_workspace(**options)


def test_files_of_tasks_and_results_take_no_wrong_values(tmp_path: Path) -> None:
    deep = tmp_path / "deep.json"
    deep.write_text("[" * 100_000)
    for path in (5, None, b"x", "", "\0", tmp_path / "absent", deep):
        with pytest.raises(batchtui.BatchtuiError):
            batchtui.load_requests_from_file(path)  # type: ignore[arg-type]
    results: list[Any] = [5, [5], [{"task_id": "a"}], [batchtui.TaskResult("a", success=True, output={"x": object()})]]
    for value in results:
        with pytest.raises(batchtui.BatchtuiError):
            batchtui.save_results_to_file(value, tmp_path / "out.json")
    assert not (tmp_path / "out.json").exists()


async def test_not_given_is_dropped_at_every_depth_as_the_sdk_does(
    workspace: batchtui.Workspace, simulator: Simulator
) -> None:
    bare = request("a", "Hi")
    params = {**bare["params"], "system": NOT_GIVEN, "metadata": omit, "temperature": omit}
    params["messages"] = [{"role": "user", "content": [{"type": "text", "text": "Hi", "cache_control": NOT_GIVEN}]}]
    await workspace.submit([{"custom_id": "a", "params": params, "note": omit}])
    [batch] = simulator.world.batches
    assert batch.custom_ids == ["a"]
    job = await workspace.find("@last")
    await workspace.wait("@last", poll_interval=3600)
    [result] = [each async for each in workspace.results(job.batches[0])]
    assert result.params.keys() == bare["params"].keys()
    assert result.params["messages"] == [{"role": "user", "content": [{"type": "text", "text": "Hi"}]}]


@pytest.mark.parametrize("value", [NOT_GIVEN, object(), {1, 2}.__iter__(), HUGE])
async def test_a_value_that_json_cannot_hold_is_an_input_error(value: Any, workspace: batchtui.Workspace) -> None:
    wrong = request("a", "Hi")
    wrong["params"]["stop_sequences"] = [value]
    with pytest.raises(batchtui.InputError):
        await workspace.submit([wrong])


@pytest.mark.parametrize("count", [1, 3])
async def test_none_in_a_stream_is_an_error_and_never_its_end(
    count: int, workspace: batchtui.Workspace, simulator: Simulator
) -> None:
    def made() -> Iterator[Any]:
        yield from [*requests(2), *[None] * count, *requests(2, "z")]

    async def made_later() -> AsyncIterator[Any]:
        for each in made():
            yield each

    for source in (made(), list(made()), made_later()):
        with pytest.raises(batchtui.InputError, match="Request 3 is None"):
            await workspace.submit(source)
    assert sent_custom_ids(simulator) == []


async def test_a_word_is_one_tag_one_beta_and_one_model(workspace: batchtui.Workspace, simulator: Simulator) -> None:
    beta = "extended-cache-ttl-2025-04-11"
    await workspace.submit(requests(1), tags="nightly", betas=beta, allow_models="claude-haiku-5-5")
    [batch] = await workspace.batches()
    assert batch.tags == ("nightly",)
    [call] = simulator.world.calls_to("create")
    assert call.headers["anthropic-beta"] == beta


async def test_a_word_is_one_outcome_and_one_request_of_a_retry(tmp_path: Path, clock: TurnedClock) -> None:
    with Simulator(Scenario(errored={"overloaded_error": 1}), clock=clock) as simulator:
        async with batchtui.open_workspace(tmp_path / "home", base_url=simulator.url, clock=clock) as workspace:
            job = await workspace.submit(requests(3))
            await workspace.wait(job, poll_interval=3600)
            named = requests(3)[1]["custom_id"]
            with pytest.raises(batchtui.CostLimit):
                await workspace.retry(job, custom_ids=named, max_cost="0.0000001")
            assert len(simulator.world.batches) == 1
            await workspace.retry(job, only="errored", custom_ids=named, max_cost=5)
            assert simulator.world.batches[1].custom_ids == [named]
            assert [r.outcome async for r in workspace.results(simulator.world.batches[0].id, only="errored")]


async def test_the_guide_s_helpers_take_api_requests_and_return_results(workspace: batchtui.Workspace) -> None:
    batch = await workspace.create_batch([request("b", "one"), request("a", "two")])
    results = await workspace.wait_for_batch(batch, poll_interval=3600)
    assert [(each.custom_id, each.succeeded) for each in results] == [("b", True), ("a", True)]
    done = await workspace.execute_batch([request("b", "one"), request("a", "two")], poll_interval=3600)
    assert [(each.task_id, each.success) for each in done] == [("b", True), ("a", True)]


async def test_tasks_and_api_requests_may_stand_in_one_list(workspace: batchtui.Workspace) -> None:
    mixed: list[Any] = [
        batchtui.BatchRequest("t", "any", "x"),
        request("r", "y"),
        batchtui.BatchRequest("u", "any", "x").document(),
    ]
    done = await workspace.execute_batch(mixed, poll_interval=3600)
    assert [each.task_id for each in done] == ["t", "r", "u"]


async def test_a_program_s_own_key_is_sent_and_kept_nowhere(
    tmp_path: Path, clock: TurnedClock, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.delenv("ANTHROPIC_API_KEY")
    monkeypatch.setenv("ANTHROPIC_AUTH_TOKEN", "another-account")
    caplog.set_level(logging.DEBUG)
    key = "sk-ant-api03-own-key-of-a-program"
    home = tmp_path / "home"
    with Simulator("quiet-night", clock=clock) as simulator:
        opening = batchtui.open_workspace(home, base_url=simulator.url, clock=clock, api_key=key)
        async with opening as workspace:
            await workspace.submit(requests(1))
            assert simulator.world.keys_seen == {key}
            assert key not in repr(opening) + repr(workspace) + caplog.text
    kept = [file for file in home.rglob("*") if file.is_file()]
    assert kept
    assert [file for file in kept if key.encode() in file.read_bytes()] == []
