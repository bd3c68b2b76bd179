"""A story: everything that one seed decides before a history begins, as a list that can be read and shortened.

What is drawn while the history runs is only who takes the next step; that comes from `Story.schedule`.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field, fields, replace
from typing import Any

from tests.simulation.world import Fault, Weather

ACTORS = (
    "submit", "library submit", "resume", "retry", "sync", "status", "wait", "library wait", "watch", "dashboard",
    "cancel", "delete", "prune",
)  # fmt: skip
LONG_ACTORS = ("wait", "library wait", "watch", "dashboard")


@dataclass(frozen=True)
class Step:
    """One thing that happens: an actor begins, or the world does something."""

    after: float
    """Seconds since the step before."""
    kind: str
    """One of `ACTORS`, or colleague, outage, jump, sleep, pause, reboot, kill, disk, copy, backup or restore."""
    home: int = 0
    account: int = 0
    job: int = 0
    """Which file or job, in the order of planning."""
    dies_at: int | None = None
    """The step of its process at which an actor is killed."""
    more: tuple[tuple[str, Any], ...] = ()

    def get(self, name: str, default: Any = None) -> Any:
        """One of `more`."""
        return dict(self.more).get(name, default)

    def __str__(self) -> str:
        said = [f"{name} {value}" for name, value in self.more]
        if self.kind in ACTORS:
            where = [f"home {self.home}", f"account {'ABC'[self.account]}", f"job {self.job}"]
            said = [*where, *said] + ([f"killed at its step {self.dies_at}"] if self.dies_at is not None else [])
        elif self.kind == "colleague":
            said = [f"account {'ABC'[self.account]}", f"like job {self.job}", *said]
        else:
            said = [f"home {self.home}", f"account {'ABC'[self.account]}", *said]
        return f"{self.kind}: {', '.join(said)}"


@dataclass(frozen=True)
class HomePlan:
    """One home at the beginning, and the machine it is on."""

    machine: int = 0


@dataclass(frozen=True)
class MachinePlan:
    """A machine's clock and system."""

    offset: float = 0.0
    counts_sleep: bool = True
    tells_starts: bool = True


@dataclass(frozen=True)
class Story:
    """All of it."""

    seed: int
    schedule: int | None
    """Seeds who takes the next step; None for each in turn."""
    steps: tuple[Step, ...]
    weather: Weather = field(default_factory=Weather)
    machines: tuple[MachinePlan, ...] = (MachinePlan(),)
    homes: tuple[HomePlan, ...] = (HomePlan(),)
    accounts: int = 1
    same_host: bool = True
    """Whether accounts B and C are workspaces at the host of A, or hosts of their own."""
    has_headers: bool = True
    """Whether the servers name organisation and workspace."""
    has_profiles: bool = False
    """Whether accounts are told apart by profiles, instead of by whatever key is in the environment."""
    part: int = 2
    """Requests in a part."""
    sizes: tuple[int, ...] = (4, 2, 2)
    """Requests in each file."""
    daily_limit: str | None = None
    """USD a day, where a limit is set."""
    grace: float | None = None
    """The setting `submit.grace`."""

    def __str__(self) -> str:
        lines = [f"seed {self.seed}"]
        lines += [f"machine {n}: {_differences(plan)}" for n, plan in enumerate(self.machines)]
        lines += [f"home {n} is on machine {plan.machine}" for n, plan in enumerate(self.homes)]
        lines.append(f"{self.accounts} accounts, {_differences(self)}")
        lines.append(f"weather: {_differences(self.weather)}")
        lines += [f"  {fault}" for fault in self.weather.faults]
        now = 0.0
        for step in self.steps:
            now += step.after
            lines.append(f"{now:8.1f} s  {step}")
        return "\n".join(lines)


def _differences(value: Any) -> str:
    """The fields that are not as usual."""
    skipped = ("seed", "steps", "weather", "machines", "homes", "accounts", "faults")
    usual = {each.name: each.default for each in fields(value)}
    said = [
        f"{name} {getattr(value, name)}"
        for name, default in usual.items()
        if name not in skipped and getattr(value, name) != default
    ]
    return ", ".join(said) or "nothing unusual"


