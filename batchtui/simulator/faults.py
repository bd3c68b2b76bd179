"""What can be made to go wrong on demand: one value for a fault, and the queue that hands them out call by call."""

import threading
from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar, Literal

from pydantic import ConfigDict

Endpoint = Literal[
    "create", "retrieve", "list", "cancel", "delete", "results", "message", "count_tokens", "models", "*"
]
FaultKind = Literal[
    "lost_before",
    "lost_after",
    "delayed",
    "garbled",
    "status",
    "results_cut",
    "results_stalled",
    "wrong_line",
    "hidden",
]


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that goes wrong at one endpoint, for a number of calls; it never touches any other call."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")
    on: Endpoint
    "The endpoint whose calls fail; `*` is all of them."
    kind: FaultKind
    """What happens.

    lost_before: the connection is cut and nothing is done; lost_after: it is done, then the connection is cut;
    delayed: the response comes `seconds` late; garbled: 200 with `body` instead of the response; status: an error
    response; results_cut: the results end after `at_byte` bytes; results_stalled: `seconds` of silence after `at_byte`
    bytes; wrong_line: `body` as a line among the results; hidden: a list that does not show the newest batch.
    """
    times: int | None = 1
    "How many calls fail; 0 (or None) means every one."
    skip: int = 0
    "How many calls to this endpoint succeed first, counted from when the fault was added."
    after: bool = False
    "For `status`, `garbled` and `delayed`: it fails after the work was done (a created batch exists)."
    status: int = 500
    "For `status`: the HTTP status. 413 and 502 come from the edge and are not JSON."
    error_type: str = ""
    "For `status`: the `error.type`; empty means the usual one for the status."
    message: str = ""
    "For `status`: the message; empty means the usual one for the status."
    error_code: str = ""
    "For `status`: the `error.details.error_code`, such as enforced_spend_limit_reached."
    retry_after: float | None = None
    "For `status`: the retry-after header in seconds; None sends none."
    seconds: float = 0.0
    "For `delayed` and `results_stalled`: real seconds of silence."
    at_byte: int = 0
    "For `results_cut`, `results_stalled` and `wrong_line`: how many bytes of the results pass first."
    clean: bool = False
    "For `results_cut`: true ends the body normally although lines are missing, false cuts the connection."
    body: str = ""
    "For `garbled` the whole body, for `wrong_line` the line."


@dataclass(slots=True)
class _Waiting:
    fault: Fault
    seen: int = 0
    struck: int = 0

    def is_spent(self) -> bool:
        # 0 means every call, as in the TOML of a scenario, which has no null.
        return bool(self.fault.times) and self.struck >= (self.fault.times or 0)


class FaultQueue:
    """The faults still to come, oldest first; thread-safe. It never gives one call more than one fault."""

    def __init__(self, faults: Iterable[Fault] = ()) -> None:
        self._lock = threading.Lock()
        self._waiting = [_Waiting(fault) for fault in faults]

    def add(self, *faults: Fault) -> None:
        """Let these faults strike from now on."""
        with self._lock:
            self._waiting.extend(_Waiting(fault) for fault in faults)

    def clear(self) -> None:
        """Forget every fault that has not struck yet."""
        with self._lock:
            self._waiting.clear()

    def take(self, endpoint: Endpoint) -> Fault | None:
        """Count one call to `endpoint` and return the fault that strikes it, if any."""
        chosen: Fault | None = None
        with self._lock:
            for waiting in self._waiting:
                if waiting.fault.on not in (endpoint, "*"):
                    continue
                waiting.seen += 1
                # All are counted, one strikes: `skip` refers to calls, not to calls that no other fault took.
                if chosen is None and waiting.seen > waiting.fault.skip:
                    waiting.struck += 1
                    chosen = waiting.fault
            self._waiting = [waiting for waiting in self._waiting if not waiting.is_spent()]
        return chosen

    @property
    def pending(self) -> tuple[Fault, ...]:
        """The faults that may still strike."""
        with self._lock:
            return tuple(waiting.fault for waiting in self._waiting)
