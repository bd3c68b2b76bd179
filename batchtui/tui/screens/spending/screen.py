"""`SpendingScreen` shows what was spent, by day in a chart and by model, job, tag or day in a list.

It also shows what batches and caching have saved, what is in progress, and how much of each limit is spent. The ledger
computes all of it.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, ClassVar, get_args

from batchtui.domain.costs.cost import NOTHING
from batchtui.domain.notice import LIMIT_PERCENTS
from batchtui.services.spending.budget import SINGLE, Limit, limits
from batchtui.services.spending.ledger import By, Ledger, LedgerLine, read_ledger
from batchtui.text.money import UNKNOWN_CELL, usd, usd_fine
from batchtui.text.numbers import amount, count, percent, short
from batchtui.text.safe import one_line
from batchtui.tui.chrome.list_screen import ListScreen
from batchtui.tui.commands.keymap import bindings
from batchtui.tui.commands.table import Scope
from batchtui.tui.rendering.columns import Column
from batchtui.tui.rendering.painter import painter_of
from batchtui.tui.rendering.spans import GAP, Span, Tone, fit, joined, line
from batchtui.tui.rendering.spans import Line as Drawn
from batchtui.tui.screens.spending.chart import MODEL_TONES, Bar, Chart, model_sign
from batchtui.tui.widgets.grid.grid import Grid
from batchtui.tui.widgets.lines_view import ItemView
from batchtui.tui.widgets.rule import Rule
from batchtui.tui.workers import CoalescedWorker

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date
    from decimal import Decimal

    from textual.binding import BindingType
    from textual.widget import Widget

    from batchtui.services.workspace import Workspace
    from batchtui.tui.messages import BatchesChanged

WAYS: tuple[By, ...] = ("model", "job", "tag", "day")
"""What the list is added up by, in the order of the key."""
assert set(WAYS) == set(get_args(By))
DAYS = 60
"""Days in the chart at most."""
FEWEST_DAYS = 14
"""Days that are shown even where nothing was spent on the first of them."""


def columns_of(by: By) -> tuple[Column, ...]:
    """Return the list's columns. By model there is no estimate: it is of a batch, which may have several models."""
    estimate = () if by == "model" else (Column("estimate", "ESTIMATE", 9, 11, 45, right=True),)
    return (
        Column("label", by.upper(), 16, 44, 100, fixed=True),
        Column("cost", "COST", 9, 11, 99, right=True, fixed=True),
        Column("share", "SHARE", 10, 20, 60),
        Column("saved", "SAVED", 9, 11, 80, right=True),
        *estimate,
        Column("batches", "BATCHES", 7, 7, 30, right=True),
        Column("answers", "ANSWERS", 8, 10, 65, right=True),
        Column("input", "INPUT", 7, 8, 50, right=True),
        Column("output", "OUTPUT", 7, 8, 55, right=True),
        Column("cache", "CACHE", 5, 5, 40, right=True),
    )


