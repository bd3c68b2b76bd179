"""Known faults of sending once, put back one at a time: the simulation has to find each of `MUTANTS`.

An invariant that nothing can break proves nothing. `--mutants` says how many seeds each takes.
"""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any
from unittest.mock import ANY, patch

from batchtui.domain.errors import GatewayError
from batchtui.domain.submission.send_evidence import Account, ApiLook, Proof, Relation
from batchtui.registry.batches.queries import BatchQueries
from batchtui.registry.database.origin import Origin
from batchtui.registry.sends import sends
from batchtui.registry.sends.sends import Sends
from batchtui.registry.sends.verdicts import Verdicts
from batchtui.runtime.server_clock import ServerClock
from batchtui.services.batches import cancel, delete, prune
from batchtui.services.polling import maintenance, refresh, wait
from batchtui.services.polling.collector import Collector
from batchtui.services.results import collect
from batchtui.services.submission import proof, reconcile, send, submit, verdict
from tests.simulation.history import run
from tests.simulation.machines import Table
from tests.simulation.story import MachinePlan, Step, Story, tell
from tests.simulation.world import Fault, Weather

if TYPE_CHECKING:
    from collections.abc import Callable

Patch = tuple[Any, str, Any]


@dataclass(frozen=True)
class Mutant:
    """One fault: what stands in the place of what."""

    patches: tuple[Patch, ...]
    story: Story | None = None
    """A history that needs it to go wrong, where many seeds go by before one does."""

    def seeds_until_found(self, first: int, most: int) -> tuple[int, str] | None:
        """Return after how many seeds an invariant broke, and which; None where none did. 0: in its own story."""
        with ExitStack() as stack:
            for target, name, mutated in self.patches:
                stack.enter_context(patch.object(target, name, mutated))
            if self.story is not None:
                history = run(self.story)
                return None if history.violated is None else (0, history.violated.rule)
            for number in range(most):
                history = run(tell(first + number))
                if history.violated is not None:
                    return number + 1, history.violated.rule
        return None


async def _true(*_: Any, **__: Any) -> bool:
    return True


async def _equal_to_any(*_: Any) -> Any:
    return ANY


async def _none_due(*_: Any) -> list[Any]:
    return []


async def _nothing(*_: Any, **__: Any) -> None:
    return None


_disown, _prove, _relations, _adopt, _look, _start_send = (
    collect._disown_if_foreign,
    proof.prove,
    BatchQueries.relations,
    Verdicts.adopt,
    ApiLook,
    ServerClock.start_send,
)


async def _prove_as(was: Proof, mutated: Proof, *args: Any) -> Proof:
    found = await _prove(*args)
    return mutated if found is was else found


async def _prove_by_ids_alone(workspace: Any, batch: Any, summary: Any) -> None:
    if batch.is_unproved and summary.ids is not None and not summary.ids.unexpected:
        await workspace.registry.verdicts.proved(batch.key, batch.id)
        return
    await _disown(workspace, batch, summary)


async def _relations_all_taken(queries: BatchQueries, ids: Any) -> dict[str, tuple[Relation, int]]:
    return {name: (Relation.TAKEN, seen) for name, (_, seen) in (await _relations(queries, ids)).items()}


async def _adopt_without_twin(verdicts: Verdicts, key: int, *args: Any, **more: Any) -> bool:
    is_done = await _adopt(verdicts, key, *args, **more)
    if is_done:
        await verdicts.twin_settled(key)
    return is_done


def _look_always_complete(account: Any, entries: Any = (), _is_complete: bool = False) -> Any:
    return _look(account, entries, is_complete=True)


def _without_patience(clock: ServerClock) -> Any:
    return replace(_start_send(clock), patience=timedelta())


def _is_gateway_error(error: BaseException) -> bool:
    return isinstance(error, GatewayError)


def _always(value: Any) -> Callable[..., Any]:
    return lambda *_, **__: value


