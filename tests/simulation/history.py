"""Running a story: the world, its machines and processes in one virtual loop, until everything has come to its end."""

from __future__ import annotations

import asyncio
import gc
import os
import random
import secrets
import shutil
import sqlite3
import tempfile
from collections import Counter
from concurrent.futures import Future
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import aiosqlite

from batchtui.domain.errors import BatchtuiError
from batchtui.domain.submission.send_evidence import VerdictKind
from batchtui.registry.database import data_version
from batchtui.registry.requests import body_writer
from batchtui.registry.requests import store as request_store
from batchtui.registry.results import download as result_download
from batchtui.registry.sends.sends import Sends
from batchtui.runtime import clock, process_identity
from batchtui.services import commit_watcher
from batchtui.services import workspace as workspaces
from batchtui.services.notifications import notifier
from batchtui.services.polling import collector, poller
from batchtui.services.submission import reconcile, resume, send
from batchtui.settings import loading
from batchtui.settings.paths import Paths
from tests.simulation import actors, sqlite
from tests.simulation.gateway import SENDING, WorldGateway
from tests.simulation.invariants import ENDLESS, FAULT, NO_TIME, Home, Violated, Watch
from tests.simulation.loop import NOBODY, Endless, Halted, Process, VirtualLoop, bury, current
from tests.simulation.machines import Machine, MachineClock, Table
from tests.simulation.story import ACTORS, Step
from tests.simulation.world import Account, Origin, Server
from tests.support.builders import jsonl, requests

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

    from batchtui.services.submission.reconcile import Reconciliation
    from batchtui.settings.model import Settings
    from tests.simulation.story import Story
    from tests.simulation.world import ApiBatch

MODEL = "claude-haiku-5-5"
LONGEST = 40_000.0
"""Seconds that the story's own processes have to come to their end; what is longer is interrupted."""
LONGEST_UNHEARD = 60.0
"""Seconds that a sender can be kept from writing without being taken for dead."""
FENCED = ("claim", "mark", "accepted", "answer_lost")
"""What `Sends` refuses to write for a process that is not a part's sender any more."""
ROUNDS = 5
"""How often a person looks after the world is healed."""


@dataclass
class History:
    """How one story came out."""

    story: Story
    violated: Violated | None
    log: list[tuple[float, str]]
    steps: int
    counts: Counter[str] = field(default_factory=Counter)
    """What happened how often: `actor …`, `pair …`, `fault …`, `verdict …`, `killed`."""

    def __str__(self) -> str:
        lines = [str(self.story), "", "what happened:"]
        lines += [f"{at:8.1f} s  {words}" for at, words in self.log]
        if self.violated:
            lines += ["", f"VIOLATED: {self.violated.rule}", f"  {self.violated.story}"]
        return "\n".join(lines)


def run(story: Story) -> History:
    """Run a story to its end, or to the first breach of an invariant."""
    with _patched(), tempfile.TemporaryDirectory(prefix="sim-", dir=_memory_disk()) as folder:
        return _Run(story, Path(folder)).run()


