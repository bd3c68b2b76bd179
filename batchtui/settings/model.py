"""Every setting with its meaning, default and bounds: `Settings`.

`config.toml` has these sections and keys and no others. `batchtui config` prints the text below each field.
"""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003  (the annotations say how the file is read)
from dataclasses import dataclass, field, fields
from decimal import Decimal
from typing import Annotated, ClassVar, Literal

from annotated_types import Ge, Gt, Le, Lt, MinLen

from batchtui.domain.batches.query import SortKey  # noqa: TC001  (the annotations say how the file is read)
from batchtui.settings.validators import (
    Validated,
    as_bool,
    as_labels,
    as_number,
    as_reuse,
    as_reviewer,
    as_time_of_day,
    as_url,
    as_words,
)

Switch = Annotated[bool, Validated(as_bool)]
Seconds = Annotated[float, Gt(0), Le(86_400), Validated(as_number)]
Dollars = Annotated[Decimal, Ge(0), Validated(as_number)]
Discount = Annotated[Decimal, Ge(0), Lt(1), Validated(as_number)]
Model = Annotated[str, MinLen(1)]


@dataclass(frozen=True, slots=True)
class Section:
    """A table of the file: read once, never changed, and closed to keys it does not know."""

    # `forbid`: a misspelt key would be a setting that silently does nothing. The texts below the fields are their
    # reference.
    __pydantic_config__: ClassVar = {"extra": "forbid", "use_attribute_docstrings": True}


@dataclass(frozen=True, slots=True)
class Refresh(Section):
    """How often the API is asked."""

    automatic: Switch = True
    """Whether the dashboard refreshes automatically; false starts it paused."""
    quick: Seconds = 5.0
    """Polling interval for new batches (seconds)."""
    middle: Seconds = 15.0
    """Polling interval in the minutes after that (seconds)."""
    slow: Seconds = 60.0
    """Polling interval for older batches (seconds)."""
    fetch_results: Switch = True
    """Whether results are downloaded as soon as a batch ends; the API keeps them for 29 days."""


@dataclass(frozen=True, slots=True)
class Submit(Section):
    """Limits and waiting times of submissions."""

    max_cost: Dollars | None = None
    """The most that one submission may cost, by its upper estimate (USD); --max-cost overrides it."""
    max_cost_a_day: Dollars | None = None
    """The most that may be spent in one day of local time (USD), including what was sent earlier that day."""
    count_foreign: Switch = False
    """Whether batches created elsewhere count towards the limits of a day and of a profile."""
    queue_room: Annotated[int, Ge(1), Validated(as_number)] | None = None
    """Most requests in the API's queue; further parts wait here. If not set, it is learned from rate limits."""
    reuse: Annotated[str, Validated(as_reuse)] = "off"
    """Which answers are reused instead of sending their requests again: off, on, an age such as 30d, or all."""
    grace: Annotated[float, Ge(0), Le(86_400), Validated(as_number)] = 60.0
    """The shortest wait before a create without a response counts as not created (seconds); can only lengthen it."""
    max_cost_of_profile: Mapping[str, Dollars] = field(default_factory=dict)
    """The most that may be spent in total, by profile of credentials: one line with name and amount (USD) for each."""


@dataclass(frozen=True, slots=True)
class PriceSetting(Section):
    """What one model costs by your contract, without the batch discount (USD per million tokens)."""

    input: Dollars | None = None
    """Input tokens; if neither this nor the output is set, list prices apply."""
    output: Dollars | None = None
    """Output tokens."""
    cache_write_5m: Dollars | None = None
    """Cache writes for 5 minutes (default: 1.25 times the input)."""
    cache_write_1h: Dollars | None = None
    """Cache writes for 1 hour (default: twice the input)."""
    cache_read: Dollars | None = None
    """Cache reads (default: a tenth of the input)."""
    web_search: Dollars = Decimal(10)
    """Web searches (USD per thousand)."""
    batch: Annotated[Decimal, Ge(0), Le(1), Validated(as_number)] = Decimal("0.5")
    """Price of tokens in a batch, as a fraction of these prices."""
    discount: Discount | None = None
    """Extra discount on this model's tokens (0.1 = 10 %), instead of the one on all tokens."""

    def __post_init__(self) -> None:
        others = (getattr(self, each.name) != each.default for each in fields(self) if each.name != "discount")
        if any(others) and (self.input is None or self.output is None):
            raise ValueError("a section with both input and output, or with a discount alone")


@dataclass(frozen=True, slots=True)
class Prices(Section):
    """Prices and discounts of your contract, where they differ from the price list."""

    discount: Discount = Decimal(0)
    """Extra discount on all tokens (0.1 = 10 %), besides the batch discount."""
    models: Mapping[str, PriceSetting] = field(default_factory=dict)
    """Prices by model, as `[prices.models."claude-haiku-5-5"]` with `input` and `output`, or with a `discount` only."""


