"""Have the API count the input tokens of a few requests of each kind: `count_groups`."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from math import sqrt
from typing import TYPE_CHECKING

from batchtui.domain.costs.estimate import Counted
from batchtui.domain.errors import AnswerLost, RateLimited, Refused, SpendLimitReached

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from batchtui.gateway.protocol import ApiHeaders, Gateway
    from batchtui.services.estimates.request_groups import RequestGroup
    from batchtui.services.workspace import Workspace

EACH = 5
"""Requests of one kind that are counted at most."""
CALLS = 40
"""Requests that are counted in all at most: counting is free, and has a rate limit of its own."""
PATIENCE = 60.0
"""Seconds of rate limits that are waited out in all; after that the estimate uses what was counted."""
USUAL_WAIT = 5.0
"""Seconds to wait where a rate limit does not say how long."""
OFF = 0.02
"""By how much the API's own count may be off: it calls it an estimate."""
SURE = {1: 12.71, 2: 4.30, 3: 3.18, 4: 2.78}
"""Student's t for 95 of 100 samples, by how many more than one were counted."""
OF_THE_REQUEST = (400, 404, 413, 422)
"""Statuses that refuse the request, and not the credentials."""


@dataclass(frozen=True, slots=True)
class TokenCounts:
    """The input of whole groups, extrapolated from the requests that were counted."""

    tokens: Mapping[RequestGroup, tuple[int, int, int]]
    """By group of which something was counted: at least, likely and at most."""
    counted: Counted


@dataclass(slots=True)
class _SampledGroup:
    """Groups that differ only in their part."""

    loads: list[RequestGroup] = field(default_factory=list)
    found: list[tuple[int, int]] = field(default_factory=list)
    """Of each counted request: how much of it there is, as `_measure` says, and its tokens."""

    @property
    def requests(self) -> int:
        return sum(load.requests for load in self.loads)

    @property
    def weight(self) -> int:
        return sum(load.bytes for load in self.loads)

    def chosen(self) -> list[int]:
        """Return places of a few requests, spread over all of them."""
        places = [place for load in self.loads for place in load.sample]
        few = min(EACH, len(places))
        return [places[index * (len(places) - 1) // max(few - 1, 1)] for index in range(few)]

    def tokens(self) -> dict[RequestGroup, tuple[int, int, int]]:
        """Return the input of each group, extrapolated from what was counted; empty where that is too little.

        Tokens grow with the bytes of a request; with images and documents they do not, and each request counts as one.
        """
        number, everything = len(self.found), sum(self._measure(load) for load in self.loads)
        # From one request of several nothing can be said about the spread.
        if not number or (number == 1 and self.requests > 1):
            return {}
        # A ratio estimate with its confidence interval, corrected for sampling from a finite number of requests.
        rate = sum(tokens for _, tokens in self.found) / sum(size for size, _ in self.found)
        spread = sum((tokens - rate * size) ** 2 for size, tokens in self.found) / max(number - 1, 1)
        left_out = 1 - number / self.requests
        margin = self.requests * sqrt(left_out * spread / number) * SURE.get(number - 1, SURE[max(SURE)]) / everything
        return {
            load: (
                int(self._measure(load) * max(rate - margin, 0.0) * (1 - OFF)),
                round(self._measure(load) * rate),
                round(self._measure(load) * (rate + margin) * (1 + OFF)) + 1,
            )
            for load in self.loads
        }

    def note(self, payload: bytes, tokens: int) -> None:
        """Note what one request was counted to be."""
        self.found.append((1 if self._has_media else len(payload), tokens))

    @property
    def _has_media(self) -> bool:
        return any(load.images or load.documents or load.elsewhere for load in self.loads)

    def _measure(self, load: RequestGroup) -> int:
        return load.requests if self._has_media else load.bytes


async def count_groups(
    workspace: Workspace,
    loads: Sequence[RequestGroup],
    read: Callable[[Sequence[int]], list[bytes]],
    api_version: str | None = None,
    betas: tuple[str, ...] = (),
    on_progress: Callable[[int, int], None] | None = None,
) -> TokenCounts:
    """Have the API count a few requests of each kind. `read` returns the requests at given places, in a thread.

    Raises:
        CredentialsMissing, Refused: the API does not accept the credentials.
    """
    from batchtui.gateway.protocol import ApiHeaders

    kinds = _kinds(loads)
    asked = _Asking(await workspace.gateway(), ApiHeaders(api_version, betas), workspace)
    wanted = sum(len(kind.chosen()) for kind in kinds)
    done = 0
    for kind in kinds:
        for payload in await asyncio.to_thread(read, kind.chosen()):
            tokens = await asked.tokens_of(payload)
            # A refused request stands for its kind, and a reached limit for all: neither is worth more calls.
            if tokens is None:
                break
            kind.note(payload, tokens)
            done += 1
            if on_progress:
                on_progress(done, wanted)
    return _tally(loads, kinds, done, asked.notes)


class _Asking:
    """Asks the API for one count after another, and waits out rate limits."""

    def __init__(self, gateway: Gateway, dialect: ApiHeaders, workspace: Workspace) -> None:
        self._gateway, self._dialect, self._clock = gateway, dialect, workspace.clock
        self._patience = PATIENCE
        self._is_over = False
        self.notes: list[str] = []
        """Why something was not counted, a sentence each."""

    async def tokens_of(self, payload: bytes) -> int | None:
        """Return the tokens of one request; None where this one, or any at all, cannot be counted."""
        params = json.loads(payload)["params"]
        # The order of the handlers matters: SpendLimitReached is a RateLimited, which waiting does not cure.
        while not self._is_over:
            try:
                return await self._gateway.count_tokens(params, self._dialect)
            except SpendLimitReached as error:
                self._end(error.message)
            except RateLimited as error:
                await self._wait(USUAL_WAIT if error.retry_after is None else error.retry_after)
            except AnswerLost as error:
                self._end(error.message)
            except Refused as error:
                if error.status not in OF_THE_REQUEST:
                    raise
                self.notes.append(f"The API refused to count a request: {error.message}")
                return None
        return None

    async def _wait(self, seconds: float) -> None:
        self._patience -= seconds
        if self._patience < 0:
            self._end("its rate limit is reached.")
        else:
            await self._clock.sleep(seconds)

    def _end(self, why: str) -> None:
        self._is_over = True
        self.notes.append(f"The API stopped counting: {why}")


def _kinds(loads: Iterable[RequestGroup]) -> list[_SampledGroup]:
    """Return the kinds of requests to count, the largest first: groups that differ only in their part are one kind."""
    found: dict[tuple[int, str | None, int], _SampledGroup] = {}
    for load in loads:
        found.setdefault((load.shape, load.model, load.longest), _SampledGroup()).loads.append(load)
    kinds: list[_SampledGroup] = []
    room = CALLS
    for kind in sorted(found.values(), key=lambda kind: -kind.weight):
        room -= len(kind.chosen())
        # The smaller kinds are not counted: for them the estimate goes by bytes.
        if room < 0:
            break
        kinds.append(kind)
    return kinds


def _tally(
    loads: Sequence[RequestGroup], kinds: Sequence[_SampledGroup], done: int, notes: Sequence[str]
) -> TokenCounts:
    tokens = {load: each for kind in kinds for load, each in kind.tokens().items()}
    left = sum(load.requests for load in loads if load not in tokens)
    said = list(notes)
    if left:
        said.append(f"The input of {left:,} requests of other kinds was estimated from its bytes.")
    return TokenCounts(tokens, Counted(done, sum(load.requests for load in loads) - left, tuple(said)))