class _Run:
    def __init__(self, story: Story, folder: Path) -> None:
        self.story = story
        self.folder = folder
        dice = None if story.schedule is None else random.Random(story.schedule)
        self.loop = VirtualLoop(dice)
        self.names = random.Random(story.seed ^ 0x5EED)
        self.server = Server(self.loop, _accounts(story), story.weather)
        self.table = Table()
        self.watch = Watch(self.loop, self.server, self.table, story.daily_limit)
        self.machines = [Machine(f"machine {n}", self.loop, **vars(plan)) for n, plan in enumerate(story.machines)]
        self.homes: list[Home] = []
        self.sources: list[Path] = []
        self.processes: list[Process] = []
        self.alive: dict[Process, str] = {}
        self.counts: Counter[str] = Counter()
        self.undecided: dict[int, dict[int, Reconciliation]] = {}
        self.backups: dict[int, Path] = {}
        self.colleagues: list[tuple[Account, ApiBatch]] = []
        self.born: dict[Path, float] = {}

    def run(self) -> History:
        violated: Violated | None = None
        _world.current = self
        asyncio.set_event_loop(None)
        try:
            self._furnish()
            self.loop.run_until_complete(self._play())
        except Violated as breach:
            violated = breach
        except Endless as endless:
            violated = Violated(ENDLESS, f"{endless} {self._what_goes_on()}")
        finally:
            self._count_states()
            self._clean_up()
        self.counts.update({f"fault {name}": count for name, count in self.server.fired.items()})
        return History(self.story, violated, self.server.log, self.loop.steps, self.counts)

    def token_hex(self, count: int = 32) -> str:
        """Random names that are the same the next time."""
        return self.names.randbytes(count).hex()

    def note_verdict(self, verdict: str) -> None:
        """Count a verdict on a part."""
        self.counts[f"verdict {verdict}"] += 1

    def _count_states(self) -> None:
        """Count what the registries say happened to their parts."""
        for home in self.homes:
            for event, times in self.watch.query(home, "SELECT event, count(*) FROM journal GROUP BY event"):
                self.counts[f"event {event}"] += times
        self.counts["sent twice, as a person or a copied registry may"] += self.watch.excused_twice

    # ── the parts of a history ─────────────────────────────────────────────────────────────────────────────────────

    def _furnish(self) -> None:
        for number, size in enumerate(self.story.sizes):
            self.sources.append(jsonl(self.folder / f"file{number}.jsonl", requests(size, f"j{number}")))
        for number, plan in enumerate(self.story.homes):
            self._add_home(plan.machine, number)

    def _add_home(self, machine: int, family: int, like: Path | None = None) -> Home:
        home = Home(len(self.homes), self.folder / f"home{len(self.homes)}", machine, family)
        self.homes.append(home)
        sqlite.mount(str(home.path), self.machines[machine].disk)
        self.machines[machine].disk.on_commit = self.watch.looks
        if like is None:
            _copy_empty_home(home.path)
        else:
            shutil.copytree(like, home.path)
        _settle(home.path, self.story)
        self.watch.homes[str(home.path / "registry.db")] = home
        return home

    async def _play(self) -> None:
        for step in self.story.steps:
            await asyncio.sleep(step.after)
            self._count_pairs(step)
            if step.kind in ACTORS:
                self._begin(step)
            else:
                _HAPPENINGS[step.kind](self, step)
        await self._all_end(LONGEST)
        await self._heal()

    async def _all_end(self, seconds: float) -> None:
        waits = [process.ended for process in self.processes if process.ended and not process.ended.done()]
        if waits:
            await asyncio.wait(waits, timeout=seconds)
        for process in self.processes:
            if process.ended and not process.ended.done():
                self._kill(process, "is interrupted for good")

    async def _heal(self) -> None:
        """All is well again, and whoever has open parts looks after them, again and again."""
        self.server.is_healed = True
        self.server.say("the world is healed")
        for machine in self.machines:
            machine.offset, machine.disk.is_full = 0.0, False
        for account in self.server.accounts.values():
            account.is_down = False
            for batch in account.batches:
                batch.ends = min(batch.ends, self.server.now + 60.0)
        for home in self.homes:
            for _ in range(ROUNDS):
                await asyncio.sleep(4000.0)
                self.undecided.pop(home.number, None)
                await self._look_after(home)
                if not self.watch.what_is_open(home, self.undecided.get(home.number, {})):
                    break
            self.watch.looks_at_the_end(home, self.undecided.get(home.number, {}))
        # A breach ends the run with the next step.
        await asyncio.sleep(0)
        if self.loop.faults:
            raise Violated(FAULT, self.loop.faults[0])

    async def _look_after(self, home: Home) -> None:
        for account in sorted(set(self._accounts_of(home))):
            number = "ABC".index(account)
            for job in self._jobs_planned_for(home, account):
                more: tuple[tuple[str, Any], ...] = (("consent", True), ("named", job), ("careful", True))
                await self._finish(Step(0.0, "resume", home.number, number, more=more))
            more = (("seconds", 20_000.0), ("until idle", True))
            await self._finish(Step(0.0, "watch", home.number, number, more=more))

    async def _finish(self, step: Step) -> None:
        process = self._begin(step)
        assert process.ended is not None
        await process.ended

    def _accounts_of(self, home: Home) -> Iterator[str]:
        for (family, _job, _attempt), account in self.watch.planned_for.items():
            if family == home.family:
                yield account

    def _jobs_planned_for(self, home: Home, account: str) -> list[str]:
        """The jobs of a home that have an attempt at an account, in the order of planning."""
        rows = sorted(self.watch.rows(home), key=lambda row: row["key"])
        jobs = dict.fromkeys(row["job_id"] for row in rows if row["source"])
        theirs = {
            job for (family, job, _), name in self.watch.planned_for.items() if (family, name) == (home.family, account)
        }
        return [job for job in jobs if job in theirs]

    # ── processes ──────────────────────────────────────────────────────────────────────────────────────────────────

    def _begin(self, step: Step) -> Process:
        home = self.homes[step.home % len(self.homes)]
        machine = self.machines[home.machine]
        process = Process(len(self.processes) + 1, f"{step.kind} {len(self.processes) + 1}", dies_at=step.dies_at)
        self.server.say(f"{process.name} begins: {step}")
        process.ended = self.loop.create_future()
        self.processes.append(process)
        machine.processes.append(process)
        process.is_paused = machine.is_asleep
        self.table.on[process] = machine
        account = list(self.server.accounts.values())[step.account % len(self.server.accounts)]
        self.watch.process_account[process], self.watch.process_home[process] = account.name, home
        if step.get("reuse"):
            self.watch.reusing.add(process)
        self.alive[process] = step.kind
        self.counts[f"actor {step.kind}"] += 1
        process.belongings.append(lambda: self._has_died(process))
        self.loop.spawn(process, self._live(process, home, machine, account, step))
        return process

    async def _live(self, process: Process, home: Home, machine: Machine, account: Account, step: Step) -> None:
        clock = MachineClock(machine)
        profile = f"profile-{account.name}" if self.story.has_profiles else None
        outcome = "is done"
        try:
            async with workspaces.open_workspace(
                Paths.locate(home.path), profile=profile, base_url=account.host, clock=clock, random=self.token_hex
            ) as workspace:
                workspace._gateway = WorldGateway(self.server, account, clock, workspace._note_call, self.watch)
                person = actors.Person(self.watch, says_yes=bool(step.get("consent", True)))
                undecided = self.undecided.setdefault(home.number, {})
                await actors.act(actors.Scene(workspace, step, self.sources, self.story.part, person, undecided))
        except BatchtuiError as error:
            outcome = f"says {type(error).__name__}: {error.message}"
        except Halted:
            return
        except Exception as error:  # noqa: BLE001  (whatever it is, it is a fault)
            self.watch.breach(FAULT, f"{process.name} ends with {error!r}")
        finally:
            if not process.is_dead:
                self._stamp(home)
        self.server.say(f"{process.name} {outcome}")
        self.alive.pop(process, None)
        process.is_dead = True
        if process.ended and not process.ended.done():
            process.ended.set_result(None)

    def _kill(self, process: Process, how: str) -> None:
        if not process.is_dead:
            self.server.say(f"{process.name} {how}")
            process.kill()

    def _has_died(self, process: Process) -> None:
        self.alive.pop(process, None)
        self.counts["killed"] += 1
        self.server.say(f"{process.name} is killed after {process.steps} steps")

    def _count_pairs(self, step: Step) -> None:
        self.counts["submit with reuse"] += bool(step.get("reuse"))
        for other in self.alive.values():
            if step.kind in ACTORS:
                self.counts["pair " + " + ".join(sorted((other, step.kind)))] += 1
            else:
                self.counts[f"world {step.kind} beside an actor"] += 1
        if step.kind not in ACTORS:
            self.counts[f"world {step.kind}"] += 1

    def _stamp(self, home: Home) -> None:
        """Give files the time of this machine, by which prune tells old from new."""
        now = self.machines[home.machine].now().timestamp()
        for folder in ("requests", "results", "originals"):
            for path in (home.path / folder).rglob("*"):
                os.utime(path, (at := self.born.setdefault(path, now), at))

    # ── what the world does ────────────────────────────────────────────────────────────────────────────────────────

    def _account(self, step: Step) -> Account:
        return list(self.server.accounts.values())[step.account % len(self.server.accounts)]

    def _machine(self, step: Step) -> Machine:
        return self.machines[self.homes[step.home % len(self.homes)].machine]

    def _colleague(self, step: Step) -> None:
        account, does = self._account(step), step.get("does")
        if does == "create":
            size = min(self.story.part, self.story.sizes[step.job])
            ids = [f"j{step.job}-{number:05}" for number in range(size)]
            kind = step.get("ids")
            if kind == "others":
                ids = [f"other-{number}" for number in range(size)]
            elif kind == "half":
                ids = [custom_id if number else "other-0" for number, custom_id in enumerate(ids)]
            model = MODEL if kind in ("twin", "half") else "claude-opus-5"
            batch = self.server.make(account, tuple(ids), model, None, is_twin=kind == "twin")
            self.colleagues.append((account, batch))
            self.counts[f"colleague {kind}"] += 1
            self.server.say(f"a colleague makes {batch.id} at {account.name}: {size} requests, ids: {kind}")
            return
        for _account, batch in self.colleagues:
            if does == "cancel" and batch.canceled is None and self.server.now < batch.ends:
                batch.canceled, batch.ends = self.server.now, self.server.now + 30
                self.server.say(f"the colleague cancels {batch.id}")
                return
            if does == "delete" and batch.deleted is None and self.server.now >= batch.ends:
                batch.deleted = self.server.now
                self.server.say(f"the colleague deletes {batch.id}")
                return

    def _outage(self, step: Step) -> None:
        account, seconds = self._account(step), step.get("seconds")
        account.is_down = True
        self.server.say(f"account {account.name} cannot be reached for {seconds:g} s")
        self.loop.at(seconds, lambda: setattr(account, "is_down", False))

    def _jump(self, step: Step) -> None:
        machine = self._machine(step)
        machine.offset += step.get("seconds")
        self._silence(machine)
        self.server.say(f"the clock of {machine.name} jumps by {step.get('seconds'):g} s")

    def _sleep(self, step: Step) -> None:
        machine = self._machine(step)
        self.server.say(f"{machine.name} sleeps for {step.get('seconds'):g} s")
        self._silence(machine)
        machine.pause(step.get("seconds"))

    def _silence(self, machine: Machine) -> None:
        """Note that others may take the senders of a machine for dead, where only their heartbeats tell."""
        self.watch.late_hearts.update(process.number for process in machine.processes)

    def _pause(self, step: Step) -> None:
        """Stop one process, as a debugger or a frozen container does; its machine goes on."""
        for process in reversed(self._machine(step).processes):
            if not (process.is_dead or process.is_paused):
                self.server.say(f"{process.name} stands still for {step.get('seconds'):g} s")
                self.watch.late_hearts.add(process.number)
                self.loop.pause(process)
                self.loop.at(step.get("seconds"), partial(self.loop.wake, process))
                return

    def _reboot(self, step: Step) -> None:
        machine = self._machine(step)
        self.server.say(f"{machine.name} loses its power")
        for process in machine.processes:
            self._kill(process, "goes with its machine")
        machine.boot += 1

    def _kill_one(self, step: Step) -> None:
        machine = self._machine(step)
        for process in machine.processes:
            if not process.is_dead:
                self._kill(process, "is killed by hand")
                return

    def _disk(self, step: Step) -> None:
        disk = self._machine(step).disk
        disk.is_full = True
        if step.get("seconds") > LONGEST_UNHEARD:
            self._silence(self._machine(step))
        self.server.say(f"the disk of home {step.home} is full for {step.get('seconds'):g} s")
        self.loop.at(step.get("seconds"), lambda: setattr(disk, "is_full", False))

    def _copy(self, step: Step) -> None:
        home = self.homes[step.home % len(self.homes)]
        copy = self._add_home(step.get("machine") % len(self.machines), home.family, self._backup_of(home))
        home.copied_at = copy.copied_at = self.server.now
        self.watch.copied(copy)
        self.server.say(f"home {home.number} is copied: home {copy.number}, on machine {copy.machine}")

    def _save(self, step: Step) -> None:
        home = self.homes[step.home % len(self.homes)]
        self.backups[home.number] = self._backup_of(home)
        self.server.say(f"home {home.number} is backed up")

    def _restore(self, step: Step) -> None:
        home = self.homes[step.home % len(self.homes)]
        saved = self.backups.get(home.number)
        if saved is None:
            return
        for process in self.processes:
            if self.watch.process_home[process] is home:
                self._kill(process, "ends, for its home is restored")
        self.watch.forget(home)
        sqlite.forget(str(home.path))
        shutil.rmtree(home.path)
        shutil.copytree(saved, home.path)
        home.was_restored = True
        self.server.say(f"home {home.number} is restored from its backup")

    def _backup_of(self, home: Home) -> Path:
        """Copy a home as a careful tool does: what is committed, and the files."""
        target = self.folder / f"backup{len(list(self.folder.glob('backup*')))}"
        shutil.copytree(home.path, target, ignore=shutil.ignore_patterns("registry.db*", ".staging-*"))
        source, copy = sqlite3.connect(home.path / "registry.db"), sqlite3.connect(target / "registry.db")
        source.backup(copy)
        copy.execute("PRAGMA journal_mode = WAL")
        source.close()
        copy.close()
        return target

    # ── afterwards ─────────────────────────────────────────────────────────────────────────────────────────────────

    def _what_goes_on(self) -> str:
        return f"Still at it: {', '.join(process.name for process in self.alive) or 'nobody'}."

    def _clean_up(self) -> None:
        for process in self.processes:
            process.belongings = [each for each in process.belongings if getattr(each, "__name__", "") != "<lambda>"]
            if not process.is_dead:
                process.kill()
        NOBODY.queue.clear()
        self.watch.close()
        sqlite.unmount_all()
        bury(self.loop)
        _world.current = None


