"""`ExportForm` is what a person chooses for an export, and which files that writes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from batchtui.domain.errors import StorageError
from batchtui.domain.results.result import Outcome
from batchtui.exporters.formats import Format
from batchtui.services.results.export import ExportOptions
from batchtui.settings.user_paths import path_of
from batchtui.text.glyphs import OUTCOMES

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from batchtui.domain.batches.batch import Batch
    from batchtui.services.results.export_plan import Picked

ONLY: dict[str, frozenset[Outcome]] = {
    "all": frozenset(),
    "succeeded": frozenset({Outcome.SUCCEEDED}),
    "what needs attention": frozenset(Outcome.failures()),
    **{OUTCOMES[outcome].word: frozenset({outcome}) for outcome in Outcome.failures()},
}
"""Outcomes by the words that choose them."""
FORMATS = tuple(Format)


@dataclass(frozen=True, slots=True)
class PickedResults:
    """Results that were picked on the screen of their batch or job, by marks, a search or a filter."""

    words: str
    """Which they are: `only the 3 that are marked`."""
    picked: Picked


@dataclass(frozen=True, slots=True)
class ExportForm:
    """What a person has chosen so far."""

    output: str
    """A file, or a folder where several batches are written."""
    format: Format = Format.CSV
    only: str = "all"
    """One of `kinds`."""
    order: str = "input"
    with_requests: bool = False
    fields: str = ""
    guard: bool = True
    """Whether CSV and TSV keep spreadsheets from running a cell."""
    bom: bool = False
    """Whether CSV and TSV are marked as UTF-8, for Excel."""
    pick: PickedResults | None = None
    """The results that were picked before; they are written where `only` is their words."""

    @property
    def kinds(self) -> tuple[str, ...]:
        """Which results can be chosen, in the order of the key."""
        return (*([self.pick.words] if self.pick else []), *ONLY)

    def outputs(self, groups: Sequence[Sequence[Batch]]) -> list[Path]:
        """Return the file of each group of batches; several are in the chosen folder."""
        output = path_of(self.output)
        # A single group goes to the file as it was typed, whatever its suffix.
        if len(groups) == 1:
            return [output]
        return [output / f"{file_stem(group[0].id or group[0].job)}.{self.format.suffix}" for group in groups]

    def options(self, output: str, *, overwrite: bool = False) -> ExportOptions:
        """Return the options of the service for one file."""
        return ExportOptions(
            output=output,
            format=self.format,
            only=ONLY.get(self.only, frozenset()),
            order="input" if self.order == "input" else "arrival",
            with_requests=self.with_requests,
            fields=self._names(),
            overwrite=overwrite,
            guard=self.guard,
            bom=self.bom and self.format.is_delimited,
            picked=self.pick.picked if self.pick and self.only == self.pick.words else None,
        )

    def _names(self) -> tuple[str, ...]:
        if self.format is Format.CHAT:
            return ()
        return tuple(filter(None, (word.strip() for word in self.fields.split(","))))


def make_folder(folder: Path) -> None:
    """Make the folder that several files are written to.

    Raises:
        StorageError: it cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except (OSError, ValueError) as error:
        raise StorageError(f"The folder {folder} cannot be made: {error}.", hint="Name another one.") from error


def file_stem(name: str) -> str:
    """Return a file name without suffix for a name from outside; it cannot lead into another folder."""
    # Names and ids come from outside: no separators, and no leading dot.
    return "".join(sign if sign.isalnum() or sign in "-_." else "-" for sign in name).strip(".-")[:100] or "results"
