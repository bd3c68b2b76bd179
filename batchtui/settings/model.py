"""Every setting with its meaning, default and bounds: `Settings`.

`config.toml` has these sections and keys and no others. `batchtui config` prints the text below each field.
"""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003  (the annotations say how the file is read)
from dataclasses import dataclass, field, fields
from decimal import Decimal
from typing import Annotated, ClassVar, Literal

from annotated_types import Ge, Gt, Le, Lt, MinLen

from batchtui.domain.query import SortKey  # noqa: TC001  (the annotations say how the file is read)
from batchtui.settings.validators import Validated, as_bool, as_number, as_url, as_words

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
    """How the registry is kept in step with the API."""

    automatic: Switch = True
    """Whether the dashboard asks the API by itself; false starts it paused."""
    quick: Seconds = 5.0
    """Seconds between two looks while a batch is young."""
    middle: Seconds = 15.0
    """Seconds between two looks in the minutes after that."""
    slow: Seconds = 60.0
    """Seconds between two looks while only older batches run."""
    fetch_results: Switch = True
    """Whether results are fetched as soon as a batch ends: the API keeps them for 29 days only."""


@dataclass(frozen=True, slots=True)
class Submit(Section):
    """What holds for every submission."""

    max_cost: Dollars | None = None
    """USD that one submission may cost at most, by its estimate, unless --max-cost says otherwise."""
    max_cost_a_day: Dollars | None = None
    """USD that may be spent on one day of this machine's time: what was sent so far today counts, too."""
    count_foreign: Switch = False
    """Whether batches that were made elsewhere count towards the limits of a day and of a profile."""
    queue_room: Annotated[int, Ge(1), Validated(as_number)] | None = None
    """Requests that may wait at the API at once; what is more waits here. Learnt from refusals where it is not set."""
    grace: Annotated[float, Ge(0), Le(86_400), Validated(as_number)] = 60.0
    """Seconds to wait at least, after a create got no response, before the API's list proves that no batch exists."""
    max_cost_of_profile: Mapping[str, Dollars] = field(default_factory=dict)
    """USD that may be spent in all under a profile of credentials: a line for each, its name and the amount."""


@dataclass(frozen=True, slots=True)
class PriceSetting(Section):
    """What one model costs by your contract, without a batch: USD for a million tokens."""

    input: Dollars | None = None
    """Tokens that are put in; the list's prices hold where neither this nor the output is set."""
    output: Dollars | None = None
    """Tokens that are written."""
    cache_write_5m: Dollars | None = None
    """Written to the cache of five minutes; 1.25 times the input where it is not set."""
    cache_write_1h: Dollars | None = None
    """Written to the cache of one hour; twice the input where it is not set."""
    cache_read: Dollars | None = None
    """Read from the cache; a tenth of the input where it is not set."""
    web_search: Dollars = Decimal(10)
    """A thousand web searches."""
    batch: Annotated[Decimal, Ge(0), Le(1), Validated(as_number)] = Decimal("0.5")
    """What tokens cost in a batch, as a share of that."""
    discount: Discount | None = None
    """Off this model's tokens, as a share of 1, in place of the discount off all."""

    def __post_init__(self) -> None:
        others = (getattr(self, each.name) != each.default for each in fields(self) if each.name != "discount")
        if any(others) and (self.input is None or self.output is None):
            raise ValueError("a section with both input and output, or with a discount alone")


@dataclass(frozen=True, slots=True)
class Prices(Section):
    """What models cost, where it is not what the price list says."""

    discount: Discount = Decimal(0)
    """Off all tokens, as a share of 1, on top of a batch's."""
    models: Mapping[str, PriceSetting] = field(default_factory=dict)
    """By model, as `[prices.models."claude-haiku-5-5"]`: `input` and `output`, or only a `discount` off the list's."""


@dataclass(frozen=True, slots=True)
class Models(Section):
    """The models that the tiers of task files stand for."""

    cheap: Model = "claude-haiku-5-5"
    """For simple work in bulk."""
    capable: Model = "claude-sonnet-5-5"
    """For most work; what a task without a tier gets."""
    premium: Model = "claude-opus-5-5"
    """For the hardest work."""


@dataclass(frozen=True, slots=True)
class Notify(Section):
    """How the end of a batch is told: once for each, whatever the number of open terminals."""

    bell: Switch = True
    """Whether the terminal's bell rings."""
    desktop: Switch = False
    """Whether the terminal is asked for a desktop notice; works over SSH where the terminal can do it."""
    command: Annotated[tuple[str, ...], Validated(as_words)] = ()
    """A program and its arguments, run with the batch as JSON on its standard input; no shell is involved."""
    timeout: Annotated[float, Gt(0), Le(3_600), Validated(as_number)] = 30.0
    """Seconds that the program may take; then it is ended."""
    credentials: Switch = False
    """Whether the program inherits API keys and tokens from the environment; without it they are taken out."""
    webhook: Annotated[str, Validated(as_url)] = ""
    """An https address that gets the batch as JSON by POST; http only on this machine. Empty for none."""


@dataclass(frozen=True, slots=True)
class Screen(Section):
    """How the dashboard looks and listens."""

    theme: Literal["auto", "dark", "light", "high-contrast", "ansi"] = "auto"
    """The colours; ansi uses the terminal's own sixteen, auto chooses by what the terminal says of itself."""
    mouse: Switch = True
    """Whether the dashboard listens to the mouse; false leaves selecting text to the terminal. Never in GNU screen."""
    ascii: Switch = False
    """Whether only ASCII is drawn, for fonts without the other signs."""
    calm: Literal["auto", "yes", "no"] = "auto"
    """Whether less is sent to the terminal: changes every 2 s, ages every 30 s; auto does so over SSH."""
    hints: Switch = True
    """Whether the dashboard hints at keys that were never used; each hint goes away once it was followed."""


@dataclass(frozen=True, slots=True)
class Place(Section):
    """What is special about one profile of credentials, or about one workspace of the API."""

    colour: Literal["red", "yellow", "green", "cyan", "blue", "magenta"] | None = None
    """Of its name in the status line; where it is not set, one that goes with the name."""
    read_only: Switch = False
    """Whether everything that changes something at the API is refused there."""


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
    """Everything that can be set. All of it has a default: no file is needed."""

    read_only: Switch = False
    """Whether everything that changes something at the API is refused: submit, cancel, delete, retry."""
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    """How much goes into the log file; never what is in requests or answers."""
    refresh: Refresh = Refresh()
    submit: Submit = Submit()
    prices: Prices = Prices()
    models: Models = Models()
    notify: Notify = Notify()
    screen: Screen = Screen()
    places: Mapping[str, Place] = field(default_factory=dict)
    """By profile or by a workspace's id, as `[places.production]`: a `colour` of its own, and `read_only`."""
    views: Mapping[str, View] = field(default_factory=dict)
    """Saved views of the list of batches, as `[views."failed this week"]`; the first nine are on the keys 1 to 9."""
    keys: Mapping[str, str] = field(default_factory=dict)
    """Keys of your own: a command's id and its keys, with commas between them. `batchtui keys` lists the ids."""

    def tiers(self) -> dict[str, str]:
        """Return the model id of each tier of a task file: cheap, capable, premium."""
        return {"cheap": self.models.cheap, "capable": self.models.capable, "premium": self.models.premium}
