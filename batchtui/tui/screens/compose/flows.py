"""Write, save, submit or try a draft: each shows what would happen, asks, does it and reports."""

from __future__ import annotations

import tempfile
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

from batchtui.domain.errors import InputError
from batchtui.domain.submission.problem import Severity
from batchtui.services.compose import draft as drafts
from batchtui.services.compose.compose import compose_to_file
from batchtui.services.compose.template_choice import save_template
from batchtui.services.compose.trial import plan_trial, run_trial
from batchtui.services.submission.submit import SubmitOptions
from batchtui.settings.user_paths import is_file, path_of
from batchtui.text.numbers import amount, bytes_done, size
from batchtui.text.safe import one_line, sanitize
from batchtui.text.sentences.estimates import figure_words
from batchtui.tui.dialogs.confirm import Group, Question
from batchtui.tui.dialogs.text_prompt import TextPrompt
from batchtui.tui.screens.compose.summary import problem_words
from batchtui.tui.submit import flows as submit_flows

if TYPE_CHECKING:
    from batchtui.services.compose.compose import Composed
    from batchtui.services.compose.composition import Composition
    from batchtui.services.compose.draft import Draft
    from batchtui.services.compose.draft_preview import OpenedDraft
    from batchtui.tui.host import Host


async def submit(app: Host, opened: OpenedDraft) -> bool:
    """Compose all requests, check them, ask, and send them. Returns whether they were sent.

    Raises:
        InputError: the draft is not ready, or rows are wrong.
    """
    # Before anything is composed: a long wait must not end in a refusal.
    app.workspace.refuse_if_read_only()
    composition = _ready(opened)
    draft = opened.draft
    # Submission reads a file, and keeps a copy of its own: this one is needed for the moment only.
    with tempfile.TemporaryDirectory(prefix="batchtui-") as folder:
        file = Path(folder) / f"{_stem(draft)}.jsonl"
        await _compose(app, composition, file)
        source = " · ".join(part for part in (draft.data, draft.name) if part)
        return await submit_flows.submit_path(app, file, SubmitOptions(source=source, prime=draft.prime))


async def write(app: Host, opened: OpenedDraft) -> None:
    """Write all requests to a file that the person names."""
    composition = _ready(opened)
    asked = TextPrompt("The file the requests are written to", f"{_stem(opened.draft)}.jsonl", check=_needed)
    typed = await app.push_screen(asked, wait_for_dismiss=True)
    if not typed:
        return
    path = path_of(typed)
    there = Question("Replace 1 file?", (Group("Already exists", (sanitize(str(path)),)),), yes="replace")
    if is_file(path) and not await app.ask(there):
        return
    composed = await _compose(app, composition, path)
    app.say(f"{amount(composed.report.requests, 'request')} written to {typed}, {size(composed.bytes)}.")


async def save(app: Host, draft: Draft) -> Draft | None:
    """Save the template under a name that the person gives. Returns the draft that continues with it."""
    options = drafts.options_of(draft)
    asked = TextPrompt("The name of the template", draft.name if draft.name != "example" else "", check=_needed)
    name = await app.push_screen(asked, wait_for_dismiss=True)
    if not name:
        return None
    saved = await save_template(app.workspace, options, name)
    app.say(f"Saved {saved.name}, version {saved.version}: {app.workspace.paths.templates / f'{saved.name}.md'}")
    return drafts.with_template(draft, saved)


async def try_row(app: Host, request: bytes) -> None:
    """Ask, send one request in real time, and show the answer."""
    from batchtui.tui.screens.compose.trial_screen import TrialScreen

    app.workspace.refuse_if_read_only()
    plan = await plan_trial(app.workspace, request)
    question = Question(
        f"Send {one_line(plan.custom_id)} now?",
        (Group("One request, in real time", (f"estimated cost: {figure_words(plan.estimate.standard)}",)),),
        remark="It is not part of a batch: it has no discount.",
        yes="send",
    )
    if not await app.ask(question):
        return
    with app.busy() as say:
        say("waiting for the answer")
        trial = await run_trial(app.workspace, plan)
    await app.push_screen(TrialScreen(app.workspace, trial))


def _ready(opened: OpenedDraft) -> Composition:
    if opened.composition is None:
        raise InputError(" ".join(opened.complaints) or "There is no data yet: choose a table.", title="Not ready yet")
    return opened.composition


async def _compose(app: Host, composition: Composition, path: Path) -> Composed:
    """Write the requests of a composition to a file.

    Raises:
        InputError: rows are wrong and are not to be left out; nothing is written then.
    """
    with app.busy() as say:
        composed = await compose_to_file(
            app.workspace,
            composition,
            path,
            lambda reading: say(f"composing  {bytes_done(reading.read, reading.total)}"),
        )
    # Rows that are wrong stop everything unless the person has said to leave them out.
    if not composed.is_written:
        errors = [problem for problem in composed.report.problems if problem.severity is Severity.ERROR]
        said = "; ".join(problem_words(problem) for problem in errors[:3]) or "there are no rows"
        raise InputError(
            f"Nothing was written: {said}.",
            hint="Fix them, or skip rows with errors." if errors else "",
            problems=composed.report.problems,
        )
    return composed


def _stem(draft: Draft) -> str:
    """Return the name of a job where nobody gives one: the data's name without suffix."""
    name = "query" if draft.is_query else PurePath(draft.data).name
    return name.removesuffix(".gz").partition(".")[0].strip("-") or "composed"


def _needed(text: str) -> str:
    return "" if text else "a name is needed"