RETRY_AFTERS = (None, "7", "0", "-5", "400", "1e20", "Fri, 31 Dec 9999 23:59:59 GMT", "nan", "soon")


def tell(seed: int) -> Story:
    """Make the story of a seed."""
    return _with_reuse(_with_trouble(plain(seed), random.Random(f"trouble {seed}")), random.Random(f"reuse {seed}"))


def plain(seed: int) -> Story:
    """Make the story of a seed as it is without the troubles that `tell` adds. What was found by one stays found."""
    dice = random.Random(seed)
    machines = tuple(_machine(dice) for _ in range(dice.choice((1, 1, 2))))
    homes = tuple(HomePlan(dice.randrange(len(machines))) for _ in range(dice.choice((1, 1, 1, 2))))
    accounts = dice.choice((1, 1, 2, 3))
    story = Story(
        seed, dice.randrange(1 << 30), (), _weather(dice), machines, homes, accounts,
        same_host=dice.random() < 0.6, has_headers=dice.random() < 0.9, has_profiles=dice.random() < 0.5,
        part=dice.choice((1, 2, 2, 3)), sizes=tuple(dice.choice((1, 2, 3, 4, 6)) for _ in range(4)),
        daily_limit=dice.choice((None, None, None, "0.004")), grace=dice.choice((None, None, 600.0, 0.0)),
    )  # fmt: skip
    if not story.same_host and not story.has_headers:
        story = replace(story, accounts=min(story.accounts, 2))
    if story.same_host and not story.has_headers:
        # Nothing at all tells two accounts of one host apart then.
        story = replace(story, accounts=1)
    steps = [Step(dice.random() * 5, "submit", dice.randrange(len(homes)), dies_at=_death(dice))]
    home_count = len(homes)
    for _ in range(dice.randrange(3, 11)):
        step = _step(dice, story, home_count)
        home_count += step.kind == "copy"
        steps.append(step)
    return replace(story, steps=tuple(steps))


def _with_trouble(story: Story, dice: random.Random) -> Story:
    """Add what makes a send go wrong: a colleague's batch of its size and moment, and people who do not wait for it."""
    steps: list[Step] = []
    for step in story.steps:
        steps.append(_decided_by_hand(step) if dice.random() < 0.25 else step)
        if step.kind in ("submit", "library submit"):
            steps += _beside(story, step, dice)
    if dice.random() < 0.3:
        more = (("seconds", dice.choice((45.0, 100.0, 700.0, 2000.0))),)
        pause = Step(_delay(dice), "pause", dice.randrange(len(story.homes)), more=more)
        steps.insert(dice.randrange(1, len(steps) + 1), pause)
    if dice.random() < 0.15:
        at, crowd = dice.randrange(1, len(steps) + 1), (dice.choice(ACTORS), dice.choice(ACTORS))
        steps[at:at] = [
            _actor(dice, story, kind, _delay(dice) if number == 0 else 0.0) for number, kind in enumerate(crowd)
        ]
    faults = list(story.weather.faults)
    if dice.random() < 0.1:
        faults.append(Fault("list", dice.choice((1, 2, 3, 4)), "garbled"))
    if dice.random() < 0.2:
        act = dice.choice(("cancel", "delete", "delete", "wait"))
        operation = dice.choice(("retrieve", "results")) if act == "wait" else act
        last = replace(
            _actor(dice, story, act, {"cancel": 2.0, "delete": 1.0, "wait": 30.0}[act]), dies_at=None, account=0
        )
        if act == "delete":  # only what is known to have ended can be deleted
            steps.append(replace(last, after=20_000.0, kind="wait", more=(("seconds", 60.0),)))
        steps.append(last)
        faults.append(replace(_fault_of(dice, operation), nth=1))
    return replace(story, steps=tuple(steps), weather=replace(story.weather, faults=tuple(faults)))


