"""Have `dataclasses` make the methods of a class from closures in place of source text: `use_closures`.

Up to Python 3.12, `@dataclass(frozen=True)` compiles six functions for each class: with 140 such classes that is a
quarter of the start of a program. Five of them are the same for all classes but for the names of the fields, and need
no compiler. `__init__` does; that of our own classes is compiled when the first object is made, which for most of them
is never. Python 3.13 compiles all six at once.
"""

from __future__ import annotations

import dataclasses
import sys
from operator import attrgetter
from reprlib import recursive_repr
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    Fields = Sequence[dataclasses.Field[Any]]
    Method = Callable[..., Any]

REPLACED = ("_init_fn", "_repr_fn", "_cmp_fn", "_hash_fn", "_frozen_get_del_attr")
"""The functions of `dataclasses` that make those methods: private, so each is looked for before it is replaced."""
OURS = "batchtui."
"""Of which modules the `__init__` is compiled late."""


def use_closures() -> None:
    """Replace what makes `__init__`, `__repr__`, `__eq__`, `__hash__`, `__setattr__` and `__delattr__` in this process.

    For programs only: a library does not change the standard library of those who import it. Nothing is changed where
    this version of Python does it in another way.
    """
    if sys.version_info >= (3, 13) or _compile_init is None or _compile_comparison is None:
        return
    if not all(hasattr(dataclasses, name) for name in REPLACED):
        return
    vars(dataclasses).update(
        _init_fn=_make_init,
        _repr_fn=_make_repr,
        _cmp_fn=_make_comparison,
        _hash_fn=_make_hash,
        _frozen_get_del_attr=_make_frozen,
    )


_compile_init: Method | None = getattr(dataclasses, "_init_fn", None)
_compile_comparison: Method | None = getattr(dataclasses, "_cmp_fn", None)


def _make_init(*how: Any) -> Method:
    assert _compile_init is not None
    module = next(each for each in how if isinstance(each, dict))
    if not str(module.get("__name__")).startswith(OURS):
        # Others may read its parameters before an object is made.
        return _compile_init(*how)  # type: ignore[no-any-return]

    def __init__(self: object, /, *values: object, **named: object) -> None:  # noqa: N807
        compiled = _compile_init(*how)
        compiled.__qualname__ = __init__.__qualname__
        for owner in type(self).__mro__:
            if owner.__dict__.get("__init__") is __init__:
                owner.__init__ = compiled  # type: ignore[misc]
        compiled(self, *values, **named)

    return __init__


def _make_repr(fields: Fields, _: object) -> Method:
    names = [field.name for field in fields]

    @recursive_repr()
    def __repr__(self: object) -> str:  # noqa: N807
        values = ", ".join(f"{name}={getattr(self, name)!r}" for name in names)
        return f"{type(self).__qualname__}({values})"

    return __repr__


def _make_comparison(name: str, op: str, self_tuple: str, other_tuple: str, globals: object) -> Method:  # noqa: A002
    if op != "==":  # of `order=True`
        assert _compile_comparison is not None
        return _compile_comparison(name, op, self_tuple, other_tuple, globals)  # type: ignore[no-any-return]
    values = _values([part.removeprefix("self.") for part in self_tuple.strip("(),").split(",") if part])

    def __eq__(self: object, other: object) -> bool:  # noqa: N807
        if other.__class__ is self.__class__:
            return bool(values(self) == values(other))
        return NotImplemented

    return __eq__


def _make_hash(fields: Fields, _: object) -> Method:
    values = _values([field.name for field in fields])

    def __hash__(self: object) -> int:  # noqa: N807
        return hash(values(self))

    return __hash__


def _values(names: Sequence[str]) -> Callable[[object], tuple[object, ...]]:
    """Return a function that gives the values of these fields of an object."""
    if len(names) > 1:
        return attrgetter(*names)
    # `attrgetter` of one name gives no tuple: the hash would be another than that of a compiled method.
    return lambda self: tuple(getattr(self, name) for name in names)


def _make_frozen(cls: type, fields: Fields, _: object) -> tuple[Method, Method]:
    names = frozenset(field.name for field in fields)

    def __setattr__(self: object, name: str, value: object) -> None:  # noqa: N807
        if type(self) is cls or name in names:
            raise dataclasses.FrozenInstanceError(f"cannot assign to field {name!r}")
        super(cls, self).__setattr__(name, value)  # type: ignore[arg-type]

    def __delattr__(self: object, name: str) -> None:  # noqa: N807
        if type(self) is cls or name in names:
            raise dataclasses.FrozenInstanceError(f"cannot delete field {name!r}")
        super(cls, self).__delattr__(name)  # type: ignore[arg-type]

    return __setattr__, __delattr__
