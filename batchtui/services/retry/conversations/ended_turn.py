"""Say what a turn of the assistant ended with and what has to be sent after it: `EndedTurn`, `next_params`.

Nothing here reads a file or runs a tool. A turn goes back as it came, thinking blocks with their signatures and the
blocks of server tools included: the API compares them with what it has signed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from batchtui.domain.results.result import Outcome
from batchtui.intake.rules.models import is_paused

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from batchtui.domain.model import ModelInfo

GO_ON = (
    "Your last message was cut off at the length limit. Continue exactly where it stopped, without repeating anything"
    " and without a remark about it."
)
"""The user's turn after a truncated answer."""
PLEASE_GO_ON = "Please continue."
"""The user's turn after a pause that ends in text, where the model refuses that the conversation ends with its turn."""
_TOOL_USE = "tool_use"


class CannotContinue(Exception):
    """A conversation cannot be continued; its text says why, in words for people, the same for all of one kind."""


@dataclass(frozen=True, slots=True)
class ToolCall:
    """One call of a tool that the caller is expected to run."""

    id: str
    name: str
    input: Any
    """What the model passes to the tool: any JSON value."""


@dataclass(frozen=True, slots=True)
class ToolOutput:
    """What a tool has answered."""

    content: str
    is_error: bool = False

    def block(self, call_id: str) -> dict[str, Any]:
        """Return it as the block of a user's turn."""
        block: dict[str, Any] = {"type": "tool_result", "tool_use_id": call_id}
        # Text blocks must not be blank; a tool that says nothing has answered nevertheless.
        if self.content.strip():
            block["content"] = self.content
        if self.is_error:
            block["is_error"] = True
            # The API refuses an error without a text.
            block.setdefault("content", "The tool failed without a message.")
        return block


@dataclass(frozen=True, slots=True)
class EndedTurn:
    """The assistant's last turn of a conversation."""

    outcome: Outcome
    stop_reason: str | None
    content: tuple[Any, ...]
    """Its blocks as they came, without blank text blocks, which the API returns and does not take back."""

    @classmethod
    def of(cls, outcome: Outcome, message: Mapping[str, Any]) -> EndedTurn:
        """Return the turn of a succeeded result's message."""
        content = message.get("content")
        if isinstance(content, str):
            content = [{"type": "text", "text": content}]
        blocks = content if isinstance(content, list) else []
        stop = message.get("stop_reason")
        return cls(outcome, stop if isinstance(stop, str) else None, tuple(b for b in blocks if not _is_blank(b)))

    @property
    def calls(self) -> tuple[ToolCall, ...]:
        """The calls that the caller is expected to run, in order.

        Raises:
            CannotContinue: a call has no id or no name, or two have the same id, so that no result could be given.
        """
        found = [
            (block.get("id"), block.get("name"), block.get("input"))
            for block in self.content
            if isinstance(block, dict) and block.get("type") == _TOOL_USE
        ]
        calls = tuple(
            ToolCall(call, name, given if given is not None else {})
            for call, name, given in found
            if isinstance(call, str) and isinstance(name, str)
        )
        if len(calls) < len(found) or len({call.id for call in calls}) < len(calls):
            raise CannotContinue("its tool calls have no ids of their own")
        return calls


@dataclass(frozen=True, slots=True)
class TruncationChoice:
    """What is done about truncated answers."""

    max_tokens: int | None = None
    """The new limit; None doubles the old one, up to what the model allows."""
    goes_on: bool = False
    """Send a "go on" turn after what is there instead of asking again with a higher limit."""