class SpendingScreen(ListScreen[LedgerLine]):
    """Shows the ledger, and reads it again when batches have changed."""

    BINDINGS: ClassVar[list[BindingType]] = bindings(Scope.SPENDING)
    SCOPES = (Scope.SPENDING, Scope.LIST, Scope.EVERYWHERE)
    TITLE_IN_PATH = "Spending"
    DETAIL_TITLE = "this line"
    UNAVAILABLE = frozenset({"list.mark", "list.sort", "list.open", "app.spending"})

    def __init__(self, workspace: Workspace) -> None:
        super().__init__(workspace)
        self._by: By = WAYS[0]
        self._total = LedgerLine("total")
        self._models: tuple[str, ...] = ()
        """The models with a colour of their own, the dearest first."""
        self._reading = CoalescedWorker(self, self._read)
        self._head = Head(id="spending-head")
        self._chart = Chart(id="chart")
        self.detail = LineDetail(id="spending-line")
        self.grid = Grid(columns_of(self._by), self.page, self._paint, id="spending")
        self.grid.empty = (
            line(Span("No spending in saved results yet", Tone.STRONG)),
            line(Span("The cost of a batch is known once its results are saved.", Tone.DIM)),
        )

    def above(self) -> Iterator[Widget]:
        """Lay out the sums and the chart."""
        yield self._head
        yield self._chart
        yield Rule()

    def on_mount(self) -> None:
        """Read the ledger."""
        self._reading.request()

    async def _read(self) -> None:
        # The chart is always by day, whatever the list is added up by.
        days = await read_ledger(self.workspace, by="day")
        ledger = days if self._by == "day" else await read_ledger(self.workspace, by=self._by)
        # Days are read from the newest backwards; all other lists come by cost.
        self.items = ledger.lines[::-1] if self._by == "day" else ledger.lines
        self._total = ledger.total
        self._head.show(ledger)
        self._models = dearest_models(days.total)
        today = self.workspace.clock.now().astimezone().date()
        limit = self.workspace.settings.submit.max_cost_a_day
        self._chart.show(bars_of(days.lines, today, self._models), legend_of(self._models), limit)
        self._head.limits = tuple(await limits(self.workspace, None))
        self.grid.update(enumerate(self.items))
        # A share changes with the total, too, where its line is as it was.
        self.grid.tick()
        self.grid.show(range(len(self.items)))
        self.show_detail()
        self.refresh_frame()

    def batches_changed(self, message: BatchesChanged) -> None:
        """Read the ledger again."""
        self._reading.request()

    def aside(self) -> Drawn:
        """Return what the list is added up by."""
        return (Span(f"by {self._by}", Tone.DIM),)

    def _action_spending_by(self) -> None:
        self._by = WAYS[(WAYS.index(self._by) + 1) % len(WAYS)]
        self.grid.columns = columns_of(self._by)
        self.grid.repaint()
        self._reading.request()

    def _paint(self, item: LedgerLine, column: Column, width: int) -> Drawn:
        if column.id == "share":
            return share_bar(item.known, self._total.known, width, plain=painter_of(self).plain)
        if column.id == "label" and self._by == "model":
            at = self._models.index(item.label) if item.label in self._models else len(self._models)
            return (model_sign(at, plain=painter_of(self).plain), Span(" "), *paint(item, column))
        return paint(item, column)


class Head(ItemView[Ledger]):
    """Draws the sums in two lines: what was spent and saved, and what the figures do not include; limits below."""

    limits: tuple[Limit, ...] = ()
    """The limits on cost that hold now."""

    def draw(self, columns: int, rows: int) -> Sequence[Drawn]:
        """Return sums, what they leave out, and a line for each limit."""
        if self.item is None:
            return [(), ()]
        said = [_sums(self.item), _remarks(self.item), *(limit_words(limit) for limit in self.limits)]
        return [fit(tuple(pieces), columns) for pieces in said]


class LineDetail(ItemView[LedgerLine]):
    """Draws what one line comes to for each answer, and which models made it."""

    def draw(self, columns: int, rows: int) -> Sequence[Drawn]:
        """Return the cost of an answer of this line, and its models."""
        item = self.item
        if item is None:
            return []
        said = (Span(f" {one_line(item.label)}   ", Tone.STRONG), *joined(list(_for_each(item)), "   "))
        models = sorted(item.models, key=lambda model: (-item.models[model], model))
        by_model = [[Span(f"{one_line(model)} "), Span(usd(item.models[model]), Tone.DIM)] for model in models]
        return [fit(said, columns), fit((Span(" "), *joined(by_model, "   ")), columns)]


def _for_each(item: LedgerLine) -> Iterator[list[Span]]:
    priced = item.results - item.unknown
    if priced > 0:
        yield [Span(f"{usd(item.known / priced)} an answer", Tone.TEXT)]
    if item.results:
        tokens = round(item.usage.output_tokens / item.results)
        yield [Span(f"{amount(tokens, 'output token')} each, on average", Tone.DIM)]
    if item.unknown:
        yield [Span(f"{amount(item.unknown, 'answer')} without a known price", Tone.WARN)]


def limit_words(limit: Limit) -> Iterator[Span]:
    """Yield how much of a limit is spent, or will be by what is in progress."""
    yield Span(f" limit {one_line(limit.what)} ", Tone.DIM)
    yield Span(usd_fine(limit.usd), Tone.STRONG)
    # Nothing adds up towards the limit of one submission.
    if limit.what == SINGLE:
        return
    share = int(limit.spent * 100 / limit.usd) if limit.usd else 100
    tone = Tone.BAD if share >= LIMIT_PERCENTS[-1] else Tone.WARN if share >= LIMIT_PERCENTS[0] else Tone.TEXT
    yield Span(f"   {share} % ", tone)
    yield Span(f"spent or in progress, {usd_fine(limit.remaining)} left", Tone.DIM)


