"""Import a large library without the submodules that nobody uses: `lazy_submodules`.

The SDK names the whole API in such packages, 3,000 modules of types; batchtui uses its client and none of its types.
Nothing of the library is changed or left out: every name of it can still be imported.
"""

from __future__ import annotations

import ast
import importlib
import sys
import threading
from contextlib import contextmanager
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_running = threading.RLock()


@contextmanager
def lazy_submodules(library: str) -> Iterator[None]:
    """Within this block, packages of the library are imported without running their own code where possible.

    What was imported before stays as it is.
    """
    finder = _Finder(library)
    # First in the list: the usual finder would find the package too, and run it.
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)


class _LazyPackage(ModuleType):
    """A package whose own code has not been run: it knows where its names are from."""

    _names: Mapping[str, tuple[str, str | None]] = {}
    """By name: the module, and what it is called there; None for the module itself. Gone once the code runs."""

    def __getattr__(self, name: str) -> Any:
        names = self._names
        if name in names:
            module, original = names[name]
            found = importlib.import_module(module)
            self.__dict__[name] = found if original is None else getattr(found, original)
        elif name == "__all__":
            _run(self)
        elif not name.startswith("__"):
            if find_spec(f"{self.__name__}.{name}"):
                self.__dict__[name] = importlib.import_module(f"{self.__name__}.{name}")
            else:
                _run(self)
        if name in self.__dict__:
            return self.__dict__[name]
        raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")


def _run(package: ModuleType) -> None:
    """Run a package's own code, once; from then on it is a module like any other."""
    # An RLock: the code of a package may import another one of them in the same thread.
    with _running:
        if vars(package).pop("_names", None) is not None:
            SourceFileLoader.exec_module(package.__spec__.loader, package)  # type: ignore[union-attr, arg-type]
            package.__class__ = ModuleType


class _Loader(SourceFileLoader):
    """Loads a package without running its code, where that can make no difference."""

    def __init__(self, name: str, path: str, *, is_root: bool) -> None:
        super().__init__(name, path)
        self._is_root = is_root

    def exec_module(self, module: ModuleType) -> None:
        names, is_pure = _gathered(self.get_source(self.name) or "", self.name)
        modules = {entry.name.partition(".")[0] for entry in Path(self.path).parent.iterdir()}
        # A module takes the place of a name that is called the same as soon as it is imported.
        is_clear = all(original is None or name not in modules for name, (_, original) in names.items())
        if is_clear and (is_pure or self._is_root):
            module.__class__ = _LazyPackage
            vars(module)["_names"] = names
        else:
            super().exec_module(module)


class _Finder:
    """Finds the packages of one library that are Python source; all else is left to others."""

    def __init__(self, library: str) -> None:
        self._library = library

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if name != self._library and not name.startswith(f"{self._library}."):
            return None
        spec = PathFinder.find_spec(name, path, target)
        # Exactly this type: a subclass is another tool's, such as one that measures coverage, and must keep its effect.
        if spec and spec.submodule_search_locations is not None and type(spec.loader) is SourceFileLoader:
            spec.loader = _Loader(spec.loader.name, spec.loader.path, is_root=name == self._library)
        return spec


def _gathered(source: str, package: str) -> tuple[dict[str, tuple[str, str | None]], bool]:
    """Return which names a package takes from its own modules, and whether that is all it does."""
    names: dict[str, tuple[str, str | None]] = {}
    is_pure = True
    for statement in ast.parse(source).body:
        match statement:
            case ast.ImportFrom(module="__future__"):
                pass
            case ast.ImportFrom(module=module, level=1, names=aliases) if aliases[0].name != "*":
                for alias in aliases:
                    where = f"{package}.{module}" if module else f"{package}.{alias.name}"
                    names[alias.asname or alias.name] = (where, alias.name if module else None)
            case ast.Expr(value=ast.Constant()) | ast.Assign(targets=[ast.Name(id="__all__")]):
                pass
            case _:
                is_pure = False
    return names, is_pure