_HAPPENINGS: dict[str, Callable[[_Run, Step], None]] = {
    "colleague": _Run._colleague, "outage": _Run._outage, "jump": _Run._jump, "sleep": _Run._sleep,
    "pause": _Run._pause, "reboot": _Run._reboot, "kill": _Run._kill_one, "disk": _Run._disk, "copy": _Run._copy,
    "backup": _Run._save, "restore": _Run._restore,
}  # fmt: skip


class _World:
    """The history that runs now; the patches ask it."""

    current: _Run | None = None


_world = _World()


def _accounts(story: Story) -> list[Account]:
    found: list[Account] = []
    for number in range(story.accounts):
        name = "ABC"[number]
        host = "https://api.example" if story.same_host else f"https://{name.lower()}.example"
        organization, workspace = (f"org-{name}", f"wrkspc_{name}") if story.has_headers else (None, None)
        found.append(Account(name, organization, workspace, host))
    return found


def _settle(home: Path, story: Story) -> None:
    """Write the settings of a home."""
    lines = ["[refresh]", "quick = 30", "middle = 60", "slow = 600", "[submit]"]
    if story.daily_limit is not None:
        lines.append(f"max_cost_a_day = {story.daily_limit}")
    if story.grace is not None:
        lines.append(f"grace = {story.grace}")
    (home / "config.toml").write_text("\n".join(lines) + "\n")