def _sums(ledger: Ledger) -> Iterator[Span]:
    total = ledger.total
    yield Span(" spent ", Tone.DIM)
    yield Span(usd(total.known) + ("+" if total.unknown else ""), Tone.STRONG)
    if ledger.expected is not None and total.batches:
        yield Span(f", estimated {usd(ledger.expected)}", Tone.DIM)
    yield GAP
    yield Span("batch discount ", Tone.DIM)
    yield Span(usd(total.saved), Tone.GOOD)
    if total.hit_rate is not None:
        yield GAP
        yield Span("by caching " if total.caching >= 0 else "caching cost ", Tone.DIM)
        yield Span(usd(abs(total.caching)), Tone.GOOD if total.caching >= 0 else Tone.WARN)
        yield Span(f" ({percent(total.hit_rate)} hits)", Tone.DIM)


def _remarks(ledger: Ledger) -> Iterator[Span]:
    if ledger.in_flight is None:
        yield Span(" in progress: ", Tone.DIM)
        yield Span("at an unknown cost", Tone.WARN)
    else:
        yield Span(" in progress: up to ", Tone.DIM)
        yield Span(usd(ledger.in_flight), Tone.TEXT)
    if ledger.counts.failed:
        yield GAP
        yield Span(f"{count(ledger.counts.succeeded)} of {amount(ledger.counts.total, 'request')} billed", Tone.DIM)
    yield GAP
    if ledger.total.unknown:
        yield Span(f" {amount(ledger.total.unknown, 'answer')} without a known price ", Tone.WARN)
    if ledger.uncounted:
        ended = amount(ledger.uncounted, "ended batch", "ended batches")
        yield Span(f" {ended} not counted: the results are not saved ", Tone.WARN)


def dearest_models(total: LedgerLine) -> tuple[str, ...]:
    """Return the models that have a colour of their own in the chart, the dearest first."""
    by_cost = sorted(total.models, key=lambda model: (-total.models[model], model))
    return tuple(by_cost if len(by_cost) <= len(MODEL_TONES) else by_cost[: len(MODEL_TONES) - 1])


def legend_of(models: Sequence[str]) -> tuple[str, ...]:
    """Return the names of models as the chart says them, with a word for all others where there may be some."""
    names = tuple(one_line(model.removeprefix("claude-")) for model in models)
    return (*names, "others") if len(names) == len(MODEL_TONES) - 1 else names


def bars_of(lines: Sequence[LedgerLine], today: date, models: Sequence[str]) -> list[Bar]:
    """Return every day up to today, also those without spending, with the amounts of these models and of all others."""
    by_day = {entry.label: entry for entry in lines}
    if not by_day:
        return []
    days = (today - timedelta(days=ago) for ago in range(DAYS - 1, -1, -1))
    first = min(*by_day, (today - timedelta(days=FEWEST_DAYS - 1)).isoformat())
    bars: list[Bar] = []
    for day in days:
        if day.isoformat() >= first:
            spent = by_day.get(day.isoformat())
            amounts = [spent.models.get(model, NOTHING) if spent else NOTHING for model in models]
            others = spent.known - sum(amounts, NOTHING) if spent else NOTHING
            # Without others there is no colour for them, and the last model has the last one.
            bars.append(Bar(day, (*amounts, others) if len(models) < len(MODEL_TONES) else tuple(amounts)))
    return bars


def share_bar(part: Decimal, whole: Decimal, width: int, *, plain: bool) -> Drawn:
    """Return a share as a bar with its percentage, readable without colour."""
    # Only for drawing: sums stay Decimal.
    share = float(part / whole) if whole else 0.0
    room = max(1, width - 5)
    filled = round(share * room)
    full, empty = ("#", "-") if plain else ("━", "─")
    return (
        Span(full * filled, Tone.ACCENT),
        Span(empty * (room - filled), Tone.FAINT),
        Span(f"{share:>5.0%}", Tone.DIM),
    )


def paint(item: LedgerLine, column: Column) -> Drawn:
    """Return one cell."""
    match column.id:
        case "label":
            return (Span(one_line(item.label)),)
        case "cost":
            return (Span(usd(item.known) + ("+" if item.unknown else ""), Tone.STRONG),)
        case "estimate":
            return (Span(usd(item.expected, unknown=UNKNOWN_CELL), Tone.DIM),)
        case "saved":
            return (Span(usd(item.saved), Tone.GOOD),)
        case "batches":
            return (Span(count(len(item.batches)), Tone.DIM),)
        case "answers":
            return (Span(count(item.results), Tone.DIM),)
        case "input":
            return (Span(short(item.usage.total_input), Tone.DIM),)
        case "output":
            return (Span(short(item.usage.output_tokens), Tone.DIM),)
    return (Span("" if item.hit_rate is None else f"{item.hit_rate:.0%}", Tone.DIM),)
