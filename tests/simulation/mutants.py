"""Known faults of sending once, put back one at a time: the simulation has to find each of `MUTANTS`.

An invariant that nothing can break proves nothing. `--mutants` says how many seeds each takes.
"""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from batchtui.domain.errors import GatewayError
from batchtui.domain.send_evidence import Account, ApiLook, Proof, Relation
from batchtui.registry import sends
from batchtui.registry.batches.queries import BatchQueries
from batchtui.registry.database.origin import Origin
from batchtui.registry.sends import Sends
from batchtui.runtime.server_clock import ServerClock
from batchtui.services.batches import cancel, delete
from batchtui.services.polling import refresh
from batchtui.services.polling.collector import Collector
from batchtui.services.results import collect
from batchtui.services.submission import proof, reconcile, send, verdict
from tests.simulation.history import run
from tests.simulation.machines import Table
from tests.simulation.story import tell

if TYPE_CHECKING:
    from collections.abc import Callable

Patch = tuple[Any, str, Any]


@dataclass(frozen=True)
class Mutant:
    """One fault: what stands in the place of what."""

    patches: tuple[Patch, ...]

    def seeds_until_found(self, first: int, most: int) -> tuple[int, str] | None:
        """Return after how many seeds an invariant broke, and which; None where none did."""
        with ExitStack() as stack:
            for target, name, mutated in self.patches:
                stack.enter_context(patch.object(target, name, mutated))
            for number in range(most):
                history = run(tell(first + number))
                if history.violated is not None:
                    return number + 1, history.violated.rule
        return None


async def _true(*_: Any, **__: Any) -> bool:
    return True


async def _none_due(*_: Any) -> list[Any]:
    return []


async def _nothing(*_: Any, **__: Any) -> None:
    return None


_disown, _prove, _relations, _adopt, _look, _start_send = (
    collect._disown_if_foreign,
    proof.prove,
    BatchQueries.relations,
    Sends.adopt,
    ApiLook,
    ServerClock.start_send,
)


async def _prove_as(was: Proof, mutated: Proof, *args: Any) -> Proof:
    found = await _prove(*args)
    return mutated if found is was else found


async def _prove_by_ids_alone(workspace: Any, batch: Any, summary: Any) -> None:
    if batch.is_unproved and summary.ids is not None and not summary.ids.unexpected:
        await workspace.registry.sendings.proved(batch.key, batch.id)
        return
    await _disown(workspace, batch, summary)


async def _relations_all_taken(views: BatchQueries, ids: Any) -> dict[str, tuple[Relation, int]]:
    return {name: (Relation.TAKEN, seen) for name, (_, seen) in (await _relations(views, ids)).items()}


async def _adopt_without_twin(sendings: Sends, key: int, *args: Any, **more: Any) -> bool:
    is_done = await _adopt(sendings, key, *args, **more)
    if is_done:
        await sendings.twin_settled(key)
    return is_done


def _look_always_complete(account: Any, entries: Any = (), _is_complete: bool = False) -> Any:
    return _look(account, entries, is_complete=True)


def _without_patience(clock: ServerClock) -> Any:
    return replace(_start_send(clock), patience=timedelta())


def _is_gateway_error(error: BaseException) -> bool:
    return isinstance(error, GatewayError)


def _always(value: Any) -> Callable[..., Any]:
    return lambda *_, **__: value


MUTANTS: dict[str, Mutant] = {
    "the mark is not written": Mutant(((Sends, Sends.mark.__name__, _true),)),
    "all accounts are one": Mutant(((Account, "__eq__", _always(True)),)),
    "anybody writes about a send": Mutant(((sends, sends._is_sender.__name__, _always(True)),)),
    "results refute nothing": Mutant(
        ((reconcile, proof.prove.__name__, partial(_prove_as, Proof.REFUTED, Proof.CONFIRMED)),)
    ),
    "results without a model prove": Mutant(
        (
            (reconcile, proof.prove.__name__, partial(_prove_as, Proof.IMPOSSIBLE, Proof.CONFIRMED)),
            (collect, collect._disown_if_foreign.__name__, _prove_by_ids_alone),
        )
    ),
    "models are not compared": Mutant(
        tuple((module, proof.is_other_model.__name__, _always(False)) for module in (proof, collect))
    ),
    "absence is proved at once": Mutant(
        ((verdict, verdict.absence_proved_at.__name__, lambda part, *_: part.planned_at),)
    ),
    "a create ends with its client": Mutant(((ServerClock, ServerClock.start_send.__name__, _without_patience),)),
    "what sync brought in is no candidate": Mutant(
        ((BatchQueries, BatchQueries.relations.__name__, _relations_all_taken),)
    ),
    "every failure means that nothing was created": Mutant(
        ((send, send._creates_nothing.__name__, _is_gateway_error),)
    ),
    "a copy is not noticed": Mutant(((Origin, Origin.is_copied.__name__, _always(False)),)),
    "a copy forgets its twin with a batch that fits": Mutant(((Sends, Sends.adopt.__name__, _adopt_without_twin),)),
    "a broken list is taken for whole": Mutant(((reconcile, ApiLook.__name__, _look_always_complete),)),
    "every other process is taken for dead": Mutant(((Table, Table.is_gone.__name__, _always(True)),)),
    "a sender is not heard of": Mutant(((Sends, Sends.still_sending.__name__, _true),)),
    "an unproved batch is canceled and deleted": Mutant(
        tuple((module, cancel.why_not_to_change.__name__, _always("")) for module in (cancel, delete))
    ),
    "one 404 makes a batch missing for ever": Mutant(
        ((refresh, "MISSING_AFTER", timedelta()), (refresh, refresh.due_missing.__name__, _none_due))
    ),
    "failures of others' batches are not forgotten": Mutant(
        ((Collector, Collector._forget_settled.__name__, _nothing),)
    ),
}
