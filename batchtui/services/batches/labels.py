"""Name, tag and annotate jobs: `LabelEdit`, `label`.

Labels stay on this disk: the API keeps none.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from batchtui.domain.batches.job import name_complaint
from batchtui.domain.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from batchtui.domain.batches.job import Job
    from batchtui.services.workspace import Workspace

LONGEST_TAG = 60
LONGEST_NOTE = 2_000
"""Signs."""
_TAGS = re.compile(r'(?:[^\s,"]|"[^"]*"?)+')


@dataclass(frozen=True, slots=True)
class LabelEdit:
    """What is to become of the labels of jobs; what is not named stays."""

    name: str | None = None
    note: str | None = None
    tags: tuple[str, ...] | None = None
    """Exactly these."""
    add: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()

    @property
    def complaint(self) -> str:
        """What is wrong with it, in a few words; empty where nothing is."""
        if self.name is not None and (complaint := name_complaint(self.name)):
            return complaint
        if self.note is not None and len(self.note) > LONGEST_NOTE:
            return f"a note has at most {LONGEST_NOTE:,} characters"
        tags = (*(self.tags or ()), *self.add)
        if not all(tag.strip() for tag in tags):
            return "a tag cannot be empty"
        return f"a tag has at most {LONGEST_TAG} characters" if any(len(tag) > LONGEST_TAG for tag in tags) else ""

    def of(self, job: Job) -> Job:
        """Return a job with its new labels."""
        tags = job.tags if self.tags is None else self.tags
        kept = [tag for tag in tags if tag not in self.remove]
        return replace(
            job,
            name=job.name if self.name is None else self.name.strip(),
            note=job.note if self.note is None else self.note.strip(),
            tags=tuple(dict.fromkeys([*kept, *self.add])),
        )


def read_tags(text: str) -> LabelEdit:
    """Read tags as they are typed, with spaces or commas between them and quotation marks around their own spaces.

    Tags with a sign are added (`+eval`) or taken away (`-old`); without one, they replace all tags.
    """
    words = _TAGS.findall(text)
    bare = tuple(dict.fromkeys(_bare(word) for word in words if word[0] not in "+-"))
    add = tuple(_bare(word[1:]) for word in words if word[0] == "+")
    remove = tuple(_bare(word[1:]) for word in words if word[0] == "-")
    # One sign is enough: bare words beside it are then added, and nothing else is taken away.
    if add or remove:
        return LabelEdit(add=(*bare, *add), remove=remove)
    return LabelEdit(tags=bare)


def written_tags(tags: Sequence[str]) -> str:
    """Write tags so that `read_tags` reads the same."""
    return " ".join(f'"{tag}"' if re.search(r"[\s,]", tag) or tag[0] in "+-" else tag for tag in tags)


async def label(workspace: Workspace, job_ids: Sequence[str], labelling: LabelEdit) -> list[Job]:
    """Write the labels of these jobs, and return those that were changed by it.

    Raises:
        UsageError: where they cannot be.
    """
    if labelling.complaint:
        raise UsageError(f"Invalid label: {labelling.complaint}.")
    return await workspace.registry.labels.change(list(dict.fromkeys(job_ids)), labelling.of)


async def restore_labels(workspace: Workspace, before: Sequence[Job]) -> list[Job]:
    """Write the labels of jobs back as they were, and return the jobs that were changed by it."""
    labels = {job.id: job for job in before}

    def restored(job: Job) -> Job:
        was = labels[job.id]
        return replace(job, name=was.name, note=was.note, tags=was.tags)

    return await workspace.registry.labels.change(list(labels), restored)


def _bare(word: str) -> str:
    return word.replace('"', "").strip()
