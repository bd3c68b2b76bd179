"""The verdict on a part: an enumeration against a slower formulation, made of possible worlds instead of rules.

The second formulation knows nothing of windows or candidates. It asks which truths (this send created nothing, it
created that listed batch, it created a batch that the look did not show) are consistent with what is known, and reads
the verdict off the set of those that are left.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import combinations_with_replacement, product

import pytest

from batchtui.domain.submission.send_evidence import (
    CREATE_PATIENCE,
    LIST_LAG,
    Account,
    ApiLook,
    BoundBatch,
    CreationWindow,
    Grace,
    ListedBatch,
    OpenPart,
    Proof,
    Relation,
    Send,
    SendEnd,
    SenderLife,
    SendVerdict,
    VerdictKind,
)
from batchtui.services.submission.verdict import absence_proved_at, creation_windows, may_change, verdict

HERE = Account("https://api.example", "org", "wrkspc")
THERE = Account("https://api.example", "org", "another")
BEGAN = datetime(2026, 11, 20, 20, 0, tzinfo=UTC)
ENDED = BEGAN + timedelta(seconds=30)
OPEN, CLOSED, LONG_CLOSED = (
    ENDED + timedelta(minutes=5),
    ENDED + timedelta(minutes=30),
    ENDED + timedelta(hours=3),
)
SIZE = 3
CREATED = BEGAN + timedelta(seconds=20)
"""When candidates were created that fit."""

ENTRIES = {
    "runs": ListedBatch("", SIZE, CREATED),
    "foreign": ListedBatch("", SIZE, CREATED, Relation.FOREIGN),
    "confirmed": ListedBatch("", SIZE, CREATED, Relation.FOREIGN, Proof.CONFIRMED),
    "disproved": ListedBatch("", SIZE, CREATED, proof=Proof.REFUTED),
    "remembered": ListedBatch("refuted", SIZE, CREATED),
    "unprovable": ListedBatch("", SIZE, CREATED, proof=Proof.IMPOSSIBLE),
    "unreadable": ListedBatch("", None, None, proof=Proof.IMPOSSIBLE),
    "taken": ListedBatch("", SIZE, CREATED, Relation.TAKEN),
    "another size": ListedBatch("", SIZE + 1, CREATED),
    "earlier": ListedBatch("", SIZE, BEGAN - timedelta(seconds=3)),
    "much later": ListedBatch("", SIZE, ENDED + timedelta(minutes=11)),
}


@dataclass(frozen=True)
class Case:
    """One row of the table."""

    part: OpenPart
    sends: tuple[Send, ...]
    look: ApiLook
    now: datetime
    rivals: tuple[CreationWindow, ...] = ()

    def judge(self, grace: Grace | None = None) -> SendVerdict:
        return verdict(self.part, self.sends, self.look, self.now, grace=grace or Grace(), rivals=self.rivals)


def cases() -> list[Case]:
    """Every combination of small values; where the account decides, the entries are not varied."""
    found: list[Case] = []
    few = [(), ("runs",), ("confirmed",)]
    many = [kinds for number in range(3) for kinds in combinations_with_replacement(ENTRIES, number)]
    many += [("runs", "disproved", "runs"), ("confirmed", "confirmed", "runs"), ("unprovable", "taken", "runs")]
    part_accounts = [(HERE, HERE, many), (HERE, THERE, few), (None, HERE, few), (HERE, None, few)]
    for sends, (mine, front, menu), now in product(histories(), part_accounts, (OPEN, CLOSED, LONG_CLOSED)):
        for kinds, complete, copied, rivals in product(menu, (True, False), (False, True), (0, 1)):
            if rivals and (copied or len(kinds) > 1):
                continue
            part = OpenPart(mine, SIZE, BEGAN - timedelta(seconds=5), frozenset({"refuted"}), copied)
            rival = (CreationWindow(SIZE, BEGAN, now),) * rivals
            found.append(Case(part, at(sends, now), ApiLook(front, entries(kinds), complete), now, rival))
    return found


def histories() -> list[tuple[tuple[str, ...], ...]]:
    """The sends of a part: none, one of each kind, and a few pairs."""
    single = [
        (mark, end, life)
        for mark, end, life in product(
            ("marked", "unmarked"), ("open", *SendEnd), ("lives", "gone", "heard", "unheard")
        )
        if end == "open" or life == "gone"
    ]
    lost, refused = ("marked", "unanswered", "gone"), ("marked", "refused", "gone")
    return [(), *((one,) for one in single), (lost, refused), (lost, lost), (refused, refused)]


def at(history: tuple[tuple[str, ...], ...], now: datetime) -> tuple[Send, ...]:
    return tuple(
        Send(
            began=BEGAN,
            mark=BEGAN + timedelta(seconds=10) if mark == "marked" else None,
            ended=None if end == "open" else ENDED,
            end=None if end == "open" else SendEnd(end),
            batch_id="named" if end == "created" else None,
            sender={"lives": SenderLife.LIVES, "gone": SenderLife.GONE}.get(life, SenderLife.SILENT),
            heard_until=now + timedelta(seconds=30 if life in ("heard", "lives") else -30),
        )
        for mark, end, life in history
    )


def entries(kinds: tuple[str, ...]) -> tuple[ListedBatch, ...]:
    return tuple(
        ListedBatch(
            ENTRIES[kind].id or f"batch-{number}",
            ENTRIES[kind].total,
            ENTRIES[kind].created_at,
            ENTRIES[kind].relation,
            ENTRIES[kind].proof,
        )
        for number, kind in enumerate(kinds)
    )


UNSEEN = "a batch that the look did not show"


def truths(case: Case) -> list[frozenset[str]]:
    """All truths that are consistent with what is known: each the set of batches that the part has."""
    of_sends = [_outcomes(case, send) for send in case.sends]
    if case.part.is_copied:
        # The twin may have sent it at any time since it was planned, or sends it this moment.
        of_sends.append(["", UNSEEN, *_listed(case, case.part.planned_at, case.now)])
    return [frozenset(batch for batch in world if batch) for world in product(*of_sends)]


def _outcomes(case: Case, send: Send) -> list[str]:
    """What one send may have brought about; the empty string is nothing."""
    if send.end is SendEnd.CREATED:
        return [send.batch_id or ""]
    never_whole = send.mark is None and (send.end is not None or send.sender is SenderLife.GONE)
    if send.end is SendEnd.REFUSED or never_whole:
        return [""]
    latest = (send.ended or case.now) + CREATE_PATIENCE
    outcomes = ["", *_listed(case, send.began, latest)]
    still_to_show = case.now < latest + LIST_LAG + timedelta(seconds=2)
    return [*outcomes, UNSEEN] if still_to_show or not case.look.is_complete else outcomes


def _listed(case: Case, earliest: datetime, latest: datetime) -> list[str]:
    found = []
    for entry in case.look.entries:
        is_elses = entry.relation is Relation.TAKEN or entry.proof is Proof.REFUTED or entry.id in case.part.refuted
        unlike = entry.total is not None and entry.total != case.part.requests
        moment = entry.created_at or earliest
        if not is_elses and not unlike and earliest - timedelta(seconds=2) <= moment <= latest + timedelta(seconds=2):
            found.append(entry.id)
    return found


def expected(case: Case) -> tuple[VerdictKind, str | None, frozenset[str]]:
    """Read the verdict off the truths: its kind, the batch that it names, and the choices."""
    if any(send.end is SendEnd.CREATED for send in case.sends):
        return VerdictKind.OURS, "named", frozenset()
    if case.look.account not in (None, case.part.account):
        return VerdictKind.OTHER_ACCOUNT, None, frozenset()
    if any(_is_at_it(send, case.now) for send in case.sends):
        return VerdictKind.SENDING, None, frozenset()
    if case.look.account is None:
        return VerdictKind.WAIT, None, frozenset()
    worlds = truths(case)
    batches = frozenset().union(*worlds) if worlds else frozenset()
    if not batches and not any(send.mark and send.end is not SendEnd.REFUSED for send in case.sends):
        return VerdictKind.NOT_CREATED, None, frozenset()
    return _from_batches(case, batches)


def _is_at_it(send: Send, now: datetime) -> bool:
    is_heard = send.heard_until is not None and send.heard_until > now
    return send.end is None and (send.sender is SenderLife.LIVES or (send.sender is SenderLife.SILENT and is_heard))


def _from_batches(case: Case, batches: frozenset[str]) -> tuple[VerdictKind, str | None, frozenset[str]]:
    proof = {entry.id: entry.proof for entry in case.look.entries}
    named = batches - {UNSEEN}
    confirmed = frozenset(batch for batch in named if proof[batch] is Proof.CONFIRMED)
    if len(confirmed) == 1:
        return VerdictKind.OURS, next(iter(confirmed)), frozenset()
    if confirmed:
        return VerdictKind.ASK, None, confirmed
    if any(proof[batch] is Proof.NOT_YET for batch in named):
        listed = {entry.id: entry for entry in case.look.entries}
        is_wanted_elsewhere = any(
            rival.opens <= (listed[batch].created_at or rival.opens) <= rival.closes
            for rival in case.rivals
            for batch in named
        )
        if len(named) == 1 and case.look.is_complete and not is_wanted_elsewhere:
            return VerdictKind.LIKELY, next(iter(named)), frozenset()
        return VerdictKind.WAIT, None, named
    # Waiting helps against sends of this registry only: those of a twin never come to an end.
    given_up = [send.ended or case.now for send in case.sends if _outcomes(case, send) != [""]]
    shown = max(given_up, default=case.part.planned_at - CREATE_PATIENCE - LIST_LAG) + CREATE_PATIENCE + LIST_LAG
    if case.now < (shown if case.look.is_complete else shown + timedelta(hours=1)):
        return VerdictKind.WAIT, None, frozenset()
    if not named and case.look.is_complete and not case.part.is_copied:
        return VerdictKind.ABSENT, None, frozenset()
    return VerdictKind.ASK, None, named


@pytest.fixture(scope="module")
def table() -> list[Case]:
    return cases()


def test_every_combination_has_the_verdict_that_its_possible_truths_demand(table: list[Case]) -> None:
    assert len(table) > 20_000
    wrong = []
    for case in table:
        given, wanted = case.judge(), expected(case)
        if (given.kind, given.batch_id, frozenset(given.choices)) != wanted:
            wrong.append((case, given, wanted))
    assert not wrong, f"{len(wrong)} of {len(table)}, first: {wrong[0]}"


def test_every_verdict_occurs_in_the_table(table: list[Case]) -> None:
    assert {case.judge().kind for case in table} == set(VerdictKind)


def test_a_part_may_be_sent_only_where_no_possible_truth_holds_a_batch_of_it(table: list[Case]) -> None:
    free = [case for case in table if case.judge().kind in (VerdictKind.NOT_CREATED, VerdictKind.ABSENT)]
    assert free
    assert [case for case in free if any(truths(case))] == []


def test_waiting_always_has_an_end_that_lies_ahead(table: list[Case]) -> None:
    for case in table:
        given = case.judge()
        is_waiting = given.kind in (VerdictKind.WAIT, VerdictKind.SENDING)
        assert (given.until is not None) == is_waiting
        if given.until is not None:
            assert case.now < given.until <= case.now + CREATE_PATIENCE + LIST_LAG + timedelta(seconds=2)


def test_waiting_until_the_time_named_changes_the_verdict_or_names_a_later_one_once_the_send_has_ended() -> None:
    send = Send(BEGAN, mark=BEGAN, ended=ENDED, end=SendEnd.UNANSWERED)
    part = OpenPart(HERE, SIZE, BEGAN)
    first = verdict(part, [send], ApiLook(HERE, (), True), ENDED)
    assert first.until is not None
    assert verdict(part, [send], ApiLook(HERE, (), True), first.until).kind is VerdictKind.ABSENT


@pytest.mark.parametrize(
    ("grace", "seconds", "kind"),
    [
        (Grace(), 660, VerdictKind.WAIT),
        (Grace(), 662, VerdictKind.ABSENT),
        (Grace(at_least=timedelta(seconds=60)), 660, VerdictKind.WAIT),
        (Grace(at_least=timedelta(hours=1)), 3599, VerdictKind.WAIT),
        (Grace(at_least=timedelta(hours=1)), 3600, VerdictKind.ABSENT),
        (Grace(by_hand=timedelta(seconds=60)), 59, VerdictKind.WAIT),
        (Grace(by_hand=timedelta(seconds=60)), 60, VerdictKind.ABSENT),
        (Grace(timedelta(hours=1), timedelta(seconds=60)), 60, VerdictKind.ABSENT),
        (Grace(by_hand=timedelta(hours=2)), 7199, VerdictKind.WAIT),
    ],
)
def test_a_setting_only_lengthens_and_only_a_person_shortens_the_wait(
    grace: Grace, seconds: int, kind: VerdictKind
) -> None:
    send = Send(BEGAN, mark=BEGAN, ended=ENDED, end=SendEnd.UNANSWERED)
    case = Case(OpenPart(HERE, SIZE, BEGAN), (send,), ApiLook(HERE, (), True), ENDED + timedelta(seconds=seconds))
    assert case.judge(grace).kind is kind


def test_a_batch_created_late_in_an_upload_of_seventy_minutes_still_fits() -> None:
    marked = BEGAN + timedelta(minutes=70)
    send = Send(BEGAN, mark=marked, ended=marked + timedelta(seconds=9), end=SendEnd.UNANSWERED)
    entry = ListedBatch("late", SIZE, marked + timedelta(seconds=5))
    case = Case(OpenPart(HERE, SIZE, BEGAN), (send,), ApiLook(HERE, (entry,), True), marked + timedelta(minutes=1))
    assert case.judge() == SendVerdict(VerdictKind.LIKELY, batch_id="late")


def test_a_batch_of_an_earlier_send_that_turns_up_late_keeps_the_part_from_being_sent_a_third_time() -> None:
    lost = Send(BEGAN, mark=BEGAN, ended=ENDED, end=SendEnd.UNANSWERED)
    refused = Send(BEGAN + timedelta(hours=1), end=SendEnd.REFUSED, ended=BEGAN + timedelta(hours=1))
    late = ListedBatch("late", SIZE, ENDED + timedelta(minutes=9))
    case = Case(OpenPart(HERE, SIZE, BEGAN), (lost, refused), ApiLook(HERE, (late,), True), BEGAN + timedelta(hours=2))
    assert case.judge().kind is VerdictKind.LIKELY


OWN = BoundBatch("msgbatch_01ABCDEF", HERE)


@pytest.mark.parametrize(
    ("batch", "front", "typed", "kind"),
    [
        (OWN, HERE, (), VerdictKind.OURS),
        (OWN, None, (), VerdictKind.OURS),
        (OWN, THERE, (OWN.id,), VerdictKind.OTHER_ACCOUNT),
        (replace(OWN, account=None, workspace="wrkspc"), HERE, (), VerdictKind.OURS),
        (replace(OWN, account=None, workspace="wrkspc"), THERE, (), VerdictKind.OTHER_ACCOUNT),
        (replace(OWN, account=None), THERE, (), VerdictKind.OURS),
        (replace(OWN, account=None, workspace="wrkspc"), replace(HERE, workspace=None), (), VerdictKind.OURS),
        (replace(OWN, is_unproved=True), HERE, ("@last",), VerdictKind.LIKELY),
        (replace(OWN, is_unproved=True), HERE, (OWN.id[:14],), VerdictKind.LIKELY),
        (replace(OWN, is_unproved=True), HERE, ("x", OWN.id), VerdictKind.OURS),
        (replace(OWN, is_foreign=True), HERE, (), VerdictKind.ASK),
        (replace(OWN, is_foreign=True), HERE, ("@last", "nightly"), VerdictKind.ASK),
        (replace(OWN, is_foreign=True), HERE, (OWN.id[:11],), VerdictKind.ASK),
        (replace(OWN, is_foreign=True), HERE, ("x", OWN.id[:12]), VerdictKind.OURS),
        (replace(OWN, is_foreign=True), HERE, (f"{OWN.id}x",), VerdictKind.ASK),
        (replace(OWN, is_foreign=True), HERE, (OWN.id[1:],), VerdictKind.ASK),
        (replace(OWN, id="b-1", is_foreign=True), HERE, ("b-1",), VerdictKind.OURS),
        (replace(OWN, is_foreign=True), THERE, (OWN.id,), VerdictKind.OTHER_ACCOUNT),
    ],
)
def test_a_batch_that_may_be_foreign_is_changed_only_by_its_typed_id_and_never_at_another_account(
    batch: BoundBatch, front: Account | None, typed: tuple[str, ...], kind: VerdictKind
) -> None:
    given = may_change(batch, front, typed)
    assert given.kind is kind
    assert (given.batch_id or given.choices[0]) == batch.id


@pytest.mark.parametrize(
    ("send", "may"),
    [
        (Send(BEGAN, sender=SenderLife.LIVES), True),
        (Send(BEGAN, sender=SenderLife.SILENT), True),
        (Send(BEGAN, sender=SenderLife.GONE), False),
        (Send(BEGAN, mark=BEGAN, sender=SenderLife.GONE), True),
        (Send(BEGAN, mark=BEGAN, end=SendEnd.REFUSED), False),
        (Send(BEGAN, end=SendEnd.CREATED), True),
        (Send(BEGAN, end=SendEnd.UNANSWERED, sender=SenderLife.LIVES), False),
        (Send(BEGAN, mark=BEGAN, end=SendEnd.UNANSWERED), True),
    ],
)
def test_a_send_may_have_created_a_batch_only_where_its_last_byte_may_have_left(send: Send, may: bool) -> None:
    assert send.may_have_created is may


@pytest.mark.parametrize(
    ("promised", "sender", "kind", "wait"),
    [
        (30, SenderLife.SILENT, VerdictKind.SENDING, 30),
        (0, SenderLife.SILENT, VerdictKind.NOT_CREATED, None),
        (None, SenderLife.SILENT, VerdictKind.NOT_CREATED, None),
        (30, SenderLife.LIVES, VerdictKind.SENDING, 60),
        (90, SenderLife.LIVES, VerdictKind.SENDING, 90),
        (None, SenderLife.LIVES, VerdictKind.SENDING, 60),
        (30, SenderLife.GONE, VerdictKind.NOT_CREATED, None),
    ],
)
def test_a_sender_is_waited_for_as_long_as_it_lives_or_has_promised(
    promised: int | None, sender: SenderLife, kind: VerdictKind, wait: int | None
) -> None:
    heard = None if promised is None else OPEN + timedelta(seconds=promised)
    send = Send(BEGAN, sender=sender, heard_until=heard)
    if kind is VerdictKind.NOT_CREATED and sender is SenderLife.SILENT:
        # Silent for too long, it may still set its mark: what it created is looked for, and it is taken from it first.
        kind = VerdictKind.WAIT
    given = verdict(OpenPart(HERE, SIZE, BEGAN), [send], ApiLook(HERE, (), True), OPEN)
    assert given.kind is kind
    if wait is not None:
        assert given.until == OPEN + timedelta(seconds=wait)


def test_only_the_last_send_can_be_under_way() -> None:
    sends = [Send(BEGAN, sender=SenderLife.LIVES), Send(BEGAN, end=SendEnd.REFUSED, ended=ENDED)]
    given = verdict(OpenPart(HERE, SIZE, BEGAN), sends, ApiLook(HERE, (), True), OPEN)
    assert given.kind is not VerdictKind.SENDING
    assert verdict(OpenPart(HERE, SIZE, BEGAN), sends[::-1], ApiLook(HERE, (), True), OPEN).kind is VerdictKind.SENDING


def test_a_batch_that_fits_the_window_of_one_of_several_sends_is_a_candidate() -> None:
    lost = Send(BEGAN, mark=BEGAN, ended=ENDED, end=SendEnd.UNANSWERED)
    again = BEGAN + timedelta(hours=5)
    later = replace(lost, began=again, mark=again, ended=again)
    entry = ListedBatch("first", SIZE, CREATED)
    given = verdict(
        OpenPart(HERE, SIZE, BEGAN), [lost, later], ApiLook(HERE, (entry,), True), BEGAN + timedelta(hours=6)
    )
    assert given == SendVerdict(VerdictKind.LIKELY, batch_id="first")


def test_the_latest_response_says_which_batch_it_is() -> None:
    sends = [
        Send(BEGAN, end=SendEnd.CREATED, batch_id="first"),
        Send(BEGAN, end=SendEnd.CREATED, batch_id="second"),
        Send(BEGAN, end=SendEnd.UNANSWERED),
    ]
    given = verdict(OpenPart(HERE, SIZE, BEGAN), sends, ApiLook(THERE), OPEN)
    assert given == SendVerdict(VerdictKind.OURS, batch_id="second")


@pytest.mark.parametrize(
    ("total", "created_at", "fits"),
    [
        (SIZE, BEGAN, True),
        (SIZE, ENDED, True),
        (SIZE, BEGAN - timedelta(microseconds=1), False),
        (SIZE, ENDED + timedelta(microseconds=1), False),
        (SIZE + 1, BEGAN, False),
        (None, BEGAN, True),
        (SIZE, None, True),
        (None, None, True),
        (SIZE + 1, None, False),
        (None, ENDED + timedelta(seconds=1), False),
    ],
)
def test_a_window_admits_its_size_and_its_time_and_what_cannot_be_read(
    total: int | None, created_at: datetime | None, fits: bool
) -> None:
    assert CreationWindow(SIZE, BEGAN, ENDED).admits(total, created_at) is fits


@pytest.mark.parametrize(
    ("seconds", "fits"),
    [(-2, True), (-2.001, False), (0, True), (30 + 600 + 2, True), (30 + 600 + 2.001, False)],
)
def test_a_batch_fits_from_two_seconds_before_its_send_to_ten_minutes_after_it_was_given_up(
    seconds: float, fits: bool
) -> None:
    lost = Send(BEGAN, mark=BEGAN, ended=BEGAN + timedelta(seconds=30), end=SendEnd.UNANSWERED)
    [window] = creation_windows(OpenPart(HERE, SIZE, BEGAN), [lost], CLOSED)
    assert window.admits(SIZE, BEGAN + timedelta(seconds=seconds)) is fits


@pytest.mark.parametrize(("seconds", "fits"), [(-300, True), (-301, False), (1800 + 60, True), (1800 + 61, False)])
def test_a_batch_of_a_copied_part_fits_from_its_planning_to_what_a_list_may_not_show_yet(
    seconds: int, fits: bool
) -> None:
    [window] = creation_windows(OpenPart(HERE, SIZE, BEGAN, is_copied=True), [], BEGAN + timedelta(seconds=1800))
    assert window.admits(SIZE, BEGAN + timedelta(seconds=seconds)) is fits


def test_absence_is_proved_once_the_window_is_closed_and_the_list_must_show_what_was_created_in_it() -> None:
    lost = Send(BEGAN, mark=BEGAN, ended=BEGAN + timedelta(seconds=30), end=SendEnd.UNANSWERED)
    part = OpenPart(HERE, SIZE, BEGAN)
    closes = BEGAN + timedelta(seconds=30 + 600 + 2 + 60)
    assert absence_proved_at(part, [lost], BEGAN, Grace()) == closes
    for seconds, kind in ((-1, VerdictKind.WAIT), (0, VerdictKind.ABSENT)):
        now = closes + timedelta(seconds=seconds)
        assert verdict(part, [lost], ApiLook(HERE, (), True), now).kind is kind
    # A look that shows only a part of the list is repeated for an hour before a person is asked.
    for hours, kind in ((0.999, VerdictKind.WAIT), (1, VerdictKind.ASK)):
        now = closes + timedelta(hours=hours)
        assert verdict(part, [lost], ApiLook(HERE, (), False), now).kind is kind


def test_a_send_of_which_nothing_else_is_known_can_no_longer_be_marked() -> None:
    assert Send(BEGAN).sender is SenderLife.GONE
    assert not Send(BEGAN).may_have_created
    assert Send(BEGAN).seq == 0, "0 says that its moment is not known"


@pytest.mark.parametrize(
    ("account", "words"),
    [
        (HERE, "wrkspc of org at https://api.example"),
        (replace(HERE, workspace=None), "org at https://api.example"),
        (Account("https://api.example"), "https://api.example"),
    ],
)
def test_an_account_is_named_by_what_is_known_of_it(account: Account, words: str) -> None:
    assert str(account) == words
