"""How a simulated service behaves: one flat value, the ones that have a name, and reading one from a TOML file."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, ClassVar, Literal

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError

from batchtui.simulator.faults import Fault

DAY = 86_400.0
Seconds = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Factor = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Share = Annotated[float, Field(ge=0, le=1)]
Count = Annotated[int, Field(ge=0)]
Movement = Literal["some"] | bool


@dataclass(frozen=True, slots=True)
class Scenario:
    """A service's temper; durations are seconds at speed 1, shares lie between 0 and 1. It never holds state."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")
    name: str = "custom"
    "The scenario's name."
    seed: int = 1
    "Seed of ids, durations, outcomes and answers: the same seed gives the same behaviour."
    speed: Factor = 1.0
    "How many times faster than real time it runs; `--speed` multiplies it."
    latency: Seconds = 0.0
    "Seconds before any response."
    create_latency: Seconds = 0.0
    "Further seconds before the response to a create."
    takes: Seconds = 60.0
    "How long a batch is processed, on average."
    spread: Share = 0.0
    "How far that varies from batch to batch: 0.5 means half to one and a half times."
    takes_per_request: Seconds = 0.0
    "Further seconds for each request in the batch."
    cancel_takes: Seconds = 5.0
    "How long a batch stays in `canceling`."
    expires_after: Seconds = DAY
    "When a batch that has not ended expires."
    moving_counts: Movement = False
    "Whether counts move while in progress: false (as the real service), true, or `some` (each second batch)."
    errored: Mapping[str, Share] = field(default_factory=dict)
    "The share of requests that fail, by error type: `{overloaded_error = 0.1}`."
    expired: Share = 0.0
    "The share of requests that are never finished, so that their batch stays in progress until it expires."
    truncated: Share = 0.0
    "The share of answers truncated by max_tokens."
    refused: Share = 0.0
    "The share of answers that are refusals."
    paused: Share = 0.0
    "The share of answers that stop at pause_turn."
    turns: Count = 0
    "The most turns of a conversation: calls of tools (several at once), pauses and long answers until the last one."
    judge_longer_wins: Share = 0.5
    "As a judge of two answers: the share of pairs in which the longer answer is better."
    judge_ties: Share = 0.0
    "As a judge of two answers: the share of pairs in which neither is better."
    judge_bias: Share = 0.0
    "As a judge of two answers: the share of comparisons in which it takes the first one, whatever it says."
    answer_tokens: Count = 120
    "About how long a plain answer is, in tokens."
    retry_after: Count = 10
    "The retry-after header on a batch in progress; 0 sends none."
    requests_per_minute: Count = 4_000
    "The rate limit over all endpoints; 0 is none."
    queue_limit: Count = 500_000
    "How many batch requests may wait in the organization's queue."
    max_body_bytes: Count = 256_000_000
    "The largest body that a create may have; the service says 256 MB and this takes the stricter reading."
    visible_after: Seconds = 0.0
    "For how long after its creation a batch is not found (404)."
    listed_after: Seconds = 0.0
    "For how long after its creation a batch is missing from the list."
    results_host: str = ""
    "A scheme and host to put into results_url instead of our own, to prove that a client does not follow it."
    bad_keys: tuple[str, ...] = ("sk-ant-bad",)
    "Keys that are refused with 401; any other key is accepted."
    faults: tuple[Fault, ...] = ()
    "What fails, by endpoint and call number."

    @classmethod
    def from_toml(cls, path: Path) -> "Scenario":
        """The scenario in a TOML file whose keys are these fields' names, with `[[faults]]` tables for the faults.

        Raises:
            ValueError: The file is not TOML, or a key is unknown or of the wrong kind; the sentence names it.
            OSError: The file cannot be read.
        """
        text = path.read_text(encoding="utf-8")
        try:
            # The file's own `name` goes before its file name.
            values: dict[str, Any] = {"name": path.stem, **tomllib.loads(text)}
            return TypeAdapter(cls).validate_python(values)
        except tomllib.TOMLDecodeError as error:
            raise ValueError(f"{path.name}: {error}") from error
        except ValidationError as error:
            # One is enough: the file is written by hand, and the next one shows at the next start.
            first = error.errors()[0]
            where = ".".join(str(part) for part in first["loc"])
            raise ValueError(f"{path.name}: {where}: {first['msg']}") from error


def _named(*scenarios: Scenario) -> Mapping[str, Scenario]:
    return MappingProxyType({scenario.name: scenario for scenario in scenarios})


SCENARIOS: Mapping[str, Scenario] = _named(
    Scenario(name="quiet-night", takes=2_400.0, spread=0.4),
    Scenario(
        name="half-fail",
        takes=900.0,
        errored={"overloaded_error": 0.2, "api_error": 0.1, "rate_limit_error": 0.05, "invalid_request_error": 0.15},
    ),
    Scenario(
        name="hundred-thousand", takes=1_800.0, errored={"overloaded_error": 0.002}, refused=0.001, truncated=0.01
    ),
    Scenario(name="conversations", takes=600.0, turns=4),
    Scenario(name="rate-limited", takes=300.0, requests_per_minute=6),
    Scenario(name="expires", takes=1.25 * DAY),
    Scenario(name="slow", takes=20 * 3_600.0, spread=0.1, latency=0.8, create_latency=2.0),
    Scenario(
        name="lost-answers",
        takes=600.0,
        faults=(
            Fault(on="create", kind="lost_after"),
            Fault(on="create", kind="lost_before", skip=2),
            Fault(on="create", kind="status", status=504, after=True, skip=4),
            Fault(on="results", kind="results_cut", at_byte=2_000),
        ),
    ),
    Scenario(
        name="demo",
        takes=24.0,
        spread=0.75,
        cancel_takes=4.0,
        latency=0.05,
        create_latency=0.3,
        moving_counts="some",
        retry_after=2,
        errored={"overloaded_error": 0.03, "api_error": 0.02, "invalid_request_error": 0.01},
        truncated=0.04,
        refused=0.02,
        paused=0.01,
    ),
)
"The scenarios that have a name."