_settings: dict[bytes, Settings] = {}


def _load_settings(path: Path) -> Settings:
    """Read settings, once for each text: that takes longer than a whole history."""
    text = path.read_bytes()
    if text not in _settings:
        _settings[text] = _really_load(path)
    return _settings[text]


_really_load = loading.load_settings
_empty_home: dict[str, bytes] = {}
"""The files of a home with an empty registry, by name: to make one takes longer than a whole history."""


def _copy_empty_home(target: Path) -> None:
    """Make a home as it is after its first opening."""
    if not _empty_home:
        _empty_home.update(_make_empty_home())
    target.mkdir()
    for name, content in _empty_home.items():
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        (target / name).write_bytes(content)


def _make_empty_home() -> dict[str, bytes]:
    with tempfile.TemporaryDirectory(prefix="sim-", dir=_memory_disk()) as folder:
        loop, process = VirtualLoop(None), Process(1, "template")
        _the_world().table.on[process] = Machine("template", loop, offset=0.0, counts_sleep=True, tells_starts=True)

        async def make() -> None:
            paths, at = Paths.locate(Path(folder)), MachineClock(_the_world().table.on[process])
            async with workspaces.open_workspace(paths, clock=at, random=lambda n: "0" * 2 * n):
                pass

        loop.run_until_complete(loop.spawn(process, make()))
        loop.close()
        sqlite.forget(folder)
        connection = sqlite3.connect(Path(folder) / "registry.db")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.close()
        files = [path for path in Path(folder).rglob("*") if path.is_file()]
        return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def _memory_disk() -> str | None:
    return "/dev/shm" if os.access("/dev/shm", os.W_OK) else None


