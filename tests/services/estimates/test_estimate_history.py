"""What was expected and what came of it: noted with each batch, and told of the next one that is like it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from batchtui.domain.costs.estimate_history import EstimateHistory, PastBatch, PastOutcomes, TokenRange
from batchtui.intake import CheckedRequest, Shape
from batchtui.services.estimates.expectations import expectations, templates_of
from batchtui.services.estimates.request_groups import RequestGrouper
from batchtui.services.polling.refresh import refresh_batches
from batchtui.services.results.collect import collect
from batchtui.services.submission.submit import SubmitOptions, discard, plan_submit
from tests.support.builders import jsonl, request
from tests.support.workspaces import submit

if TYPE_CHECKING:
    from pathlib import Path

    from batchtui.domain.costs.estimate import Estimate
    from batchtui.services.workspace import Workspace
    from tests.support.clock import TurnedClock

HAIKU, SONNET = "claude-haiku-5-5", "claude-sonnet-5-5"


def past(template: str, name: str, written: int, *, model: str = HAIKU, expected: int | None = 100) -> PastBatch:
    return PastBatch(model, template, name, 1000, written, expected, 150)


def shape(payload: bytes, id: int = 1, model: str = HAIKU, skeleton: str = "user") -> Shape:  # noqa: A002
    return Shape(id, 1, f"{model} · {skeleton}", model, "r", "f", 1, payload)


def test_the_same_template_goes_before_the_same_name_and_that_before_the_model() -> None:
    history = EstimateHistory([past("t", "other", 100), past("u", "mine", 200), past("u", "other", 300)], "mine")
    found = [history.outcomes(HAIKU, template) for template in ("t", "v")]
    assert found == [
        PastOutcomes(TokenRange(0.1, 0.1, 0.1), TokenRange(1.5, 1.5, 1.5), 1, "template"),
        PastOutcomes(TokenRange(0.2, 0.2, 0.2), TokenRange(1.5, 1.5, 1.5), 1, "name"),
    ]
    anybody = EstimateHistory(history.precedents, "nobody").outcomes(HAIKU, "v")
    assert anybody == PastOutcomes(TokenRange(0.1, 0.2, 0.3), TokenRange(1.5, 1.5, 1.5), 3, "model")


def test_another_model_says_nothing_and_a_date_makes_no_other_model() -> None:
    history = EstimateHistory([past("t", "n", 100, model=f"{HAIKU}-20260901")])
    assert history.outcomes(SONNET, "t") is None
    assert history.outcomes(None, "t") is None
    assert history.outcomes(HAIKU, "t") is not None


def test_an_input_that_was_not_noted_corrects_nothing() -> None:
    found = EstimateHistory([past("t", "n", 100, expected=None)]).outcomes(HAIKU, "t")
    assert found is not None
    assert found.input is None


def test_requests_of_one_template_are_known_by_what_they_have_in_common() -> None:
    def template(text: str, **params: object) -> str | None:
        import json

        messages = [{"role": "user", "content": text}]
        said = json.dumps({"custom_id": "r", "params": {"model": HAIKU, "messages": messages, **params}})
        return templates_of([shape(said.encode())])[HAIKU]

    prompt = "Say which team this ticket belongs to: "
    assert template(prompt + "it is broken") == template(prompt + "give me my money back")
    assert template(prompt) != template("Translate this into French: ")
    assert template(prompt, system="Be brief.") != template(prompt, system="Take your time.")
    assert template(prompt, max_tokens=5) == template(prompt, max_tokens=9)


def test_a_template_is_the_same_for_every_model() -> None:
    payload = b'{"params": {"messages": [{"role": "user", "content": [{"type": "text", "text": "a"}]}]}}'
    found = templates_of([shape(payload), shape(payload, 2, SONNET), shape(b"", 3, "large")])
    assert found[HAIKU] == found[SONNET] != found["large"]


def test_expectations_are_summed_by_part_and_model() -> None:
    counter = RequestGrouper()
    for part, model in ((1, HAIKU), (1, SONNET), (1, HAIKU), (2, HAIKU)):
        counter.add(part, [CheckedRequest(1, "r", b"x" * 830, "f", 1, model, 10, 1)])
    found = expectations(counter.loads(), {1: shape(b"{}")}, {HAIKU: "t"})
    assert [(each.part, each.model, each.requests, each.max_tokens, each.input_tokens) for each in found] == [
        (1, HAIKU, 2, 20, 402), (1, SONNET, 1, 10, 201), (2, HAIKU, 1, 10, 201),
    ]  # fmt: skip
    assert [each.template for each in found] == ["t", "", "t"]


async def run(workspace: Workspace, clock: TurnedClock, folder: Path, name: str) -> None:
    """Submit, wait for the end, and fetch the results."""
    submitted = await submit(workspace, folder, 3, prefix=name)
    clock.turn(hours=25)
    await refresh_batches(workspace, submitted.batches)
    for batch in submitted.batches:
        await collect(workspace, await workspace.registry.batches.get(batch.key))


async def estimated(workspace: Workspace, folder: Path, *models: str) -> Estimate:
    """Estimate a file with one request to each model."""
    path = jsonl(folder / "next.jsonl", [request(f"n-{model}", model=model) for model in models])
    plan = await plan_submit(workspace, [str(path)], SubmitOptions())
    discard(workspace, plan)
    return plan.estimate


async def test_each_batch_that_ends_teaches_the_next_estimate(
    workspace: Workspace, clock: TurnedClock, tmp_path: Path
) -> None:
    first = await estimated(workspace, tmp_path, HAIKU)
    await run(workspace, clock, tmp_path, "one")
    second = await estimated(workspace, tmp_path, HAIKU)
    await run(workspace, clock, tmp_path, "two")
    third = await estimated(workspace, tmp_path, HAIKU)
    assert [each.grounds and each.grounds.batches for each in (first, second, third)] == [None, 1, 2]
    assert first.cost.likely is None
    assert second.cost.likely is not None
    assert third.cost.low is not None
    assert third.cost.likely is not None
    assert third.cost.high is not None
    assert third.cost.at_most is not None
    assert third.cost.low <= third.cost.likely <= third.cost.high < third.cost.at_most


async def test_a_batch_of_two_models_teaches_about_both(
    workspace: Workspace, clock: TurnedClock, tmp_path: Path
) -> None:
    path = jsonl(tmp_path / "both.jsonl", [request(f"r-{model}", model=model) for model in (HAIKU, SONNET)])
    plan = await plan_submit(workspace, [str(path)], SubmitOptions())
    from batchtui.services.submission.submit import apply_submit

    submitted = await apply_submit(workspace, plan)
    clock.turn(hours=25)
    await refresh_batches(workspace, submitted.batches)
    await collect(workspace, await workspace.registry.batches.get(submitted.batches[0].key))
    assert {each.model for each in (await workspace.registry.estimate_history.history()).precedents} == {
        HAIKU,
        SONNET,
    }
    assert (await estimated(workspace, tmp_path, HAIKU, SONNET)).output_tokens[0] is not None
