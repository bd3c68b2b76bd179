"""What must always hold, looked at after every transaction and every change at an API.

The first breach ends a history.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from tests.simulation.gateway import Guard
from tests.simulation.loop import current
from tests.simulation.world import Origin

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from batchtui.domain.batches.batch import Batch
    from batchtui.services.submission.reconcile import Reconciliation
    from tests.simulation.loop import Process, VirtualLoop
    from tests.simulation.machines import Table
    from tests.simulation.world import Account, ApiBatch, Server

SENT_TWICE = "sent twice"
OTHER_ACCOUNT = "sent to an account that it was not planned for"
OTHERS_CHANGED = "somebody else's batch was canceled or deleted"
SHOWN_AS_OURS = "somebody else's batch is shown as ours"
OTHERS_SAVED = "somebody else's results are saved"
LET_GO = "a batch that was proved ours is let go of"
NOT_THE_SENDER = "written by a process that is not the sender"
OVER_THE_LIMIT = "more is planned than a limit of money allows"
FAULT = "a fault in the program"
ENDLESS = "it never ends"
NO_TIME = "it has to be waited, and nobody says until when"
NO_END = "it does not come to its end"
LOST_SIGHT = "a batch of ours was lost sight of"
PAID_AGAIN = "a question is sent again that was to be reused"


class Violated(Exception):
    """An invariant does not hold any more."""

    def __init__(self, rule: str, story: str) -> None:
        super().__init__(f"{rule}: {story}")
        self.rule = rule
        self.story = story


@dataclass
class Home:
    """A folder with a registry. A copy has the same jobs as the one that it was made from."""

    number: int
    path: Path
    machine: int
    family: int
    """Homes that were copied from each other are one family."""
    was_restored: bool = False
    copied_at: float | None = None
    """When it was copied, or copied from; None where it never was."""


@dataclass
class _Known:
    """A row as it was last seen."""

    state: str
    id: str | None
    sender: str | None
    is_proved: bool


_ROWS = """
SELECT b.key, b.job_id, b.attempt, b.part, b.state, b.id, b.sender, b.sender_until, b.results, b.unproved, j.source,
b.cost_at_most, b.cost_actual, b.planned_at, b.base_url, b.reused, b.awaits
FROM batches AS b JOIN jobs AS j ON j.id = b.job_id
"""


class Watch(Guard):
    """Looks on. It knows the truth, and what every registry believes."""

    def __init__(self, loop: VirtualLoop, server: Server, table: Table, daily_limit: str | None) -> None:
        self._loop = loop
        self._server = server
        self._table = table
        self._daily_limit = None if daily_limit is None else float(daily_limit)
        self.homes: dict[str, Home] = {}
        self.planned_for: dict[tuple[int, str, int], str] = {}
        """The account that an attempt of a job was planned for, by family."""
        self._open_accounts: set[tuple[int, str, int]] = set()
        """Attempts whose account nobody could name when they were planned: a person's submit or resume does."""
        self.hand_given: set[tuple[str, int, int]] = set()
        """Parts for which a person shortened the time of grace, knowing what that risks."""
        self.process_account: dict[Process, str] = {}
        self.process_home: dict[Process, Home] = {}
        self._rows: dict[int, dict[int, _Known]] = {}
        self._made: dict[tuple[str, int, str, int, str], ApiBatch] = {}
        self._readers: dict[str, sqlite3.Connection] = {}
        self.reusing: set[Process] = set()
        """Submissions that send only what is new."""
        self._seen_jobs: dict[int, set[str]] = {}
        self._doubtful: set[tuple[int, int]] = set()
        """Rows that once were missing or dropped: whoever planned then did not count on their answers."""
        self.excused_twice = 0
        self.late_hearts: set[int] = set()
        """Numbers of processes whose heartbeats say nothing: they slept, their clock jumped, or their disk was full."""

    def close(self) -> None:
        """Close the connections it looks through."""
        for reader in self._readers.values():
            reader.close()
        self._readers.clear()

    def breach(self, rule: str, story: str) -> None:
        """End the history: this must not be."""
        self._loop.stop_with = self._loop.stop_with or Violated(rule, story)

    # ── at the API ─────────────────────────────────────────────────────────────────────────────────────────────────

    def sends(self, account: Account, origin: Origin | None) -> None:
        home = self.process_home[current()]
        if origin is None:
            self.breach(FAULT, "a body is sent that no part has")
            return
        planned = self.planned_for.get((home.family, origin.job, origin.attempt))
        if planned is not None and planned != account.name:
            self.breach(
                OTHER_ACCOUNT,
                f"part {origin.part} of {origin.job}, attempt {origin.attempt}, was planned for account {planned} and "
                f"is sent to {account.name}",
            )

    def made(self, account: Account, batch: ApiBatch) -> None:
        origin = batch.origin
        if origin is None:
            return
        for custom_id in batch.custom_ids:
            place = (account.name, 0, origin.job, origin.attempt, custom_id)
            before = self._made.setdefault(place, batch)
            if before is not batch and not self._is_excused(batch, before, origin):
                self.breach(
                    SENT_TWICE,
                    f"{custom_id} of {origin.job}, attempt {origin.attempt}, is in {before.id} (made at "
                    f"{before.created:.1f} s) and in {batch.id} (made at {batch.created:.1f} s), both of account "
                    f"{account.name}",
                )
                return

    def _is_excused(self, batch: ApiBatch, before: ApiBatch, origin: Origin) -> bool:
        """Whether a part was sent twice where nobody has promised anything.

        A person cut the grace short by hand; or two copies of a registry sent at the same time, before either batch
        could be seen.
        """
        if (origin.job, origin.attempt, origin.part) in self.hand_given:
            self.excused_twice += 1
            return True
        is_copied = any(home.copied_at is not None or home.was_restored for home in self.homes.values())
        longest = max(self._server.weather.create_seconds) + max(self._server.weather.upload_seconds) * 3 + 120.0
        if is_copied and batch.created - before.shown_from < longest:
            self.excused_twice += 1
            return True
        return False

    def changes(self, what: str, batch: ApiBatch) -> None:
        if batch.origin is None and not batch.is_typed and not batch.is_twin:
            self.breach(OTHERS_CHANGED, f"{batch.id}, which a colleague made, is {what} by {current().name}")

    # ── in the registries ──────────────────────────────────────────────────────────────────────────────────────────

    def looks(self, path: str) -> None:
        """Look at a registry after a transaction."""
        home = self.homes.get(path)
        if home is None:
            return
        known = self._rows.setdefault(home.number, {})
        for row in self.rows(home):
            before = known.get(row["key"])
            if row["source"]:
                self._look_at_ours(home, row, before)
            else:
                self._look_at_foreign(row)
            known[row["key"]] = _Known(row["state"], row["id"], row["sender"], not row["unproved"])
            if row["state"] in ("missing", "deleted"):
                self._doubtful.add((home.number, row["key"]))
        self._look_at_reuse(home)
        self._look_at_limits(home)

    def rows(self, home: Home) -> list[sqlite3.Row]:
        """The batches of a registry as they are committed."""
        return self.query(home, _ROWS)

    def query(self, home: Home, sql: str) -> list[sqlite3.Row]:
        """What a registry says as it is committed."""
        path = str(home.path / "registry.db")
        reader = self._readers.get(path)
        if reader is None:
            reader = sqlite3.connect(f"file://{path}?mode=ro", uri=True, timeout=0.0, isolation_level=None)
            reader.row_factory = sqlite3.Row
            self._readers[path] = reader
        return reader.execute(sql).fetchall()

    def forget(self, home: Home) -> None:
        """A home was replaced: what was seen of it before says nothing."""
        self._rows.pop(home.number, None)
        reader = self._readers.pop(str(home.path / "registry.db"), None)
        if reader is not None:
            reader.close()

    def _name_account(self, place: tuple[int, str, int]) -> None:
        """Take the account of the process that has just named an open one, which only a person may have it do."""
        self._open_accounts.discard(place)
        process = current()
        if not process.name.startswith(("resume", "submit", "library submit", "retry")):
            self.breach(OTHER_ACCOUNT, f"{process.name} names the account of {place[1]}, attempt {place[2]}")
        self.planned_for[place] = self.process_account[process]

    def _look_at_ours(self, home: Home, row: sqlite3.Row, before: _Known | None) -> None:
        place = (home.family, row["job_id"], row["attempt"])
        if before is None and current() in self.process_account:
            if place not in self.planned_for and row["base_url"] is None:
                self._open_accounts.add(place)
            self.planned_for.setdefault(place, self.process_account[current()])
        if place in self._open_accounts and row["base_url"] is not None:
            self._name_account(place)
        truth = self.truth(row["id"])
        origin = Origin(row["job_id"], row["attempt"], row["part"])
        if row["id"] is not None and row["state"] != "deleted":
            self._look_at_id(row, truth, origin)
        if before is None:
            return
        was = self.truth(before.id)
        if was is not None and was.origin == origin and before.is_proved and row["id"] != before.id:
            self.breach(LET_GO, f"part {origin.part} of {origin.job} was {before.id}, and is {row['id']} now")
        if before.state == "submitting" and row["state"] != "submitting":
            self._look_at_writer(home, row, before, truth)

    def _look_at_id(self, row: sqlite3.Row, truth: ApiBatch | None, origin: Origin) -> None:
        if truth is None:
            self.breach(SHOWN_AS_OURS, f"{row['id']} does not exist")
        elif row["unproved"] and row["results"] != "saved":
            return  # it is shown as what may be ours, until its results tell
        elif truth.origin != origin and not truth.is_typed and not self._is_twin_of(row, truth):
            whose = "a colleague" if truth.origin is None else f"part {truth.origin.part} of {truth.origin.job}"
            self.breach(SHOWN_AS_OURS, f"{row['id']} is {whose}'s, and stands as part {origin.part} of {origin.job}")

    def _is_twin_of(self, row: sqlite3.Row, truth: ApiBatch) -> bool:
        """Whether no evidence tells a batch from the part's: the same requests, by a colleague or by another home."""
        file = PurePath(row["source"]).stem.removeprefix("file")
        is_same = all(custom_id.startswith(f"j{file}-") for custom_id in truth.custom_ids)
        return truth.is_twin or (is_same and truth.origin is not None and truth.origin.job != row["job_id"])

    def _look_at_writer(self, home: Home, row: sqlite3.Row, before: _Known, truth: ApiBatch | None) -> None:
        owner = self._table.owners.get(before.sender or "")
        if owner is None:
            return
        machine, process, boot = owner
        if self.process_home.get(process) is not home:
            return  # the row was copied with its home: in the copy this process sends and writes nothing
        is_alive = not process.is_dead and not process.is_paused and boot == machine.boot
        if process is current() or not is_alive:
            return
        if truth is not None and truth.origin == Origin(row["job_id"], row["attempt"], row["part"]):
            return
        if process.number in self.late_hearts:
            return
        self.breach(
            NOT_THE_SENDER,
            f"part {row['part']} of {row['job_id']} went from submitting to {row['state']} by {current().name}, "
            f"while {process.name} is sending it",
        )

    def _look_at_foreign(self, row: sqlite3.Row) -> None:
        truth = self.truth(row["id"])
        if truth is None or truth.is_typed or truth.origin is not None:
            return
        if row["results"] in ("partial", "saved"):
            self.breach(OTHERS_SAVED, f"{row['id']}, which a colleague made, was fetched by {current().name}")

    def copied(self, copy: Home) -> None:
        """Take what is in a copied home for known there: nobody has planned it in this home."""
        self._seen_jobs[copy.number] = {row["job_id"] for row in self.rows(copy)}

    def _look_at_reuse(self, home: Home) -> None:
        """Look at new jobs: one that reuses answers sends no question twice, and none that is being answered."""
        rows = self.rows(home)
        seen = self._seen_jobs.setdefault(home.number, set())
        new = {row["job_id"] for row in rows if row["source"]} - seen
        seen |= new
        for job in new:
            ours = [row for row in rows if row["job_id"] == job and row["attempt"] == 1]
            if current() not in self.reusing:
                continue
            first = min(row["key"] for row in ours)
            sent = [digest for row in ours if not row["reused"] for digest in self._questions(home, row)]
            others = {
                digest
                for row in rows
                if row["key"] < first and row["source"] and (home.number, row["key"]) not in self._doubtful
                and row["state"] in ("planned", "submitting", "unknown", "in_progress")
                for digest in self._questions(home, row)
            }  # fmt: skip
            if len(sent) > len(set(sent)) or others.intersection(sent):
                self.breach(PAID_AGAIN, f"{job}, planned by {current().name}, sends what is asked already")

    def _questions(self, home: Home, row: sqlite3.Row) -> list[bytes]:
        """What the requests of a part ask."""
        path = home.path / "requests" / row["job_id"] / f"{row['attempt']}.db"
        with closing(sqlite3.connect(f"file://{path}?mode=ro&immutable=1", uri=True)) as index:
            return [each[0] for each in index.execute("SELECT digest FROM requests WHERE part = ?", (row["part"],))]

    def _look_at_limits(self, home: Home) -> None:
        if self._daily_limit is None:
            return
        spent = sum(
            float(row["cost_actual"] or row["cost_at_most"] or 0)
            for row in self.rows(home)
            if row["source"] and row["state"] != "deleted" and row["planned_at"]
        )
        if spent > self._daily_limit + 1e-9:
            self.breach(OVER_THE_LIMIT, f"{spent:.6f} USD of {self._daily_limit} a day")

    def truth(self, batch_id: str | None) -> ApiBatch | None:
        """What a batch really is."""
        if batch_id is None:
            return None
        for account in self._server.accounts.values():
            for batch in account.batches:
                if batch.id == batch_id:
                    return batch
        return None

    def really(self, part: Batch) -> ApiBatch | None:
        """The batch that was really made for a part, where it is there."""
        origin = Origin(part.job, part.attempt, part.part)
        made = [batch for account in self._server.accounts.values() for batch in account.batches]
        return next((batch for batch in made if batch.origin == origin and batch.deleted is None), None)

    # ── at the end ─────────────────────────────────────────────────────────────────────────────────────────────────

    def looks_at_the_end(self, home: Home, undecided: Mapping[int, Reconciliation]) -> None:
        """Every part is bound, refused, dropped, or a question for a person."""
        for rule, story in self.what_is_open(home, undecided):
            self.breach(rule, story)

    def _is_open(self, origin: sqlite3.Row | None) -> bool:
        """Whether nobody can say yet that a batch will have no results."""
        if origin is None:
            return False
        if origin["state"] == "ended" and origin["results"] in ("none", "partial"):
            # Deleted by somebody else: until its results expire the 404 may pass, as far as anybody here knows.
            truth = self.truth(origin["id"])
            return truth is None or truth.deleted is not None
        return origin["state"] in ("planned", "unknown", "missing")

    def what_is_open(self, home: Home, undecided: Mapping[int, Reconciliation]) -> list[tuple[str, str]]:
        """What has not come to its end in a home, with the rule that it would break."""
        found: list[tuple[str, str]] = []
        by_key = {row["key"]: row for row in self.rows(home)}
        for row in self.rows(home):
            if not row["source"]:
                continue
            name = f"part {row['part']} of {row['job_id']}, attempt {row['attempt']}, in home {home.number}"
            truth: Any = self.truth(row["id"])
            is_there = truth is not None and truth.deleted is None
            if row["reused"] and row["state"] == "in_progress" and not self._is_open(by_key.get(row["awaits"])):
                found.append((NO_END, f"{name} waits for answers still, and who makes them is settled"))
            if row["state"] in ("planned", "submitting", "unknown") and row["key"] not in undecided:
                found.append((NO_END, f"{name} is {row['state']} still, and nobody is asked"))
            elif row["state"] == "missing" and is_there:
                found.append((LOST_SIGHT, f"{name} is {truth.id}, which is there, and is called missing for ever"))
            elif row["state"] in ("in_progress", "canceling") and is_there:
                found.append((NO_END, f"{name} is {truth.id}, which has ended, and is called {row['state']}"))
            elif row["state"] == "ended" and is_there and row["results"] not in ("saved", "gone"):
                found.append((NO_END, f"the results of {name}, {truth.id}, are there, and were never fetched"))
        return found
