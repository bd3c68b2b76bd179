"""`StatusBar` is the top line: the workspace, batches by state, warnings, today's costs, and the age of the data."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

from batchtui.domain.batches.states import BatchState
from batchtui.services.polling.poller import PollerState
from batchtui.text.durations import countdown
from batchtui.text.glyphs import STATES
from batchtui.text.money import usd
from batchtui.text.numbers import amount, count
from batchtui.text.safe import sanitize
from batchtui.tui.rendering.batch_text import STATE_TONES, ago, span
from batchtui.tui.rendering.painter import painter_of
from batchtui.tui.rendering.spans import NOTHING, Line, Span, Tone, joined, width
from batchtui.tui.widgets.lines_view import LinesView

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from decimal import Decimal

    from batchtui.registry.batches.queries import BatchCounts
    from batchtui.services.polling.poller import PollStatus
    from batchtui.services.workspace import Workspace
    from batchtui.tui.host import Status

STALE = 180.0
"""Seconds after which data about running batches is called stale."""
ORDER = (
    BatchState.UNKNOWN,
    BatchState.SUBMITTING,
    BatchState.IN_PROGRESS,
    BatchState.CANCELING,
    BatchState.PLANNED,
    BatchState.ENDED,
    BatchState.MISSING,
)
"""States in the order in which they are shown, the most urgent first."""
COLOURS = (
    Tone.BLUE_PLACE,
    Tone.GREEN_PLACE,
    Tone.MAGENTA_PLACE,
    Tone.YELLOW_PLACE,
    Tone.CYAN_PLACE,
    Tone.RED_PLACE,
)
"""The colours that go with names of profiles, in turn."""


class StatusBar(LinesView):
    """One line at the top of every screen."""

    DEFAULT_CSS = "StatusBar { height: 1; }"

    def __init__(self, status: Callable[[], Status]) -> None:
        super().__init__()
        self._status = status

    def draw(self, columns: int, rows: int) -> Sequence[Line]:
        """Return the line. Where room is short, the usual workspace goes first, then the money, then words."""
        status = self._status()
        plain = painter_of(self).plain
        age = poll_words(status)
        badge = warning_badge(status.warnings, status.warnings_key)
        money = money_words(status.spent)
        full, short = _left(status, full=True), _left(status, full=False)
        tally, numbers = (tally_words(status.tally, plain=plain, words=words) for words in (True, False))
        # From the fullest form to the shortest: the first one that fits is drawn.
        for left, middle, others in (
            (full, tally, (badge, money, age)),
            (short, tally, (badge, money, age)),
            (short, tally, (badge, age)),
            (short, numbers, (badge, money, age)),
            (short, numbers, (badge, age)),
            (short, NOTHING, (badge, age)),
            (NOTHING, NOTHING, (age,)),
        ):
            line, right = joined([left, middle], "   "), joined(others, "   ")
            room = columns - width(line) - width(right) - 2
            if room >= 2:
                break
        return [(Span(" "), *line, Span(" " * max(0, room)), *right, Span(" "))]


def _left(status: Status, *, full: bool) -> Line:
    pieces = [Span("batchtui", Tone.ACCENT)]
    if status.is_demo:
        pieces.append(Span("  demo", Tone.WARN))
    if status.place and (full or status.colour is not Tone.DIM):
        pieces += (Span("  "), Span(_label(sanitize(status.place), status.colour), status.colour))
    if status.is_read_only:
        pieces.append(Span("  read-only" if full else "  r/o", Tone.WARN))
    return tuple(pieces)


def _label(place: str, colour: Tone) -> str:
    """Return a short form of a place: ids keep what tells them from others, and a coloured ground gets some room."""
    text = f"{place[:7]}…{place[-4:]}" if place.startswith("wrkspc_") else place[:20]
    return text if colour is Tone.DIM else f" {text} "


def tally_words(tally: BatchCounts, *, plain: bool = False, words: bool = True) -> Line:
    """Return how many batches are in each state; states without any are left out."""
    groups: list[list[Span]] = []
    for state in ORDER:
        if number := tally.states.get(state, 0):
            sign = STATES[state]
            text = f"{sign.glyph_in(plain=plain)} {count(number)}" + (f" {sign.word}" if words else "")
            groups.append([Span(text, STATE_TONES[state])])
    return joined(groups, "   " if words else "  ")


def warning_badge(warnings: int, key: str = "") -> Line:
    """Return how many warnings there are, and the key that shows them, on a ground of its own."""
    if not warnings:
        return NOTHING
    badge = Span(f" {amount(warnings, 'warning')} ", Tone.YELLOW_PLACE)
    return (badge, Span(f" [{key}]", Tone.DIM)) if key else (badge,)


def money_words(spent: Decimal) -> Line:
    """Return what today's batches have cost; nothing where they cost nothing yet."""
    return (Span(f"{usd(spent)} today", Tone.DIM),) if spent else NOTHING


