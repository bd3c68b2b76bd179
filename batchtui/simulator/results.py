"""The results of an ended batch as the bytes of a JSONL download, made in blocks while they are read."""

from collections.abc import Iterator
from typing import Any

from pydantic_core import to_json

from batchtui.simulator.batch import BatchState, SimulatedBatch
from batchtui.simulator.batch_plan import ERRORED, Plan
from batchtui.simulator.replies.messages import answer
from batchtui.simulator.wire_format import make_id

# Large enough that a million lines are a few thousand writes, small enough that other calls get their turn.
BLOCK_BYTES = 256 * 1024


def result_blocks(batch: SimulatedBatch, state: BatchState) -> Iterator[bytes]:
    """All result lines, in the order in which the requests finished and not that of the input, in blocks of 256 KB."""
    block: list[bytes] = []
    size, plan = 0, batch.plan
    for place in range(len(batch)):
        line = result_line(batch, plan, state, place)
        block.append(line)
        size += len(line)
        if size >= BLOCK_BYTES:
            yield b"".join(block)
            block, size = [], 0
    yield b"".join(block)


def result_line(batch: SimulatedBatch, plan: Plan, state: BatchState, place: int) -> bytes:
    """The line of the request that finished at `place`, with its line feed."""
    index = plan.order[place]
    line = {"custom_id": batch.custom_ids[index], "result": _result(batch, plan, state, place, index)}
    return to_json(line) + b"\n"


def _result(batch: SimulatedBatch, plan: Plan, state: BatchState, place: int, index: int) -> dict[str, Any]:
    if place >= state.finished:
        # `canceled` and `expired` hold nothing but their type.
        return {"type": state.rest}
    fate = plan.codes[place]
    if fate == ERRORED:
        return {"type": "errored", "error": _error(plan, index)}
    custom_id = batch.custom_ids[index]
    message = answer(
        batch.params[index],
        seed=batch.scenario.seed,
        custom_id=custom_id,
        message_id=make_id("msg", batch.id, custom_id),
        answer_tokens=batch.scenario.answer_tokens,
        fate=fate,
        turns=batch.scenario.turns,
        judge=(batch.scenario.judge_longer_wins, batch.scenario.judge_ties, batch.scenario.judge_bias),
    )
    return {"type": "succeeded", "message": message}


def _error(plan: Plan, index: int) -> dict[str, Any]:
    """The double envelope, as captured: the outer type is always `error`, the request_id null."""
    problem = plan.problems[index]
    inner = {
        "details": {"error_visibility": "user_facing"},
        "type": problem.error_type,
        "message": problem.message,
    }
    return {"type": "error", "error": inner, "request_id": None}