def _with_reuse(story: Story, dice: random.Random) -> Story:
    """Have some submissions send only what is new, and add one more that does: all files ask the same questions."""
    steps = [
        replace(step, more=(*step.more, ("reuse", True)))
        if step.kind in ("submit", "library submit") and dice.random() < 0.4
        else step
        for step in story.steps
    ]
    if dice.random() < 0.3:
        another = replace(_actor(dice, story, "submit", _delay(dice)), more=(("reuse", True),))
        steps.insert(dice.randrange(1, len(steps) + 1), another)
    return replace(story, steps=tuple(steps))


def _actor(dice: random.Random, story: Story, kind: str, after: float) -> Step:
    """One who acts, after so many seconds."""
    home, account = dice.randrange(len(story.homes)), dice.randrange(story.accounts) if dice.random() < 0.35 else 0
    step = Step(after, kind, home, account, dice.randrange(len(story.sizes)), dies_at=_death(dice))
    return replace(step, more=tuple(_details(dice, kind).items()))


def _beside(story: Story, step: Step, dice: random.Random) -> list[Step]:
    """What happens while a submission is at it, or shortly after."""
    found: list[Step] = []
    if dice.random() < 0.3:
        more = (("does", "create"), ("ids", dice.choice(("others", "same", "half", "twin"))))
        after = dice.choice((0.0, 0.5, 1.5, 4.0))
        found.append(Step(after, "colleague", account=step.account, job=step.job, more=more))
    if dice.random() < 0.4:
        kind = dice.choice(("resume", "resume", "resume", "resume", "watch", "cancel", "sync"))
        account = dice.randrange(story.accounts) if dice.random() < 0.4 else step.account
        after = dice.choice((0.0, 0.4, 5.0, 40.0, 130.0, 600.0))
        rival = Step(after, kind, step.home, account, step.job, dies_at=_death(dice))
        found.append(replace(rival, more=tuple(_details(dice, kind).items())))
    if dice.random() < 0.2:
        found = [*_cut_short(dice, step), *found]
    return found


def _cut_short(dice: random.Random, step: Step) -> list[Step]:
    """Kill a sender in the middle, or let it stand still; whoever takes the part must not be troubled when it wakes."""
    kind, seconds = dice.choice(("kill", "pause")), dice.choice((150.0, 800.0, 3000.0))
    stops = Step(dice.choice((0.3, 0.6, 1.5, 20.0)), kind, step.home, more=(("seconds", seconds),))
    more = (("consent", True), ("named", False), ("careful", dice.random() < 0.5))
    after = dice.choice((5.0, 100.0, 700.0))
    return [stops, Step(after, "resume", step.home, step.account, step.job, more=more)]


def _decided_by_hand(step: Step) -> Step:
    return replace(step, more=(*step.more, ("careful", True))) if step.kind == "resume" else step


def _machine(dice: random.Random) -> MachinePlan:
    offset = dice.choice((0.0, 0.0, 0.0, 3.0, -3.0, 360.0, -600.0, 7200.0, -7200.0))
    return MachinePlan(offset, counts_sleep=dice.random() < 0.5, tells_starts=dice.random() < 0.7)


def _weather(dice: random.Random) -> Weather:
    def some(*choices: float) -> tuple[float, ...]:
        return tuple(dice.choice(choices) for _ in range(dice.choice((1, 2, 3))))

    return Weather(
        faults=tuple(_fault(dice) for _ in range(dice.choice((0, 1, 1, 2, 3, 4)))),
        create_seconds=some(0.5, 0.5, 1.0, 5.0, 90.0, 400.0, 580.0, 700.0, 900.0),
        created_at_share=some(0.0, 0.5, 1.0, 1.0),
        lags=some(0.0, 0.0, 2.0, 20.0, 59.0),
        batch_seconds=some(20.0, 60.0, 300.0, 3600.0, 9000.0),
        upload_seconds=some(0.05, 0.05, 0.5, 20.0, 1300.0),
        page=dice.choice((1000, 1000, 2, 3)),
    )