@dataclass(frozen=True, slots=True)
class Models(Section):
    """The models of the tiers in task files and templates."""

    cheap: Model = "claude-haiku-5-5"
    """The model of the tier `cheap`: simple work in bulk."""
    capable: Model = "claude-sonnet-5-5"
    """The model of the tier `capable`: most work, and tasks without a tier."""
    premium: Model = "claude-opus-5-5"
    """The model of the tier `premium`: the hardest work."""


@dataclass(frozen=True, slots=True)
class Notify(Section):
    """Notices, for instance when a batch ends: each once, however many terminals are open."""

    bell: Switch = True
    """Whether to ring the terminal's bell."""
    desktop: Switch = False
    """Whether to send a desktop notice through the terminal; works over SSH if the terminal supports it."""
    command: Annotated[tuple[str, ...], Validated(as_words)] = ()
    """A program and its arguments, run without a shell with the batch as JSON on standard input."""
    timeout: Annotated[float, Gt(0), Le(3_600), Validated(as_number)] = 30.0
    """Time limit of the program (seconds)."""
    credentials: Switch = False
    """Whether the program inherits API keys and tokens from the environment."""
    webhook: Annotated[str, Validated(as_url)] = ""
    """An https URL that receives the batch as JSON by POST (http only on this machine); empty for none."""
    digest: Annotated[str, Validated(as_time_of_day)] = ""
    """Local time of a daily digest, as in 18:00: what ended, what it cost, what is left to do; empty for none."""


@dataclass(frozen=True, slots=True)
class Screen(Section):
    """Appearance and input of the dashboard."""

    theme: Literal["auto", "dark", "light", "high-contrast", "ansi"] = "auto"
    """Colours: ansi uses the terminal's own sixteen, auto follows the terminal's background."""
    mouse: Switch = True
    """Whether to use the mouse; false leaves selecting text to the terminal. Always off in GNU screen."""
    ascii: Switch = False
    """Whether to draw only ASCII, for fonts without other characters."""
    calm: Literal["auto", "yes", "no"] = "auto"
    """Whether to send less to the terminal: changes every 2 s, ages every 30 s; auto does so over SSH."""
    hints: Switch = True
    """Whether to show hints at keys that were never used; a hint goes away once you follow it."""


@dataclass(frozen=True, slots=True)
class Review(Section):
    """Reviewing answers by hand."""

    name: Annotated[str, Validated(as_reviewer)] = ""
    """The name that your marks carry; empty for the name of your account on this machine."""
    labels: Annotated[tuple[str, ...], Validated(as_labels)] = ()
    """Labels on the digits 1 to 9, for jobs that have none of their own."""
    advance: Switch = True
    """Whether accepting or rejecting an answer shows the next one."""


@dataclass(frozen=True, slots=True)
class Place(Section):
    """Settings of one profile of credentials, or of one workspace of the API."""

    colour: Literal["red", "yellow", "green", "cyan", "blue", "magenta"] | None = None
    """Colour of its name in the status line (default: derived from the name)."""
    read_only: Switch = False
    """Whether to refuse everything there that changes something at the API."""


@dataclass(frozen=True, slots=True)
class View(Section):
    """One saved view of the list of batches."""

    filter: str = ""
    """What is typed after `/`: words and fields, as in `status:ended failed:>0`; empty for all batches."""
    sort: SortKey = "attention"
    """What the list is sorted by."""
    reversed: Switch = False
    """Whether that order is reversed."""
    columns: Annotated[tuple[str, ...], Validated(as_words)] = ()
    """The columns that are shown, by their ids, in their order; empty for the usual ones."""
    by_job: Switch = False
    """Whether the parts and attempts of a job are folded into one row."""


@dataclass(frozen=True, slots=True)
class Settings(Section):
    """All settings. Each has a default, so no file is needed."""

    read_only: Switch = False
    """Whether to refuse everything that changes something at the API: submit, cancel, delete, retry."""
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    """Level of the log file, which never contains requests or answers."""
    journal_days: Annotated[int, Ge(1), Le(36_500), Validated(as_number)] = 90
    """How many days calls to the API stay in the journal; your actions and the fate of batches stay permanently."""
    refresh: Refresh = Refresh()
    submit: Submit = Submit()
    prices: Prices = Prices()
    models: Models = Models()
    notify: Notify = Notify()
    screen: Screen = Screen()
    review: Review = Review()
    places: Mapping[str, Place] = field(default_factory=dict)
    """Settings by profile or workspace id, as `[places.production]` with `colour` and `read_only`."""
    views: Mapping[str, View] = field(default_factory=dict)
    """Saved views of the list of batches, as `[views."failed this week"]`; the first nine are on the keys 1 to 9."""
    keys: Mapping[str, str] = field(default_factory=dict)
    """Your own keys: a command's id and its keys, separated by commas. `batchtui keys` lists the ids."""

    def tiers(self) -> dict[str, str]:
        """Return the model id of each tier of a task file: cheap, capable, premium."""
        return {"cheap": self.models.cheap, "capable": self.models.capable, "premium": self.models.premium}
