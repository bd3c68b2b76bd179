"""Naming, tagging and annotating, as a conversation: one line to type, checked while it is typed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from batchtui.services.batches.labels import LabelEdit, label, read_tags, written_tags
from batchtui.services.batches.targets import job_ids
from batchtui.text.numbers import amount
from batchtui.text.safe import one_line
from batchtui.tui.dialogs.text_prompt import TextPrompt

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from batchtui.domain.job import Job
    from batchtui.tui.host import Host

    Reading = Callable[[str], LabelEdit]


async def tag(app: Host, keys: Sequence[int]) -> None:
    """Tag the jobs of these batches: one shows its tags to be edited, several get tags and lose some."""
    jobs = await _jobs_of(app, keys)
    one = jobs[0] if len(jobs) == 1 else None
    title = f"Tags of {_named(jobs)}" + ("" if one else ": +this adds one, -that takes one away")
    text = written_tags(one.tags) if one else ""
    await _ask(app, jobs, title, text, read_tags if one else _added, 'nightly shop "two words", or +add -remove')


async def rename(app: Host, keys: Sequence[int]) -> None:
    """Give the jobs of these batches another name."""
    jobs = await _jobs_of(app, keys)
    same = jobs[0].name if len({job.name for job in jobs}) == 1 else ""
    await _ask(app, jobs, f"The name of {_named(jobs)}", same, lambda text: LabelEdit(name=text), "a name")


async def annotate(app: Host, keys: Sequence[int]) -> None:
    """Write a note down about the jobs of these batches."""
    jobs = await _jobs_of(app, keys)
    same = jobs[0].note if len({job.note for job in jobs}) == 1 else ""
    await _ask(app, jobs, f"A note on {_named(jobs)}", same, lambda text: LabelEdit(note=text), "empty for none")


async def _ask(app: Host, jobs: Sequence[Job], title: str, text: str, reading: Reading, placeholder: str) -> None:
    if not jobs:
        return
    dialog = TextPrompt(title, text, check=lambda typed: reading(typed).complaint, placeholder=placeholder)
    typed = await app.push_screen(dialog, wait_for_dismiss=True)
    if typed is None:
        return
    changed = await label(app.workspace, [job.id for job in jobs], reading(typed))
    app.say(f"{amount(len(changed), 'job')} changed." if changed else "Nothing is different.")


def _added(text: str) -> LabelEdit:
    """Of several jobs none loses a tag that was not named."""
    read = read_tags(text)
    return read if read.tags is None else LabelEdit(add=read.tags)


def _named(jobs: Sequence[Job]) -> str:
    return one_line(jobs[0].name)[:48] if len(jobs) == 1 else amount(len(jobs), "job")


async def _jobs_of(app: Host, keys: Sequence[int]) -> list[Job]:
    ids = await job_ids(app.workspace, keys)
    return [job for job_id in ids if (job := await app.workspace.registry.jobs.get(job_id)) is not None]