KINDS = {
    "create": (
        "status", "status", "status", "lost_before", "lost_after", "lost_after", "cut_upload", "late", "garbled",
    ),
    "list": ("status", "lost_before", "late", "repeat", "odd", "hidden"),
    "retrieve": ("status", "late", "hidden", "garbled", "lost_before"),
    "results": ("status", "lost_before", "cut", "lost_after", "late"),
    "models": ("status", "late"),
    "cancel": ("status", "lost_before", "lost_after", "late", "garbled"),
    "delete": ("status", "lost_before", "lost_after", "late", "garbled"),
}  # fmt: skip
"""How each operation can go wrong."""


def _fault(dice: random.Random) -> Fault:
    operation = dice.choice(
        ("create", "create", "create", "create", "list", "list", "retrieve", "results", "cancel", "delete", "models")
    )
    return _fault_of(dice, operation)


def _fault_of(dice: random.Random, operation: str) -> Fault:
    nth = dice.choice((1, 1, 2, 2, 3, 4, 6))
    kind = dice.choice(KINDS[operation])
    if kind != "status":
        return Fault(operation, nth, kind, after=kind == "lost_after")
    status = dice.choice((400, 401, 403, 404, 408, 409, 413, 429, 429, 429, 500, 502, 503, 504, 529))
    may_have_done = status in (408, 409) or status >= 500
    return Fault(
        operation, nth, "status", status, after=may_have_done and dice.random() < 0.5,
        retry_after=dice.choice(RETRY_AFTERS) if status in (429, 529) else None,
        is_spend_limit=status == 429 and dice.random() < 0.15,
    )  # fmt: skip


def _death(dice: random.Random) -> int | None:
    return dice.choice((None, None, None, dice.randrange(1, 60), dice.randrange(30, 220)))


def _delay(dice: random.Random) -> float:
    return dice.choice((0.0, 0.0, 0.3, 1.0, 3.0, 20.0, 70.0, 100.0, 400.0, 700.0, 4000.0)) * (0.5 + dice.random())


def _step(dice: random.Random, story: Story, homes: int) -> Step:
    kind = dice.choices(
        (*ACTORS, "colleague", "outage", "jump", "sleep", "reboot", "kill", "disk", "copy", "backup", "restore"),
        (14, 8, 16, 6, 8, 5, 5, 6, 8, 6, 5, 4, 2, 22, 4, 4, 6, 2, 4, 3, 3, 3, 3),
    )[0]
    # Most of the time people stay with the key they have.
    account = dice.randrange(story.accounts) if dice.random() < 0.35 else 0
    step = Step(_delay(dice), kind, dice.randrange(homes), account, dice.randrange(len(story.sizes)))
    if kind in ACTORS:
        step = replace(step, dies_at=_death(dice))
    return replace(step, more=tuple(_details(dice, kind).items()))


def _details(dice: random.Random, kind: str) -> dict[str, Any]:
    """What else there is to say of a step."""
    seconds: tuple[float, ...] = (30.0, 300.0, 1500.0, 6000.0)
    if kind == "resume":
        return {
            "consent": dice.random() < 0.7, "grace": dice.choice((None, None, None, None, 1.0)),
            "named": dice.random() < 0.5,
        }  # fmt: skip
    if kind in LONG_ACTORS:
        return {"seconds": dice.choice(seconds)}
    if kind == "delete":
        return {"locally": dice.random() < 0.3, "force": dice.random() < 0.5}
    if kind == "colleague":
        does = dice.choice(("create", "create", "create", "create", "cancel", "delete"))
        return {"does": does, "ids": dice.choice(("others", "others", "same", "half", "twin")), "other model": True}
    details: dict[str, dict[str, Any]] = {
        "outage": {"seconds": dice.choice(seconds)},
        "jump": {"seconds": dice.choice((-7200.0, -600.0, -90.0, 90.0, 600.0, 7200.0))},
        "sleep": {"seconds": dice.choice((60.0, 120.0, 900.0, 9000.0))},
        "disk": {"seconds": dice.choice((5.0, 100.0, 1000.0))},
        "copy": {"machine": dice.randrange(2)},
        "prune": {"older than": dice.choice((None, 0.0))},
    }
    return details.get(kind, {})