def poll_words(status: Status) -> Line:
    """Return the age of the data and what the poller does; instead of that the progress of what somebody started."""
    poll, now = status.poll, status.now
    # What the person has started matters more than the age of the data.
    if doing := status.doing or _fetching_words(poll):
        return (Span(doing, Tone.RUNNING),)
    age = Span(ago(poll.asked_at, now) if poll.asked_at else "not refreshed yet", Tone.DIM)
    if poll.asked_at and status.tally.running and (now - poll.asked_at).total_seconds() > STALE:
        age = Span(f"stale {span(now - poll.asked_at)}", Tone.WARN)
    # In steps of five seconds below, so that the line changes with the tick and not between two.
    until = max(0.0, (poll.next_at - now).total_seconds()) if poll.next_at else 0.0
    retry = f", retry in {countdown(-(-until // 5) * 5)}" if until else ""
    match poll.state:
        case PollerState.RATE_LIMITED:
            return (Span(f"rate limited{retry}", Tone.WARN),)
        case PollerState.OFFLINE:
            return (Span(f"offline{retry}", Tone.BAD), Span(" · ", Tone.FAINT), age)
        case PollerState.NO_CREDENTIALS:
            return (Span("no credentials", Tone.BAD), Span(" · ", Tone.FAINT), age)
        case PollerState.PAUSED:
            return (Span("paused", Tone.WARN), Span(" · ", Tone.FAINT), age)
        case PollerState.ELSEWHERE:
            return (age, Span(" · polled by another window", Tone.DIM))
    if not status.tally.running and not status.tally.states.get(BatchState.UNKNOWN):
        return (Span("nothing in progress", Tone.DIM),)
    if poll.asked_at is None:
        return (Span("asking…" if not status.tally.total else "not refreshed yet", Tone.DIM),)
    return (age,) if until < 5 else (age, Span(f" · next {countdown(-(-until // 5) * 5)}", Tone.DIM))


def _fetching_words(poll: PollStatus) -> str:
    """Say how many of the results that are fetched by themselves are done; empty where it is one, which is quick."""
    return f"fetching {count(poll.collected)} of {count(poll.to_collect)}" if poll.to_collect > 1 else ""


def workspace_colour(workspace: Workspace) -> Tone:
    """Return the colour of the profile or workspace in use: that of the settings, else one by the profile's name.

    It is dim for the usual credentials, of which there is only one.
    """
    places = workspace.settings.places
    for name in (workspace.profile, workspace.workspace_id):
        if name and name in places and (chosen := places[name].colour):
            return Tone(chosen)
    return of_name(workspace.profile) if workspace.profile else Tone.DIM


def of_name(name: str) -> Tone:
    """Return the colour that goes with a name, the same on every machine."""
    # Python's hash() differs between processes.
    return COLOURS[zlib.crc32(name.encode("utf-8", "replace")) % len(COLOURS)]