def next_params(
    params: dict[str, Any],
    turn: EndedTurn,
    results: Sequence[ToolOutput],
    model: ModelInfo | None,
    choice: TruncationChoice,
) -> dict[str, Any]:
    """Return the params that continue a conversation.

    Args:
        params: of the request that led to the turn.
        turn: what the assistant said.
        results: of the turn's tool calls, in their order.
        model: what is known of the model.
        choice: what is done about a truncated answer.

    Raises:
        CannotContinue: the API would refuse whatever could be sent.
    """
    if turn.outcome is Outcome.TRUNCATED:
        return _after_truncation(params, turn, model, choice)
    if not turn.content:
        raise CannotContinue("its last turn is empty")
    calls = turn.calls
    if calls:
        # All results of parallel calls in one turn of the user, in the order of the calls, and nothing before them.
        answer = [result.block(call.id) for call, result in zip(calls, results, strict=True)]
        return _with(params, _assistant(turn), {"role": "user", "content": answer})
    if turn.outcome is Outcome.TOOL_USE:
        raise CannotContinue("it stopped for a tool and calls none")
    if is_paused(list(turn.content)) or not _refuses_prefill(params, model, turn):
        return _with(params, _assistant(turn))
    return _with(params, _assistant(turn), {"role": "user", "content": PLEASE_GO_ON})


def raised_limit(params: Mapping[str, Any], model: ModelInfo | None, choice: TruncationChoice) -> int | None:
    """Return the higher max_tokens that a truncated request is asked with again; None where there is none."""
    before, most = params.get("max_tokens"), model.max_tokens if model else None
    if not isinstance(before, int):
        return None
    wanted = choice.max_tokens or 2 * before
    # A limit that a person gives is sent as it is: a beta may allow more than the table says, and the check knows it.
    after = wanted if most is None or choice.max_tokens else min(wanted, most)
    return after if after > before else None


def _after_truncation(
    params: dict[str, Any], turn: EndedTurn, model: ModelInfo | None, choice: TruncationChoice
) -> dict[str, Any]:
    if turn.stop_reason == "model_context_window_exceeded":
        raise CannotContinue("its context window is full")
    limit = raised_limit(params, model, choice)
    if limit is not None and not choice.goes_on:
        return {**params, "max_tokens": limit}
    if any(isinstance(block, dict) and str(block.get("type")).endswith("tool_use") for block in turn.content):
        raise CannotContinue("it was truncated within a tool call, and a higher --max-tokens is needed")
    if not any(isinstance(block, dict) and block.get("type") == "text" for block in turn.content):
        raise CannotContinue("it was truncated before it said anything, and a higher --max-tokens is needed")
    if not _refuses_prefill(params, model, turn):
        return _with(params, _assistant(turn))
    return _with(params, _assistant(turn), {"role": "user", "content": GO_ON})


def _refuses_prefill(params: Mapping[str, Any], model: ModelInfo | None, turn: EndedTurn) -> bool:
    """Return whether the conversation may not end with this turn: by the model's row, and by what never goes with it.

    A model that nobody knows is taken for a new one: a turn of the user is accepted by all.
    """
    if model is None or model.prefill is not True:
        return True
    thinking = params.get("thinking")
    thinks = isinstance(thinking, dict) and thinking.get("type", "disabled") != "disabled"
    output = params.get("output_config")
    is_structured = isinstance(output, dict) and output.get("format") is not None
    last = turn.content[-1] if turn.content else {}
    text = last.get("text") if isinstance(last, dict) and last.get("type") == "text" else None
    # "final assistant content cannot end with trailing whitespace": without it the turn would not be as it came.
    return thinks or is_structured or not isinstance(text, str) or text != text.rstrip()


def _assistant(turn: EndedTurn) -> dict[str, Any]:
    return {"role": "assistant", "content": list(turn.content)}


def _with(params: dict[str, Any], *turns: dict[str, Any]) -> dict[str, Any]:
    """Return the params with these turns at the end of the conversation."""
    # Two turns of the assistant in a row, after a pause, are what the documentation of pause_turn sends: the API joins
    # them, and each keeps its own blocks.
    return {**params, "messages": [*params["messages"], *turns]}


def _is_blank(block: Any) -> bool:
    if not isinstance(block, dict) or block.get("type") != "text":
        return False
    text = block.get("text")
    return not isinstance(text, str) or not text.strip()
