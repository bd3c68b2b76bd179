"""Read the requests that are sent again, with another model or max_tokens where wanted: `RetryRequests`."""

from __future__ import annotations

import json
from collections import Counter
from itertools import islice
from typing import TYPE_CHECKING, Any

from batchtui.intake import CheckedRequest, Checker
from batchtui.intake.request_digest import RequestHasher
from batchtui.intake.shapes import Key, Shapes, raw_key
from batchtui.services.retry.unresolved import latest_requests

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

    from batchtui.domain.batches.batch import Batch
    from batchtui.domain.submission.problem import Problem
    from batchtui.domain.submission.request import RequestFacts
    from batchtui.intake import CheckOptions, Shape
    from batchtui.registry.requests.store import RequestReader

AT_ONCE = 500
"""Requests read together."""
MOST_KNOWN = 4096
"""Kinds of requests whose shape is remembered at once."""


class RetryRequests:
    """Reads the chosen requests of a job in the order of the input. It decides nothing about which they are.

    What is not changed goes out byte for byte as before. What is changed is checked as a new request would be.
    """

    def __init__(self, readers: Mapping[int, RequestReader], batches: Sequence[Batch], check: CheckOptions) -> None:
        """`readers`: the requests of each attempt that is kept; the first holds every request of the job."""
        self._first = readers[min(readers)]
        self._latest = latest_requests(readers, batches)
        self._check = check
        self._checker = Checker(check)
        self._shapes = Shapes()
        self._hasher = RequestHasher(check.api_version, check.betas)
        self._known: dict[tuple[Any, ...], tuple[int, Callable[[dict[str, Any]], bytes]]] = {}
        self._file: str | None = None
        self.changed = 0
        """Requests that were given another model or max_tokens."""
        self.models: Counter[str] = Counter()

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What is wrong with changed requests, errors first."""
        return tuple(self._checker.findings.problems())

    @property
    def shapes(self) -> tuple[Shape, ...]:
        """The skeletons of what was read: their estimate depends on it."""
        return self._shapes.all()

    @property
    def errors(self) -> int:
        """Changed requests, by fault, that cannot be sent."""
        return self._checker.findings.errors

    def blocks(self, chosen: Collection[str]) -> Iterator[list[CheckedRequest]]:
        """Yield the requests with these custom_ids, some hundred at a time; wrong ones are left out and noted."""
        found = (place for place in self._first.in_order() if place.custom_id in chosen)
        while block := list(islice(found, AT_ONCE)):
            requests = [self._shaped(request) for place in block if (request := self._request(place)) is not None]
            self.models.update(request.model or "" for request in requests)
            yield requests

    def rewrite(self, custom_id: str, payload: bytes) -> bytes | None:
        """Return what is sent in place of the request as it was last sent; None leaves it as it is."""
        return None

    def _request(self, place: RequestFacts) -> CheckedRequest | None:
        reader = self._latest(place.custom_id)
        # From its latest attempt: a request that was changed by an earlier retry goes out as it was last sent.
        facts = (reader.facts(place.custom_id) if reader is not self._first else None) or place
        file, payload = self._first.file_of(place.seq), reader.read(facts)
        same = CheckedRequest(
            place.seq, place.custom_id, payload, file, place.line or 0, facts.model, facts.max_tokens, 0
        )
        rewritten = self.rewrite(place.custom_id, payload)
        # Unchanged bytes were checked when they were first sent.
        if rewritten is None and not self._changes(facts):
            return same
        if file != self._file:
            self._file = file
            self._checker.places.open(file)
        checked = self._checker.check(file, place.line or 0, [rewritten or payload])
        if not checked:
            return None
        self.changed += 1
        return checked[0]._replace(seq=place.seq)

    def _shaped(self, request: CheckedRequest) -> CheckedRequest:
        """Return the request with its shape, by the ids of this plan, and with its digest."""
        params = json.loads(request.payload)["params"]
        raw = raw_key(params)
        known = self._known.get(raw)
        if known is None:
            if len(self._known) >= MOST_KNOWN:
                self._known.clear()
            key = Key(*raw)
            shape, is_new = self._shapes.identify(key)
            known = self._known[raw] = shape, self._hasher.function_for(key)
            if is_new:
                self._shapes.exemplify(key, request._replace(shape=shape))
        shape, digest_of = known
        return request._replace(shape=shape, digest=digest_of(params))

    def _changes(self, facts: RequestFacts) -> bool:
        model, max_tokens = self._check.model, self._check.max_tokens
        return model not in (None, facts.model) or max_tokens not in (None, facts.max_tokens)