# ── what stands in for threads, names and the system ───────────────────────────────────────────────────────────────


class _AtOnce:
    """An executor that does everything at once."""

    def __init__(self, *_: Any, **__: Any) -> None:
        pass

    def submit(self, work: Callable[..., Any], *args: Any) -> Future[Any]:
        done: Future[Any] = Future()
        try:
            done.set_result(work(*args))
        except Exception as error:  # noqa: BLE001  (whoever asks for it gets it)
            done.set_exception(error)
        return done

    def shutdown(self, *_: Any, **__: Any) -> None:
        pass


async def _body_in_three(path: Path) -> AsyncIterator[bytes]:
    """A body in three blocks, so that there is something to be killed between."""
    data = path.read_bytes()
    third = max(len(data) // 3, 1)
    for start in (0, third, 2 * third):
        await asyncio.sleep(0)
        if block := data[start : start + third] if start < 2 * third else data[start:]:
            yield block


def _the_world() -> _Run:
    """The history that runs now."""
    assert _world.current is not None
    return _world.current


def _token(unique: str) -> str:
    return _the_world().table.token(unique)


def _is_gone(name: str) -> bool | None:
    return _the_world().table.is_gone(name)


def _noted_body(store: request_store.RequestStore, job: str, name: str, length: int) -> request_store.StoredBody:
    """Open a body, and note which part the task is about to send."""
    attempt, part = (int(number) for number in name.removesuffix(".json").split("-"))
    SENDING.set(Origin(job, attempt, part))
    return _real_body(store, job, name, length)


def _noted_lock(path: Path) -> Any:
    """Lock a download; the system gives the lock back when the process dies."""
    file = _real_lock(path)
    current().belongings.append(file.close)
    return file


async def _sleep_until_any(_clock: Any, seconds: float, *until: asyncio.Event) -> None:
    """Wait as the program does, with one future instead of a task for each event: that is half of all steps."""
    loop = asyncio.get_running_loop()
    waits: asyncio.Future[Any] = loop.create_future()

    def go_on() -> None:
        if not waits.done():
            waits.set_result(None)

    timer = loop.call_later(seconds, go_on)
    for event in until:
        event._waiters.append(waits)
        if event.is_set():
            go_on()
    try:
        await waits
    finally:
        timer.cancel()
        for event in until:
            event._waiters.remove(waits)
    for event in until:
        event.clear()


async def _noted_judge(*args: Any) -> reconcile.Reconciliation:
    """Judge a part, and count the verdict."""
    finding = await _real_judge(*args)
    if finding.kind is VerdictKind.WAIT and finding.verdict.until is None:
        _the_world().watch.breach(NO_TIME, f"{finding.batch.name} part {finding.batch.part}")
    _the_world().note_verdict(str(finding.kind))
    return finding


def _fenced(name: str, write: Callable[..., Any]) -> Callable[..., Any]:
    """Let a write about a send be as it is, and count how often it was refused, because the part is another's."""

    async def counted(*args: Any, **more: Any) -> bool:
        is_done: bool = await write(*args, **more)
        if not is_done:
            _the_world().counts[f"fenced {name}"] += 1
        return is_done

    return counted


_real_body, _real_lock, _real_judge = request_store.RequestStore.body, result_download._lock, reconcile._judge
_FUNCTIONS: tuple[tuple[Any, Callable[..., Any], Callable[..., Any]], ...] = (
    (aiosqlite, aiosqlite.connect, sqlite.connect),
    (process_identity, process_identity.process_token, _token),
    (process_identity, process_identity.is_gone, _is_gone),
    (process_identity, process_identity.machine_id, lambda: _the_world().table.on[current()].name),
    (workspaces, workspaces._in_background, lambda *_steps: None),
    (request_store, request_store._read_ahead, _body_in_three),
    (request_store.RequestStore, _real_body, _noted_body),
    (result_download, _real_lock, _noted_lock),
    (loading, _really_load, _load_settings),
    (reconcile, _real_judge, _noted_judge),
    *((module, clock.sleep_until_any, _sleep_until_any) for module in (commit_watcher, notifier, poller, collector)),
    (secrets, secrets.token_hex, lambda count=32: _the_world().token_hex(count)),
)
_VALUES = (
    (data_version, "SETTLED", 10**30),
    (body_writer, "ThreadPoolExecutor", _AtOnce),
    (commit_watcher, "LOOK", 300.0),
    (notifier, "LOOK", 600.0),
    (poller, "SETTLING", 5.0),
    (send, "HEARTBEAT", 40.0),  # one may fail, and the next still comes in time
    (resume, "LONGEST_REST", 60.0),
)
_ENVIRONMENT = {"ANTHROPIC_API_KEY": "sk-ant-simulation", "ANTHROPIC_CONFIG_DIR": "/nonexistent"}


@contextmanager
def _patched() -> Iterator[None]:
    """Put the world in the place of the system."""
    with ExitStack() as stack:
        for target, real, ours in _FUNCTIONS:
            stack.enter_context(patch.object(target, real.__name__, ours))
        for name in FENCED:
            stack.enter_context(patch.object(Sends, name, _fenced(name, getattr(Sends, name))))
        for target, name, value in _VALUES:
            stack.enter_context(patch.object(target, name, value))
        stack.enter_context(patch.dict(os.environ, _ENVIRONMENT))
        was_enabled = gc.isenabled()
        gc.disable()
        try:
            yield
        finally:
            if was_enabled:
                gc.enable()
