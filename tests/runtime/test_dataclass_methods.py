"""Dataclasses whose methods are closures behave as those whose methods Python compiles."""

from __future__ import annotations

import dataclasses
import pickle
import sys
from copy import deepcopy
from dataclasses import FrozenInstanceError, dataclass, field, replace
from typing import TYPE_CHECKING, Any

import pytest

from batchtui.runtime import dataclass_methods

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.skipif(sys.version_info >= (3, 13), reason="Python compiles all methods at once")


class Values:
    """The same five classes, made by one of the two ways."""

    def __init__(self) -> None:
        @dataclass(frozen=True, slots=True)
        class Nothing:
            """No field."""

        @dataclass(frozen=True, slots=True)
        class One:
            """One field."""

            value: object

        @dataclass(frozen=True)
        class Many:
            """Fields of all kinds, checked after the start."""

            self: int
            values: object = 2
            made: list[int] = field(default_factory=list, compare=False)
            hidden: str = field(default="secret", repr=False, hash=False)

            def __post_init__(_) -> None:  # noqa: N805
                if _.values == "wrong":
                    raise ValueError("wrong")

        @dataclass(frozen=True)
        class More(Many):
            """A class that adds a field."""

            more: int = field(default=0, kw_only=True)

        @dataclass(slots=True, order=True)
        class Ordered:
            """Can be changed and sorted."""

            first: int
            second: int = 0

        self.classes: list[Callable[..., Any]] = [Nothing, One, Many, More, Ordered]


@pytest.fixture(params=["all", "ours"])
def both(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> tuple[Values, Values]:
    """Compiled classes, and those made from closures: with `__init__` compiled at once, or late."""
    compiled = Values()
    for name in dataclass_methods.REPLACED:
        monkeypatch.setattr(dataclasses, name, getattr(dataclasses, name))
    if request.param == "ours":
        monkeypatch.setattr(dataclass_methods, "OURS", "tests.")
    dataclass_methods.use_closures()
    return compiled, Values()


CALLS: tuple[tuple[int, tuple[object, ...]], ...] = (
    (0, ()), (1, (5,)), (1, ("x",)), (1, ((1, 2),)), (2, (1,)), (2, (1, [])), (2, (1, "wrong")), (3, (1, 2, [3])),
    (4, (1,)), (4, (1, 2)), (0, (1,)), (1, ()), (2, (1, 2, [3], "h", 5)),
)  # fmt: skip


def _facts(values: Values) -> list[object]:
    """What each call makes: what it looks like, equals, hashes to, and refuses."""
    made: list[Any] = []
    facts: list[object] = []
    for number, arguments in CALLS:
        try:
            made.append(values.classes[number](*arguments))
        except (TypeError, ValueError) as error:
            facts.append(str(error))
    facts += [repr(each) for each in made]
    facts += [[one == other for other in made] for one in made]
    facts += [one == deepcopy(one) and one is not replace(one) for one in made]
    for each in made:
        for act in (hash, _change, _remove, _add):
            try:
                facts.append(act(each))
            except Exception as error:  # noqa: BLE001
                facts.append((type(error), str(error)))
    return facts


def _change(of: Any) -> None:
    of.values = 7


def _add(of: Any) -> None:
    of.another = 7


def _remove(of: Any) -> None:
    del of.values


def test_objects_are_made_compared_shown_and_refused_alike(both: tuple[Values, Values]) -> None:
    compiled, closures = both
    assert _facts(closures) == _facts(compiled)


def test_methods_are_named_alike(both: tuple[Values, Values]) -> None:
    names = "__init__", "__repr__", "__eq__", "__hash__", "__setattr__", "__delattr__", "__lt__"
    for compiled, closures in zip(*(values.classes for values in both), strict=True):
        for name in names:
            ours, theirs = getattr(closures, name), getattr(compiled, name)
            assert getattr(ours, "__qualname__", None) == getattr(theirs, "__qualname__", None)


def test_objects_are_sorted_alike(both: tuple[Values, Values]) -> None:
    for values in both:
        ordered = values.classes[4]
        made = sorted([ordered(2), ordered(1, 5), ordered(1, 4)])
        assert [(each.first, each.second) for each in made] == [(1, 4), (1, 5), (2, 0)]


def test_an_object_that_holds_itself_is_shown(both: tuple[Values, Values]) -> None:
    for values in both:
        one = values.classes[1](items := [])
        items.append(one)
        assert repr(one).endswith("One(value=[...])")


@pytest.mark.usefixtures("both")
def test_a_field_of_a_frozen_object_cannot_be_set_or_removed() -> None:
    one = Values().classes[2](1)
    with pytest.raises(FrozenInstanceError, match="cannot assign to field 'values'"):
        one.values = 3
    with pytest.raises(FrozenInstanceError, match="cannot delete field 'values'"):
        del one.values
    assert one.values == 2


@dataclass(frozen=True, slots=True)
class Pickled:
    """Found by its name, as pickle needs it."""

    values: tuple[int, ...]


@pytest.mark.usefixtures("both")
def test_an_object_survives_pickling() -> None:
    assert pickle.loads(pickle.dumps(Pickled((1, 2)))) == Pickled((1, 2))