_CONSENTS = (("consent", True),)
_UNSEEN_AND_ENDED = Weather(faults=(Fault("create", 1, "lost_before"),), lags=(59.0,), batch_seconds=(20.0,))
"""Our create comes to nothing, and a colleague's batch is shown only when it has ended."""


def _beside_a_colleague(ids: str) -> Story:
    colleague = Step(0.5, "colleague", more=(("does", "create"), ("ids", ids)))
    steps = (Step(0.0, "submit"), colleague, Step(1500.0, "resume", more=_CONSENTS))
    return Story(1, None, steps, _UNSEEN_AND_ENDED, sizes=(2,))


def _taken_over(*, tells_starts: bool) -> Story:
    """Somebody resumes while a long upload goes on."""
    steps = (Step(0.0, "submit"), Step(300.0, "resume", more=_CONSENTS))
    machines = (MachinePlan(tells_starts=tells_starts),)
    return Story(1, None, steps, Weather(upload_seconds=(1300.0,)), machines=machines, sizes=(2,))


MUTANTS: dict[str, Mutant] = {
    "the mark is not written": Mutant(((Sends, Sends.mark.__name__, _true),)),
    "all accounts are one": Mutant(
        ((Account, "__eq__", _always(True)),),
        Story(
            1,
            None,
            (Step(0.0, "submit"), Step(1500.0, "resume", account=1, more=_CONSENTS)),
            Weather(faults=(Fault("create", 1, "lost_before"),)),
            accounts=2,
            sizes=(2,),
        ),
    ),
    "anybody writes about a send": Mutant(((sends, sends._is_sender.__name__, _always(True)),)),
    "results refute nothing": Mutant(
        ((reconcile, proof.prove.__name__, partial(_prove_as, Proof.REFUTED, Proof.CONFIRMED)),),
        _beside_a_colleague("others"),
    ),
    "results without a model prove": Mutant(
        (
            (reconcile, proof.prove.__name__, partial(_prove_as, Proof.IMPOSSIBLE, Proof.CONFIRMED)),
            (collect, collect._disown_if_foreign.__name__, _prove_by_ids_alone),
        ),
        Story(
            20_263_729,
            None,
            (
                Step(0.0, "submit", dies_at=144),
                Step(0.0, "colleague", more=(("does", "create"), ("ids", "same"))),
                Step(0.0, "watch", more=(("seconds", 6000.0),)),
                Step(0.0, "colleague", more=(("does", "cancel"),)),
            ),
            Weather(faults=(Fault("create", 1, "late"),)),
            part=1,
            sizes=(1,),
        ),
    ),
    "models are not compared": Mutant(
        tuple((module, proof.is_other_model.__name__, _always(False)) for module in (proof, collect)),
        _beside_a_colleague("same"),
    ),
    "absence is proved at once": Mutant(
        ((verdict, verdict.absence_proved_at.__name__, lambda part, *_: part.planned_at),),
        Story(
            1,
            None,
            (Step(0.0, "submit"), Step(30.0, "kill"), Step(60.0, "resume", more=_CONSENTS)),
            Weather(create_seconds=(400.0,), created_at_share=(1.0,)),
            sizes=(2,),
        ),
    ),
    "a create ends with its client": Mutant(((ServerClock, ServerClock.start_send.__name__, _without_patience),)),
    "what sync brought in is no candidate": Mutant(
        ((BatchQueries, BatchQueries.relations.__name__, _relations_all_taken),),
        Story(
            1,
            None,
            (Step(0.0, "submit"), Step(5.0, "sync"), Step(10.0, "kill"), Step(3000.0, "resume", more=_CONSENTS)),
            Weather(create_seconds=(90.0,), created_at_share=(0.0,)),
            sizes=(2,),
        ),
    ),
    "every failure means that nothing was created": Mutant(
        ((send, send._creates_nothing.__name__, _is_gateway_error),)
    ),
    "a copy is not noticed": Mutant(
        ((Origin, Origin.is_copied.__name__, _always(False)),),
        Story(
            1,
            None,
            (
                Step(0.0, "submit"),
                Step(30.0, "copy", more=(("machine", 0),)),
                Step(1000.0, "resume", more=_CONSENTS),
                Step(5000.0, "resume", home=1, more=_CONSENTS),
            ),
            Weather(faults=(Fault("create", 1, "status", 429, retry_after="400"),)),
            sizes=(2,),
        ),
    ),
    "a copy forgets its twin with a batch that fits": Mutant(
        ((Verdicts, Verdicts.adopt.__name__, _adopt_without_twin),),
        Story(
            20_263_434,
            None,
            (
                Step(0.0, "submit"),
                Step(3.0, "copy", more=(("machine", 1),)),
                Step(5428.0, "colleague", more=(("does", "create"), ("ids", "twin"))),
                Step(0.0, "resume", home=1, more=(("consent", False), ("named", True))),
            ),
            Weather(create_seconds=(900.0,), created_at_share=(1.0,)),
            machines=(MachinePlan(), MachinePlan()),
            has_headers=False,
            part=1,
            sizes=(4, 6, 2, 1),
        ),
    ),
    "a broken list is taken for whole": Mutant(
        ((reconcile, ApiLook.__name__, _look_always_complete),),
        Story(
            1,
            None,
            (
                Step(0.0, "submit"),
                *(Step(40.0, "colleague", job=1, more=(("does", "create"), ("ids", "others"))) for _ in range(3)),
                Step(3000.0, "resume", more=(("consent", True),)),
            ),
            Weather(
                faults=(
                    Fault("create", 1, "lost_after", after=True),
                    *(Fault("list", nth, "repeat") for nth in range(6, 20)),
                ),
                lags=(59.0,),
                page=2,
            ),
            sizes=(2, 1, 1, 1),
        ),
    ),
    "every other process is taken for dead": Mutant(
        ((Table, Table.is_gone.__name__, _always(True)),), _taken_over(tells_starts=True)
    ),
    "a sender is not heard of": Mutant(
        ((Sends, Sends.still_sending.__name__, _true),), _taken_over(tells_starts=False)
    ),
    "an unproved batch is canceled and deleted": Mutant(
        tuple((module, cancel.why_not_to_change.__name__, _always("")) for module in (cancel, delete)),
        Story(
            1,
            None,
            (
                Step(0.0, "submit"),
                Step(0.3, "colleague", more=(("does", "create"), ("ids", "others"))),
                Step(60.0, "cancel"),
            ),
            Weather(faults=(Fault("create", 1, "lost_before"),), batch_seconds=(9000.0,)),
            sizes=(2,),
        ),
    ),
    "one 404 makes a batch missing for ever": Mutant(
        ((refresh, "MISSING_AFTER", timedelta()), (refresh, refresh.due_missing.__name__, _none_due)),
        Story(1, None, (Step(0.0, "submit"), Step(5.0, "status")), Weather(lags=(59.0,)), sizes=(2,)),
    ),
    "failures of others' batches are not forgotten": Mutant(
        ((Collector, Collector._forget_settled.__name__, _nothing),),
        Story(
            1,
            None,
            (
                Step(0.0, "submit"),
                Step(0.3, "colleague", more=(("does", "create"), ("ids", "others"))),
                Step(60.0, "watch", more=(("seconds", 39_000.0),)),
            ),
            Weather(faults=(Fault("create", 1, "lost_before"),)),
            sizes=(2,),
        ),
    ),
    "what is new is decided before the registry is locked alone": Mutant(
        ((submit, "known_attempts", _equal_to_any),),
        Story(1, None, tuple(Step(0.0, "submit", job=job, more=(("reuse", True),)) for job in (0, 1)), sizes=(2, 2)),
    ),
    "answers that are waited for are never copied": Mutant(
        (
            *((module, "fill_all", _nothing) for module in (submit, wait, maintenance, prune)),
            (collect, "fill_followers", _nothing),
        ),
        Story(
            1,
            None,
            (Step(0.0, "submit"), Step(5.0, "submit", job=1, more=(("reuse", True),))),
            sizes=(2, 2),
        ),
    ),
}
