"""Make the requests of the next turn from the stored ones and the saved results: `NextTurns`."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any

from batchtui.intake.rules.model_table import find_model
from batchtui.results.json_text import encode_json
from batchtui.services.retry.conversations.ended_turn import CannotContinue, EndedTurn, next_params
from batchtui.services.retry.requests import RetryRequests

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from batchtui.domain.batches.batch import Batch
    from batchtui.domain.submission.request import RequestFacts
    from batchtui.intake import CheckedRequest, CheckOptions
    from batchtui.registry.requests.store import RequestReader
    from batchtui.registry.results.merge import MergedResults
    from batchtui.services.retry.conversations.ended_turn import ToolOutput, TruncationChoice
    from batchtui.services.retry.conversations.unfinished import OpenConversation

TurnResults = "Callable[[str, OpenConversation, EndedTurn], Sequence[ToolOutput]]"


class NextTurns(RetryRequests):
    """Makes the continued requests, in the order of the input. Those that cannot be continued are left, with why."""

    def __init__(
        self,
        readers: Mapping[int, RequestReader],
        batches: Sequence[Batch],
        check: CheckOptions,
        merged: MergedResults,
        conversations: Mapping[str, OpenConversation],
        results_of: Callable[[str, OpenConversation, EndedTurn], Sequence[ToolOutput]],
        choice: TruncationChoice,
    ) -> None:
        """`results_of`: returns the results of a turn's tool calls; raises `CannotContinue` where one has none."""
        super().__init__(readers, batches, check)
        self._merged = merged
        self._conversations = conversations
        self._results_of = results_of
        self._choice = choice
        self._models = check.models
        self.left: Counter[str] = Counter()
        """Conversations that are not sent, by why."""
        self.kinds: Counter[str] = Counter()
        """Conversations that are sent, by what their last turn ended with: an outcome, or `repeated`."""
        self.examples: dict[str, str] = {}
        """For each reason the custom_id of the first conversation that is left."""

    def rewrite(self, custom_id: str, payload: bytes) -> bytes | None:
        """Return the request of the conversation's next turn. Raises `CannotContinue`."""
        conversation = self._conversations[custom_id]
        if conversation.is_repeated:
            return None
        turn = read_turn(self._merged, conversation)
        request = json.loads(payload)
        params = request["params"]
        model = find_model(str(params.get("model")), self._models)
        results = self._results_of(custom_id, conversation, turn)
        request["params"] = next_params(params, turn, results, model, self._choice)
        return encode_request(request)

    def _request(self, place: RequestFacts) -> CheckedRequest | None:
        conversation = self._conversations[place.custom_id]
        before = self.errors
        try:
            request = super()._request(place)
        except CannotContinue as left:
            self.leave(place.custom_id, str(left))
            return None
        if request is None:
            first = self.problems[0].message if self.errors > before else "it is not valid"
            self.leave(place.custom_id, f"the API would refuse its next turn: {first}")
            return None
        self.kinds["repeated" if conversation.is_repeated else str(conversation.outcome)] += 1
        return request

    def leave(self, custom_id: str, why: str) -> None:
        """Note that a conversation is not sent."""
        self.left[why] += 1
        self.examples.setdefault(why, custom_id)


def read_turn(merged: MergedResults, conversation: OpenConversation) -> EndedTurn:
    """Return the last turn of a conversation. Raises `CannotContinue` where its result cannot be read."""
    try:
        line = json.loads(merged.line(conversation.found))
        return EndedTurn.of(conversation.outcome, line["result"]["message"])
    except (ValueError, RecursionError, KeyError, TypeError):
        raise CannotContinue("its saved result cannot be read") from None


def encode_request(request: dict[str, Any]) -> bytes:
    """Return a request as it is sent. Half a surrogate pair, which UTF-8 cannot hold, stays an escape."""
    text = encode_json(request)
    try:
        return text.encode()
    except UnicodeEncodeError:
        return json.dumps(request, separators=(",", ":")).encode()
