"""What a program is promised: the same engine as the command line's, once, lazily, in the order of the input."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import batchtui
from batchtui.domain.errors import InputError
from batchtui.services.compose.compose import compose_to_file
from batchtui.services.compose.composition import open_composition
from batchtui.services.compose.options import ComposeOptions
from batchtui.simulator import Fault, Scenario, Simulator
from tests.support.builders import jsonl, requests
from tests.support.workspaces import sent_custom_ids

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from tests.support.clock import TurnedClock


def test_importing_it_loads_nothing() -> None:
    script = "import sys, batchtui; print(sorted(m for m in sys.modules if m.startswith('batchtui')))"
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "['batchtui']"


@pytest.mark.parametrize("name", batchtui.__all__)
def test_every_public_name_is_there(name: str) -> None:
    assert getattr(batchtui, name) is not None


async def test_a_file_is_submitted_and_its_results_come_in_the_order_of_the_input(
    workspace: batchtui.Workspace, tmp_path: Path
) -> None:
    job = await workspace.submit(jsonl(tmp_path / "night.jsonl", requests(7)))
    await workspace.wait(job, poll_interval=3600)
    found = [result async for result in workspace.results(job)]
    assert [result.custom_id for result in found] == [request["custom_id"] for request in requests(7)]
    assert all(result.succeeded and result.text for result in found)
    assert found[0].params == requests(7)[0]["params"]
    assert found[0].usage.output_tokens > 0


async def test_requests_are_taken_from_a_generator_as_the_sdk_takes_them(
    workspace: batchtui.Workspace, simulator: Simulator
) -> None:
    def made() -> Iterator[dict[str, Any]]:
        yield from requests(450)

    job = await workspace.submit(made(), name="made", max_requests=200)
    assert job.requests == 450
    assert sent_custom_ids(simulator) == sorted(request["custom_id"] for request in requests(450))
    assert [batch.requests for batch in (await workspace.find(job)).batches] == [200, 200, 50]


async def test_requests_are_taken_from_an_asynchronous_generator(workspace: batchtui.Workspace) -> None:
    async def made() -> AsyncIterator[dict[str, Any]]:
        for request in requests(3):
            yield request

    assert (await workspace.submit(made())).requests == 3


async def test_an_error_of_the_generator_is_raised_and_nothing_is_sent(
    workspace: batchtui.Workspace, simulator: Simulator, tmp_path: Path
) -> None:
    def broken() -> Iterator[dict[str, Any]]:
        yield from requests(2)
        raise LookupError("the database went away")

    with pytest.raises(LookupError, match="went away"):
        await workspace.submit(broken())
    assert sent_custom_ids(simulator) == []
    assert list((tmp_path / "home" / "requests").iterdir()) == []


async def test_errors_in_requests_are_named_and_nothing_is_sent(
    workspace: batchtui.Workspace, simulator: Simulator
) -> None:
    wrong = [*requests(1), {"custom_id": "bad id", "params": {}}]
    with pytest.raises(InputError) as caught:
        await workspace.submit(wrong)
    assert {problem.line for problem in caught.value.problems} == {2}
    assert sent_custom_ids(simulator) == []


async def test_the_same_again_is_refused_reused_or_sent_as_asked(
    workspace: batchtui.Workspace, simulator: Simulator
) -> None:
    first = await workspace.submit(requests(2))
    with pytest.raises(batchtui.SubmittedBefore, match=first.id):
        await workspace.submit(requests(2))
    assert (await workspace.submit(requests(2), if_submitted="reuse")).id == first.id
    assert len(sent_custom_ids(simulator)) == 2
    assert (await workspace.submit(requests(2), if_submitted="again")).id != first.id
    assert len(sent_custom_ids(simulator)) == 4


async def test_what_is_known_is_reused_where_that_was_asked_for(
    workspace: batchtui.Workspace, simulator: Simulator
) -> None:
    first = await workspace.submit(requests(3))
    await workspace.wait(first, poll_interval=3600)
    again = await workspace.submit(requests(4, "again"), reuse="30d")
    await workspace.wait(again, poll_interval=3600)
    assert [len(batch) for batch in simulator.world.batches] == [3, 1]
    [made] = (await workspace.find(first)).batches
    found = [(result.custom_id, result.reused_from) async for result in workspace.results(again)]
    assert found == [(f"again-0000{n}", None if n == 3 else made.id) for n in range(4)]


@pytest.mark.parametrize("value", ["yesterday", 30, None, "0d", "30d,60d"])
async def test_what_says_not_which_answers_are_reused_is_refused(workspace: batchtui.Workspace, value: Any) -> None:
    with pytest.raises(batchtui.UsageError, match="reuse"):
        await workspace.submit(requests(1), reuse=value)


async def test_the_same_twice_at_once_is_one_job_where_it_may_be_reused(
    workspace: batchtui.Workspace, simulator: Simulator
) -> None:
    both = await asyncio.gather(*(workspace.submit(requests(2), if_submitted="reuse") for _ in range(2)))
    assert both[0].id == both[1].id
    assert len(sent_custom_ids(simulator)) == 2


async def test_a_request_that_was_answered_before_is_known(workspace: batchtui.Workspace) -> None:
    job = await workspace.submit(requests(2))
    await workspace.wait(job, poll_interval=3600)
    known = await workspace.known(requests(3, "other"))
    assert (known.answered, known.new, [each.id for each in known.jobs]) == (2, 1, [job.id])


async def test_results_have_the_names_that_their_rows_had(workspace: batchtui.Workspace, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("id,text\nA 1,x\nb,y\n")
    (tmp_path / "t.md").write_text("+++\nid = 'id'\n+++\nRead {{ text }}")
    made = tmp_path / "made.jsonl"
    options = ComposeOptions(template=str(tmp_path / "t.md"), data=str(tmp_path / "t.csv"))
    composition = await open_composition(workspace._engine, options)
    await compose_to_file(workspace._engine, composition, made)
    job = await workspace.submit(made)
    await workspace.wait(job, poll_interval=3600)
    found = [(result.custom_id, result.original_id) async for result in workspace.results(job)]
    assert found == [("A_1", "A 1"), ("b", "b")]


async def test_requests_that_may_cost_more_than_the_limit_are_not_sent(
    workspace: batchtui.Workspace, simulator: Simulator
) -> None:
    with pytest.raises(InputError, match="limit for one submission"):
        await workspace.submit(requests(2), max_cost="0.00001")
    assert sent_custom_ids(simulator) == []


async def test_a_lost_answer_is_found_while_waiting_and_nothing_is_sent_twice(
    workspace: batchtui.Workspace, simulator: Simulator
) -> None:
    simulator.world.faults.add(Fault("create", "lost_after"))
    job = await workspace.submit(requests(3))
    target = await workspace.wait(job, poll_interval=3600)
    assert [str(batch.state) for batch in target.batches] == ["ended"]
    assert len(sent_custom_ids(simulator)) == 3


async def test_only_what_is_asked_for_is_read_and_written(tmp_path: Path, clock: TurnedClock) -> None:
    with Simulator("half-fail", clock=clock) as simulator:
        async with batchtui.open_workspace(tmp_path / "home", base_url=simulator.url, clock=clock) as workspace:
            job = await workspace.submit(requests(20))
            await workspace.wait(job, poll_interval=3600)
            every = [result async for result in workspace.results(job)]
            failed = {result.custom_id for result in every if result.outcome == "errored"}
            some = [result async for result in workspace.results(job, only=["errored"], with_requests=False)]
            assert {result.custom_id for result in some} == failed
            assert all(not result.params for result in some)
            report = await workspace.export(job, tmp_path / "failed.csv", only=["errored"])
            assert report.total == len(failed)


async def test_an_open_registry_shows_what_a_program_does(workspace: batchtui.Workspace) -> None:
    job = await workspace.submit(requests(2), name="seen", tags=["t"])
    assert [(batch.name, batch.tags) for batch in await workspace.batches()] == [("seen", ("t",))]
    assert (await workspace.cancel(job))[0].batch.state == "canceling"


def test_the_sync_door_does_the_same(tmp_path: Path, simulator: Simulator, clock: TurnedClock) -> None:
    with batchtui.open_workspace(tmp_path / "home", base_url=simulator.url, clock=clock) as workspace:
        job = workspace.submit(requests(450))
        workspace.wait(job, poll_interval=3600)
        texts = {result.custom_id: result.text for result in workspace.results(job)}
        assert list(texts) == [request["custom_id"] for request in requests(450)]
        assert workspace.cost(job) is not None


def test_a_sync_iteration_may_be_left_early(tmp_path: Path, simulator: Simulator, clock: TurnedClock) -> None:
    with batchtui.open_workspace(tmp_path / "home", base_url=simulator.url, clock=clock) as workspace:
        job = workspace.submit(requests(450))
        workspace.wait(job, poll_interval=3600)
        for result in workspace.results(job):
            assert result.succeeded
            break


async def test_batches_are_filtered_and_sorted_in_the_language_of_the_dashboard(workspace: batchtui.Workspace) -> None:
    await workspace.submit(requests(2), name="nightly", tags=["eval"])
    await workspace.submit(requests(5, "b"), name="weekly")
    assert [batch.name for batch in await workspace.batches()] == ["weekly", "nightly"]
    assert [batch.name for batch in await workspace.batches("tag:eval")] == ["nightly"]
    assert [batch.name for batch in await workspace.batches("requests:>2 !tag:eval", limit=1)] == ["weekly"]
    assert [batch.name for batch in await workspace.batches(sort="requests", reverse=True)] == ["nightly", "weekly"]
    with pytest.raises(batchtui.UsageError, match="did you mean"):
        await workspace.batches("statsu:ended")


async def test_a_read_only_workspace_looks_and_changes_nothing(
    workspace: batchtui.Workspace, tmp_path: Path, simulator: Simulator, clock: TurnedClock
) -> None:
    job = await workspace.submit(requests(2))
    looking = batchtui.open_workspace(tmp_path / "home", base_url=simulator.url, clock=clock, read_only=True)
    async with looking as onlooker:
        await onlooker.wait(job, poll_interval=3600)
        assert len([result async for result in onlooker.results(job)]) == 2
        for change in (onlooker.submit(requests(1, "z")), onlooker.cancel(job), onlooker.delete(job)):
            with pytest.raises(batchtui.UsageError, match="read-only"):
                await change
    assert len(simulator.world.batches) == 1


async def test_an_estimate_of_nothing_is_no_estimate_of_0(workspace: batchtui.Workspace) -> None:
    with pytest.raises(batchtui.InputError, match="no request to send") as caught:
        await workspace.estimate([{"custom_id": "a"}])
    assert caught.value.problems


async def test_named_requests_are_tried_again(tmp_path: Path, clock: TurnedClock) -> None:
    with Simulator(Scenario(errored={"overloaded_error": 1}), clock=clock) as simulator:
        async with batchtui.open_workspace(tmp_path / "home", base_url=simulator.url, clock=clock) as workspace:
            job = await workspace.submit(requests(3))
            await workspace.wait(job, poll_interval=3600)
            named = requests(3)[1]["custom_id"]
            await workspace.retry(job, custom_ids=[named])
            assert simulator.world.batches[1].custom_ids == [named]


def test_it_says_that_it_is_typed() -> None:
    assert (Path(batchtui.__file__).parent / "py.typed").is_file()


async def test_a_job_is_judged_and_the_verdict_read(workspace: batchtui.Workspace, tmp_path: Path) -> None:
    rubric = tmp_path / "rubric.txt"
    rubric.write_text("Short and true.")
    first = await workspace.submit(requests(3))
    await workspace.wait(first, poll_interval=3600)
    judge = await workspace.judge(first, rubric=rubric)
    await workspace.wait(judge, poll_interval=3600)
    verdict = await workspace.verdict(judge)
    assert [(one.criterion, one.count) for one in verdict.whole.scores] == [("", 3), ("quality", 3)]
    assert verdict.waiting == 0
