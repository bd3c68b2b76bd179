"""The story of the demo: what happened in the past week, and the steps of the tour: `STEPS`, `PAST`."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from batchtui.cli.demo.sandbox import DemoJob
from batchtui.cli.demo.tour import Step
from batchtui.simulator import Fault
from batchtui.tui.commands.table import Scope

if TYPE_CHECKING:
    from collections.abc import Sequence

    from batchtui.cli.demo.director import Director

_TICKETS = (
    "Classify ticket #{n}: «The export stops at 90 % and says nothing.»",
    "Classify ticket #{n}: «I was billed twice in May.»",
    "Classify ticket #{n}: «How do I add a colleague?»",
)
_EVAL = ("Question {n}: which of the two is right, and why? Answer in Markdown.",)
_TEXTS = ("Write two friendly lines about product {n}.", "Translate the name of product {n} into Portuguese.")
_CONTRACTS = ("Summarise contract {n} in five sentences for a buyer.", "List the notice periods in contract {n}.")

PAST: Sequence[tuple[timedelta, DemoJob]] = (
    (timedelta(days=6, hours=2), DemoJob("nightly-tickets", "claude-haiku-5-5", _TICKETS, 180, ("nightly",))),
    (timedelta(days=3, hours=5), DemoJob("eval-prompt-v6", "claude-sonnet-5-5", _EVAL, 90, ("eval",), ids="eval")),
    (timedelta(days=1, hours=2), DemoJob("nightly-tickets", "claude-haiku-5-5", _TICKETS, 210, ("nightly",))),
    (timedelta(hours=4), DemoJob("eval-prompt-v7", "claude-opus-5-5", _EVAL, 90, ("eval",), ids="eval")),
)
"""What was submitted before anybody looked, and how long ago."""
PAST_TEMPER = {"takes": 40.0}

SUPPORT = DemoJob("support-tickets", "claude-haiku-5-5", _TICKETS, 240, ("nightly",))
PRODUCTS = DemoJob("product-texts", "claude-haiku-5-5", _TEXTS, 500, ("shop",), max_requests=200)
CONTRACTS = DemoJob("contract-summaries", "claude-sonnet-5-5", _CONTRACTS, 60, ("legal",))
TRANSLATIONS = DemoJob("translations", "claude-haiku-5-5", _TEXTS, 60, ("shop",))
LETTERS = DemoJob("old-letters", "claude-sonnet-5-5", ("Transcribe letter {n}.",), 80, ("archive",))
WRONG = DemoJob("wrong-prompt", "claude-opus-5-5", ("Answer with the number {n}.",), 400)
LOGS = DemoJob("log-triage", "claude-haiku-5-5", ("Is line {n} of the log worth waking somebody?",), 150)
NOTES = DemoJob("release-notes", "claude-sonnet-5-5", ("Write the release note of change {n}.",), 30, ("docs",))


async def _sent(stage: Director) -> None:
    await stage.submit(SUPPORT, takes=60.0, moving_counts=True)


async def _queue_is_full(stage: Director) -> None:
    await stage.submit(PRODUCTS, takes=35.0, moving_counts=False, queue_limit=stage.waiting + 450)
    stage.retemper()


async def _answer_is_lost(stage: Director) -> None:
    stage.strike(Fault(on="create", kind="lost_after"))
    await stage.submit(CONTRACTS, takes=30.0, listed_after=8.0)


async def _much_fails(stage: Director) -> None:
    await stage.submit(TRANSLATIONS, takes=5.0, errored={"overloaded_error": 0.3, "invalid_request_error": 0.1})


async def _works_again(stage: Director) -> None:
    stage.retemper(takes=15.0)


async def _time_runs_out(stage: Director) -> None:
    await stage.submit(LETTERS, takes=25.0, expires_after=30.0, expired=0.4)
    stage.retemper()


async def _a_mistake(stage: Director) -> None:
    await stage.submit(WRONG, takes=240.0, moving_counts=True)


async def _more(stage: Director) -> None:
    await stage.submit(LOGS, takes=45.0, moving_counts=True)


async def _falls_silent(stage: Director) -> None:
    stage.strike(Fault(on="list", kind="status", status=503, times=3))


async def _last_one(stage: Director) -> None:
    await stage.submit(NOTES, takes=20.0)


# The order matters: a scene is begun one step before the step that needs its batch (`needs`), so that nobody waits
# for it.
STEPS: Sequence[Step] = (
    Step(
        "hello",
        "The real program on a simulator: no key, no cost, nothing is kept. The tour takes ten minutes; a week of"
        " batches is here already.",
        "list.down", "moves down the list, {list.up} up; so do the arrow keys", _sent,
    ),
    Step(
        "sent",
        "`support-tickets` was just sent: 240 requests in one batch. The simulator updates the counts; the API often"
        " sends them only at the end.",
        "list.open", "opens the batch under the cursor", place=Scope.BATCHES,
    ),
    Step(
        "queue",
        "`product-texts` is one job in three parts. The queue at the API is full: part 3 waits here and is sent"
        " once there is room.",
        "list.sort", "chooses what the list is sorted by; {list.reverse} reverses", _queue_is_full, place=Scope.BATCHES,
    ),
    Step(
        "jobs",
        "A job and its batches: parts, and later attempts at what failed, belong together.",
        "batches.by-job", "folds each job into one row, and unfolds it again", patience=16.0,
    ),
    Step(
        "results",
        "`eval-prompt-v7` has ended. Its results are saved here, and stay after the API deletes them. {list.open}"
        " opens it.",
        "batch.outcomes", "goes from outcome to outcome: succeeded, truncated, refused, errored…",
    ),
    Step(
        "groups",
        "A hundred failures often have one cause: here they are grouped by what went wrong.",
        "batch.groups", "goes to the failures by kind, and back",
    ),
    Step(
        "result",
        "Each answer is shown beside its request. {list.open} opens one, {result.next} and {result.previous} go to the"
        " next and the previous.",
        "result.view", "shows it as text, rendered, or as a tree",
    ),
    Step(
        "lost",
        "No response to the create request of `contract-summaries`. Was it created? Sending it again could pay twice:"
        " batchtui looks for it.",
        "app.activity", "shows every action and API call, with time and request id", _answer_is_lost,
    ),
    Step(
        "found",
        '"found": the batch had been created, and is tracked again. Sent once and paid once, even after crashes and'
        " closed laptops.",
        "activity.only", "shows only actions, API calls, errors or messages, or all", _much_fails,
        needs="contract-summaries", needs_end=False, patience=14.0,
    ),
    Step(
        "failed",
        "`translations` has ended, and 24 of its 60 requests failed. Go to it in the list.",
        "batches.retry", "says why, and what is worth retrying", _works_again,
        needs="translations",
    ),
    Step(
        "again",
        "Only what failed is sent, as attempt 2 of the same job; the results of both are read together.",
        "retry.send", "sends it, after one question ({dialog.yes} is yes)",
    ),
    Step(
        "warned",
        "`old-letters` will not finish in time: a batch has 24 hours, here 30 seconds. The top line counts warnings.",
        "app.warnings", "shows them, each with what can be done", _time_runs_out,
    ),
    Step(
        "expired",
        "Expired: what was processed in time is kept and billed, the rest is not billed; {batches.retry} would retry"
        " it.",
        "batches.filter", "filters: type status:ended, tag:nightly, errored:>0 or a word", needs="old-letters",
    ),
    Step(
        "mistake",
        "Oh no: `wrong-prompt`, 400 requests to the most expensive model, is in progress. Requests that have not begun"
        " are not billed. Go to it.",
        "batches.cancel", "asks, says what it saves, and cancels ({dialog.yes} is yes)", _a_mistake,
    ),
    Step(
        "many",
        "Cancel, export, delete and retry apply to all marked batches. {list.mark-range} marks a range, {list.mark-all}"
        " all that is shown.",
        "list.mark", "marks a batch", _more, place=Scope.BATCHES,
    ),
    Step(
        "tags",
        "Names, tags and notes are yours: they stay here, and you can filter and add up by them.",
        "batches.tag", "tags what is marked, or the job under the cursor", place=Scope.BATCHES, patience=16.0,
    ),
    Step(
        "export",
        "Results become JSONL, JSON, CSV, Markdown or Parquet, in the order of the input and joined with it.",
        "batches.export", "chooses format and file; marked batches go to a folder",
    ),
    Step(
        "compare",
        "`eval-prompt-v6` and `-v7` ask the same questions with two prompts. Open one of them.",
        "batch.compare", "compares: what changed, what it cost, what now succeeds",
    ),
    Step(
        "silent",
        "The API is down for a while. Nothing is lost: the top line says how old the data is, and it is retried.",
        "app.refresh", "refreshes now", _falls_silent,
    ),
    Step(
        "spending",
        "What did all this cost? It is calculated from the tokens of every result, with the batch discount.",
        "app.spending", "shows spending by day, model, job and tag", _last_one,
    ),
    Step(
        "own",
        "Your turn: `letters.jsonl` has requests. Every line is checked, and nothing is sent before you confirm.",
        "batches.submit", "chooses a file, checks it, shows the plan and the price",
    ),
    Step(
        "compose",
        "No file yet? A table and a prompt with placeholders make requests: there is an example, with its first row as"
        " it would be sent.",
        "batches.compose", "opens it; {app.back} comes back, and the draft stays", patience=30.0,
    ),
    Step(
        "palette",
        'Every command has a name. Type part of one, such as "tag" or "theme", to find it and its key.',
        "app.palette", "finds commands",
    ),
    Step(
        "look",
        "Dark, light, high contrast, or the terminal's own sixteen colours; NO_COLOR and ASCII work as well.",
        "app.theme", "switches the theme",
    ),
    Step(
        "settings",
        "Everything can be changed here or in the settings file; comments in the file are kept.",
        "app.settings", "shows every setting with what it means",
    ),
    Step(
        "help",
        "You need not remember keys: the help lists those of the current screen, and shows its page of the manual.",
        "app.help", "shows them",
    ),
    Step(
        "end",
        "That was the tour; the batches continue as long as you watch. With your own key: `batchtui submit FILE`, then"
        " `batchtui`.",
        "app.quit", "quits; batches in progress are not canceled", patience=60.0,
    ),
)  # fmt: skip
