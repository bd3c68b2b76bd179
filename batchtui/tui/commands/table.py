"""`COMMANDS` is the table of every command; bindings, palette, footer, help and `batchtui keys` are made from it.

One letter means one thing as far as twenty screens allow. What was decided, and why:

    y Y     copy, everywhere: the id or custom_id under the cursor; Y copies more. In dialogs y is yes. It never sends:
            who is used to `yy` would pay.
    ctrl+s  send, write or save what a form shows; so does enter on its button
    e       the editor, everywhere
    f       show only a part: views of the batches, outcomes of results, kinds of the activity, changes; F goes back
    1 … 9   what `f` lists, by its number: a saved view in the list of batches, an outcome in a batch; 0 shows all
    s S     a menu of columns to sort by; the other way round
    d       delete, after a question. k9s describes with d and deletes with ctrl+d; here details are always in sight
            and enter opens, and ctrl+d scrolls, as in vim and less
    n N     new (submit a file, compose one) in the list of batches, the next one and the one before elsewhere, no in
            dialogs
    c       cancel at the API; in forms, where nothing can be canceled, change
    L       the name of a job (label); t its tags, m its note; U undoes these
    r R     ask the API again; retry
    A       review answers one by one; there + accepts, - rejects, digits label and u undoes

Keys of an earlier version that do no harm work for one version more: `Command.was`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


class Scope(StrEnum):
    """Where a command is heard."""

    EVERYWHERE = "everywhere"
    LIST = "in every list"
    BATCHES = "in the list of batches"
    BATCH = "in a batch"
    LABELS = "in the list of batches and in a batch"
    ACTIVITY = "in the activity"
    SPENDING = "in the spending"
    RETRY = "in a retry"
    EXPORT = "in an export"
    COLUMNS = "in the column picker"
    SETTINGS = "in the settings"
    COMPOSE = "while composing"
    TEXT = "in every text"
    TREE = "in a JSON tree"
    RESULT = "in a result"
    HISTORY = "in the attempts of a request"
    REVIEW = "in a review"
    COMPARE = "in a comparison"
    PAIR = "in a pair of answers"
    DIALOG = "in every dialog"
    HELP = "in the help"
    FIELD = "while typing"


@dataclass(frozen=True, slots=True)
class Command:
    """One thing that a person can ask for: its name, keys and words. How it is done is in the `_action_` method."""

    id: str
    """Stable: people write it in the `keys` section of the settings."""
    keys: tuple[str, ...]
    """As people write them: `j`, `G`, `?`, `ctrl+d`, `esc`. The first one is shown."""
    title: str
    """One to three words, for footer and palette."""
    help: str
    """One sentence, for the help screen."""
    scope: Scope
    is_danger: bool = False
    """Whether it changes something at the API: it asks first, and is off in read-only mode."""
    worth: int = 0
    """Its priority in the footer, where the highest come first; 0 for never."""
    in_palette: bool = True
    was: tuple[str, ...] = ()
    """Keys of the version before that work as well, and are shown nowhere."""

    @property
    def is_operation(self) -> bool:
        """Whether the footer lists it among the commands that do something."""
        return self.is_danger or self.id in OPERATIONS

    @property
    def family(self) -> str:
        """The id without its number: `batches.view` of `batches.view-3`; the id itself where it has none."""
        stem, _, number = self.id.rpartition("-")
        return stem if number.isdigit() else self.id

    @property
    def action(self) -> str:
        """The action that does it, without `_action_`: `batches_copy_id`, `batches_view(3)`."""
        name = self.family.replace(".", "_").replace("-", "_")
        return name if self.family == self.id else f"{name}({self.id.rpartition('-')[2]})"


OPERATIONS = frozenset({
    "batches.compose", "batches.export", "batches.compare", "batches.judge", "batches.sync", "batches.tag",
    "batches.rename", "batches.note", "batch.export", "batch.fetch", "batch.compare", "retry.model",
    "retry.max-tokens", "export.change", "export.write", "columns.down", "columns.up", "columns.usual",
    "settings.default", "compose.write", "compose.save", "compose.new",
})  # fmt: skip
"""The ids of what does something with what is chosen, and is not dangerous."""

Offer = tuple[Command, str]
"""A command that works now, and the key that is shown for it."""

# A short name keeps each command on one line.
_S = Scope


def _numbered(family: str, title: str, help_: str, scope: Scope) -> Iterator[Command]:
    """Yield nine commands on the keys 1 to 9: one each, so that each can be given another key."""
    for number in range(1, 10):
        yield Command(f"{family}-{number}", (str(number),), f"{title} {number}", help_, scope, in_palette=False)


COMMANDS: tuple[Command, ...] = (
    Command("app.help", ("?", "f1"), "help", "Show the keys that work here.", _S.EVERYWHERE, worth=99),
    Command(
        "app.palette", (":", "ctrl+p"), "commands", "Find a command by its name.", _S.EVERYWHERE, worth=40,
        in_palette=False,
    ),
    Command("app.refresh", ("r",), "refresh", "Refresh from the API now.", _S.EVERYWHERE, worth=45),
    Command("app.pause", ("p",), "pause", "Pause refreshing, or resume it.", _S.EVERYWHERE, worth=20),
    Command("app.activity", ("a",), "activity", "Show what batchtui did, call by call.", _S.EVERYWHERE, worth=35),
    Command("app.spending", ("$",), "spending", "Show spending and savings.", _S.EVERYWHERE, worth=25),
    Command("app.warnings", ("!",), "warnings", "Show warnings, and what to do about each.", _S.EVERYWHERE),
    Command("app.settings", ("O",), "settings", "Show every setting, and change it.", _S.EVERYWHERE, worth=18),
    Command("app.undo", ("U",), "undo", "Undo the last change of names, tags or notes.", _S.EVERYWHERE),
    Command("app.theme", ("T",), "theme", "Switch to the next theme.", _S.EVERYWHERE),
    Command("app.back", ("esc",), "back", "Go back; clear a filter or marks.", _S.EVERYWHERE, worth=96),
    Command("app.leave", ("q",), "leave", "Go back; from the list of batches: quit.", _S.EVERYWHERE),
    Command("app.quit", ("ctrl+q", "ctrl+c"), "quit", "Quit. Batches continue at the API.", _S.EVERYWHERE, worth=30),
    Command("hint.skip", (".",), "next hint", "Show the next hint, or the tour's next step.", _S.EVERYWHERE),
    Command("hint.off", (",",), "no hints", "Hide the hints permanently, or end the tour.", _S.EVERYWHERE),
    # ── lists ──
    Command("list.down", ("j", "down"), "down", "Go to the next row.", _S.LIST, in_palette=False),
    Command("list.up", ("k", "up"), "up", "Go to the previous row.", _S.LIST, in_palette=False),
    Command("list.first", ("g", "home"), "first", "Go to the first row.", _S.LIST, in_palette=False),
    Command("list.last", ("G", "end"), "last", "Go to the last row.", _S.LIST, in_palette=False),
    Command("list.half-down", ("ctrl+d",), "half down", "Go half a screen down.", _S.LIST, in_palette=False),
    Command("list.half-up", ("ctrl+u",), "half up", "Go half a screen up.", _S.LIST, in_palette=False),
    Command("list.page-down", ("pgdn", "ctrl+f"), "page down", "Go a screen down.", _S.LIST, in_palette=False),
    Command("list.page-up", ("pgup", "ctrl+b"), "page up", "Go a screen up.", _S.LIST, in_palette=False),
    Command("list.right", ("l", "right"), "columns right", "Scroll to columns on the right.", _S.LIST),
    Command("list.left", ("h", "left"), "columns left", "Scroll to columns on the left.", _S.LIST),
    Command("list.open", ("enter",), "open", "Open what the cursor is on.", _S.LIST, worth=100),
    Command("list.mark", ("space",), "mark", "Mark the row, or unmark it.", _S.LIST, worth=50),
    Command("list.mark-range", ("V",), "mark range", "Mark from the last mark to here.", _S.LIST),
    Command("list.mark-all", ("*",), "mark all", "Mark everything that is shown.", _S.LIST),
    Command("list.unmark", ("\\",), "unmark", "Clear the selection.", _S.LIST),
    Command("list.sort", ("s",), "sort", "Choose what the list is sorted by.", _S.LIST, worth=55),
    Command("list.reverse", ("S",), "reverse", "Reverse the order.", _S.LIST),
    # ── batches ──
    Command("batches.filter", ("/",), "filter", "Show only what matches words or fields.", _S.BATCHES, worth=80),
    Command("batches.views", ("f",), "views", "Show a saved view, or save this one.", _S.BATCHES, worth=59),
    *_numbered("batches.view", "view", "Show the saved view of this number.", _S.BATCHES),
    Command("batches.all", ("0",), "all", "Show all batches again, without a filter.", _S.BATCHES),
    Command("batches.compose", ("N",), "compose", "Make requests from a table and a template.", _S.BATCHES, worth=74),
    Command("batches.submit", ("n",), "submit", "Submit a file of requests.", _S.BATCHES, True, 75),
    Command(
        "batches.resume", ("u",), "resume", "Look for unknown parts; send waiting ones.", _S.BATCHES, True,
        79,
    ),
    Command("batches.cancel", ("c",), "cancel", "Cancel the marked batches, else this one.", _S.BATCHES, True, 70),
    Command("batches.delete", ("d",), "delete", "Delete the marked batches, else this one.", _S.BATCHES, True, 65),
    Command("batches.retry", ("R",), "retry", "Retry what failed, here or in marked ones.", _S.BATCHES, True, 60),
    Command("batches.continue", (">",), "continue", "Continue unfinished conversations.", _S.BATCHES, True, 12),
    Command("batches.export", ("x",), "export", "Write the results to files.", _S.BATCHES, worth=58),
    Command("batches.compare", ("=",), "compare", "Compare two marked, or this with another.", _S.BATCHES, worth=24),
    Command("batches.judge", ("J",), "judge", "Have a model judge answers, or show its verdict.", _S.BATCHES, True),
    Command("batches.sync", ("i",), "import", "Import batches created elsewhere.", _S.BATCHES),
    Command("batches.columns", ("C",), "columns", "Choose the columns, and put them in order.", _S.BATCHES, worth=22),
    Command("batches.by-job", ("b",), "by job", "Fold each job into one row, or unfold it.", _S.BATCHES, worth=24),
    Command("batches.copy-id", ("y",), "copy id", "Copy the batch's id.", _S.BATCHES),
    Command("batches.zoom", ("z",), "zoom", "Hide the details, or show them again.", _S.BATCHES),
    # ── one batch ──
    Command("batch.outcomes", ("f",), "outcomes", "Show only the next outcome.", _S.BATCH, worth=80),
    Command("batch.outcomes-back", ("F",), "previous outcome", "Show only the previous outcome.", _S.BATCH),
    *_numbered("batch.outcome", "outcome", "Show only the outcome of this number; 1 is all.", _S.BATCH),
    Command("batch.search", ("/",), "search", "Search requests and answers.", _S.BATCH, worth=75),
    Command("batch.groups", ("tab",), "failures", "Go to the failures by kind, or back.", _S.BATCH, worth=78),
    Command("batch.preview", ("z",), "preview", "Show the answer beside the list, or hide it.", _S.BATCH, worth=53),
    Command("batch.preview-down", ("J",), "answer down", "Scroll the answer beside the list down.", _S.BATCH),
    Command("batch.preview-up", ("K",), "answer up", "Scroll the answer beside the list up.", _S.BATCH),
    Command("batch.table", ("v",), "table", "Show JSON answers as a table, or as text.", _S.BATCH, worth=56),
    Command("batch.charts", ("%",), "charts", "Show outcomes, lengths, costs and values as bars.", _S.BATCH, worth=62),
    Command("batch.job", ("b",), "whole job", "Show the results of all parts and attempts.", _S.BATCH, worth=61),
    Command("batch.history", ("H",), "attempts", "Show every attempt of this request.", _S.BATCH, worth=40),
    Command("batch.review", ("A",), "review", "Accept, reject or label answers one by one.", _S.BATCH, worth=63),
    Command("batch.next-failure", ("]",), "next failure", "Go to the next failure in the list.", _S.BATCH, worth=60),
    Command("batch.previous-failure", ("[",), "previous failure", "Go to the previous failure.", _S.BATCH),
    Command("batch.compare", ("=",), "compare", "Compare with a batch with the same custom_ids.", _S.BATCH, worth=54),
    Command("batch.fetch", ("w",), "fetch results", "Fetch results that are not saved yet.", _S.BATCH, worth=72),
    Command("batch.cancel", ("c",), "cancel", "Cancel this batch.", _S.BATCH, True, 70),
    Command("batch.delete", ("d",), "delete", "Delete this batch.", _S.BATCH, True, 65),
    Command("batch.retry", ("R",), "retry", "Retry what is marked, else what failed.", _S.BATCH, True, 71),
    Command("batch.continue", (">",), "continue", "Continue unfinished conversations.", _S.BATCH, True, 39),
    Command("batch.export", ("x",), "export", "Write the marked or the shown results to a file.", _S.BATCH, worth=69),
    Command("batch.copy-id", ("y",), "copy id", "Copy the batch's id.", _S.BATCH),
    Command("batch.copy-custom-id", ("Y",), "copy custom_id", "Copy the marked custom_ids, else this one.", _S.BATCH),
    # ── labels ──
    Command("batches.tag", ("t",), "tag", "Tag the job, or those of the marked batches.", _S.LABELS, worth=57),
    Command("batches.rename", ("L", "f2"), "rename", "Rename the job.", _S.LABELS, was=("e",)),
    Command("batches.note", ("m",), "note", "Write a note about the job.", _S.LABELS),
    # ── what happened ──
    Command(
        "activity.only", ("f",), "filter", "Show only actions, API calls, errors or messages, or all.", _S.ACTIVITY,
        worth=80,
    ),
    Command(
        "activity.copy-id", ("y",), "copy request id", "Copy the request id, else the batch's.", _S.ACTIVITY, worth=60
    ),
    # ── what was spent ──
    Command(
        "spending.by", ("tab", "b"), "by model/job/tag/day", "Group by model, by job, by tag or by day.", _S.SPENDING,
        worth=90,
    ),
    # ── trying again, writing files ──
    Command("retry.model", ("m",), "model", "Choose another model.", _S.RETRY, worth=80),
    Command("retry.max-tokens", ("t",), "max_tokens", "Change max_tokens.", _S.RETRY, worth=75),
    Command("retry.send", ("ctrl+s",), "retry", "Send what is chosen; asks first.", _S.RETRY, True, 95),
    Command("export.change", ("c",), "change", "Change what is under the cursor.", _S.EXPORT, worth=90),
    Command("export.write", ("ctrl+s",), "write", "Write the files.", _S.EXPORT, worth=95, was=("w",)),
    # ── columns ──
    Command("columns.down", ("J", "shift+down"), "to the right", "Move the column to the right.", _S.COLUMNS, worth=90),
    Command("columns.up", ("K", "shift+up"), "to the left", "Move the column to the left.", _S.COLUMNS, worth=88),
    Command("columns.usual", ("0",), "defaults", "Restore the default columns.", _S.COLUMNS, worth=70),
    # ── settings ──
    Command("settings.find", ("/",), "find", "Show only settings with certain words.", _S.SETTINGS, worth=80),
    Command("settings.default", ("d",), "default", "Restore the setting's default.", _S.SETTINGS, worth=85),
    Command("settings.editor", ("e",), "editor", "Open the file itself in $EDITOR.", _S.SETTINGS, worth=75),
    # ── from a table to a batch ──
    Command("compose.submit", ("ctrl+s",), "submit", "Check all and send them; asks first.", _S.COMPOSE, True, 95),
    Command("compose.side", ("tab",), "other side", "Go to parts, request or table.", _S.COMPOSE, worth=93),
    Command("compose.next", ("n",), "next row", "Show the next row.", _S.COMPOSE, worth=90),
    Command("compose.previous", ("N",), "previous row", "Show the previous row.", _S.COMPOSE),
    Command("compose.next-problem", ("]",), "next problem", "Show the next row with a problem.", _S.COMPOSE, worth=84),
    Command("compose.previous-problem", ("[",), "previous problem", "Show the previous problem.", _S.COMPOSE),
    Command("compose.only", ("f",), "only problems", "List rows with a problem, or all.", _S.COMPOSE, worth=78),
    Command("compose.count", ("#",), "count tokens", "Count the tokens of a few at the API.", _S.COMPOSE, worth=50),
    Command("compose.try", ("t",), "try", "Send this row in real time and read the answer.", _S.COMPOSE, True, 88),
    Command("compose.view", ("m",), "view", "Show the request as text, rendered or a tree.", _S.COMPOSE, worth=70),
    Command("compose.cache", ("c",), "cache", "Cache what all requests share, for an hour.", _S.COMPOSE, worth=68),
    Command("compose.tool", ("o",), "as a tool", "Request answers as JSON, or as a tool's input.", _S.COMPOSE),
    Command("compose.prime", ("P",), "prime", "Send one request first, to fill the cache.", _S.COMPOSE),
    Command("compose.editor", ("e",), "editor", "Edit the text, or the template, in $EDITOR.", _S.COMPOSE, worth=80),
    Command("compose.sql", ("Q",), "query", "Use the rows of a SELECT over files.", _S.COMPOSE),
    Command("compose.read-as", ("u",), "read as", "Set encoding, delimiter and header.", _S.COMPOSE),
    Command("compose.write", ("x",), "write", "Write the requests to a file.", _S.COMPOSE, worth=66),
    Command("compose.save", ("w",), "save", "Save the template under a name.", _S.COMPOSE, worth=64),
    Command("compose.new", ("D",), "new draft", "Begin an empty draft; asks first.", _S.COMPOSE),
    # ── texts ──
    Command("text.down", ("j", "down"), "down", "Go a line down.", _S.TEXT, in_palette=False),
    Command("text.up", ("k", "up"), "up", "Go a line up.", _S.TEXT, in_palette=False),
    Command("text.first", ("g", "home"), "first", "Go to the beginning.", _S.TEXT, in_palette=False),
    Command("text.last", ("G", "end"), "last", "Go to the end.", _S.TEXT, in_palette=False),
    Command("text.half-down", ("ctrl+d",), "half down", "Go half a screen down.", _S.TEXT, in_palette=False),
    Command("text.half-up", ("ctrl+u",), "half up", "Go half a screen up.", _S.TEXT, in_palette=False),
    Command("text.page-down", ("pgdn", "space", "ctrl+f"), "page down", "Go a screen down.", _S.TEXT, in_palette=False),
    Command("text.page-up", ("pgup", "ctrl+b"), "page up", "Go a screen up.", _S.TEXT, in_palette=False),
    # ── trees ──
    Command("tree.toggle", ("enter",), "open/close", "Open what the cursor is on, or close it.", _S.TREE, worth=98),
    Command("tree.close", ("-",), "close branch", "Close the branch around the cursor.", _S.TREE),
    # ── one result ──
    Command("result.next", ("l", "right"), "next", "Show the next result.", _S.RESULT, worth=90),
    Command("result.previous", ("h", "left"), "previous", "Show the previous result.", _S.RESULT, worth=85),
    Command("result.find", ("/",), "find", "Find a text in the answer and the request.", _S.RESULT, worth=88),
    Command("result.next-hit", ("n",), "next hit", "Go to the next match; without a search: next result.", _S.RESULT),
    Command("result.previous-hit", ("N",), "previous hit", "Go to the previous match, else result.", _S.RESULT),
    Command("result.history", ("H",), "attempts", "Show every attempt of this request.", _S.RESULT, worth=46),
    Command("result.next-failure", ("]",), "next failure", "Show the next failure of the list.", _S.RESULT, worth=82),
    Command("result.previous-failure", ("[",), "previous failure", "Show the previous failure.", _S.RESULT),
    Command("result.other", ("tab",), "other side", "Go to the request, or to the answer.", _S.RESULT, worth=95),
    Command("result.view", ("m",), "view", "Show it as text, rendered or a tree.", _S.RESULT, worth=92),
    Command("result.conversation", ("t",), "conversation", "Show all turns, or the answer alone.", _S.RESULT, worth=45),
    Command("result.zoom", ("z",), "zoom", "Show the request or the answer alone, or both.", _S.RESULT, worth=52),
    Command("result.pager", ("v",), "pager", "Read it in $PAGER.", _S.RESULT, worth=50),
    Command("result.editor", ("e",), "editor", "Open a copy of it in $EDITOR.", _S.RESULT, worth=47),
    Command("result.copy-id", ("y",), "copy custom_id", "Copy the custom_id.", _S.RESULT),
    Command("result.copy-text", ("Y",), "copy text", "Copy all of what is shown.", _S.RESULT, worth=48),
    Command("history.copy-id", ("y",), "copy custom_id", "Copy the custom_id.", _S.HISTORY, worth=50),
    # ── a review ──
    Command("review.accept", ("+", "="), "accept", "Accept this answer, and show the next one.", _S.REVIEW, worth=99),
    Command("review.reject", ("-",), "reject", "Reject this answer, and show the next one.", _S.REVIEW, worth=98),
    Command("review.next", ("j", "down", "l", "right", "space"), "next", "Show the next one.", _S.REVIEW, worth=90),
    Command("review.previous", ("k", "up", "h", "left"), "previous", "Show the previous one.", _S.REVIEW, worth=85),
    Command("review.next-unmarked", ("]", "n"), "next unmarked", "Show the next without a mark.", _S.REVIEW, worth=88),
    Command("review.previous-unmarked", ("[", "N"), "previous unmarked", "Show the last one before.", _S.REVIEW),
    Command("review.first", ("g", "home"), "first", "Show the first one of the queue.", _S.REVIEW),
    Command("review.last", ("G", "end"), "last", "Show the last one of the queue.", _S.REVIEW),
    *_numbered("review.label", "label", "Give the label of this number, or remove it.", _S.REVIEW),
    Command("review.undo", ("u", "backspace"), "undo", "Take the last mark of this session back.", _S.REVIEW, worth=94),
    Command("review.note", ("m",), "note", "Write a note on this answer.", _S.REVIEW, worth=80),
    Command("review.queue", ("f",), "queue", "Choose which results to review: a sample, say.", _S.REVIEW, worth=92),
    Command("review.labels", ("L", "f2"), "labels", "Name the labels on the digits.", _S.REVIEW, worth=78),
    Command("review.advance", ("o",), "next or stay", "Show the next one after a mark, or stay.", _S.REVIEW),
    Command("review.retry", ("R",), "retry", "Retry the requests of rejected answers.", _S.REVIEW, True, 70),
    Command(
        "review.down", ("J", "ctrl+d", "pgdn", "ctrl+f"), "scroll down", "Scroll the text down.", _S.REVIEW, worth=60
    ),
    Command("review.up", ("K", "ctrl+u", "pgup", "ctrl+b"), "scroll up", "Scroll the text up.", _S.REVIEW),
    Command("review.other", ("tab",), "other side", "Scroll the request, or the answer.", _S.REVIEW, worth=58),
    Command("review.zoom", ("z",), "zoom", "Show the answer alone, or the request too.", _S.REVIEW, worth=62),
    Command("review.pager", ("v",), "pager", "Read it in $PAGER.", _S.REVIEW, worth=50),
    Command("review.copy-id", ("y",), "copy custom_id", "Copy the custom_id.", _S.REVIEW),
    # ── comparisons ──
    Command("compare.only", ("f",), "changes", "Show only the next kind of change.", _S.COMPARE, worth=80),
    Command("compare.only-back", ("F",), "previous kind", "Show only the previous kind of change.", _S.COMPARE),
    Command("compare.judged", ("w",), "who won", "What got worse, as judged; then all, sorted.", _S.COMPARE, worth=70),
    Command("compare.copy-custom-id", ("Y",), "copy custom_id", "Copy the custom_id under the cursor.", _S.COMPARE),
    Command("pair.next", ("l", "right", "n"), "next", "Show the next pair.", _S.PAIR, worth=90),
    Command("pair.previous", ("h", "left", "N"), "previous", "Show the previous pair.", _S.PAIR, worth=85),
    Command("pair.next-change", ("]",), "next change", "Show the next pair that has changed.", _S.PAIR, worth=88),
    Command("pair.previous-change", ("[",), "previous change", "Show the previous changed pair.", _S.PAIR),
    Command("pair.view", ("m",), "view", "Compare the answers, or the whole JSON.", _S.PAIR, worth=84),
    Command("pair.pager", ("v",), "pager", "Read both as one in $PAGER.", _S.PAIR, worth=60),
    Command("pair.copy-id", ("y",), "copy custom_id", "Copy the custom_id.", _S.PAIR, worth=50),
    # ── dialogs ──
    Command("dialog.yes", ("y",), "yes", "Confirm.", _S.DIALOG, in_palette=False),
    Command("dialog.try", ("p",), "try", "Try one request of each shape first.", _S.DIALOG, in_palette=False),
    Command("dialog.reuse", ("r",), "only new", "Send only what was not asked before.", _S.DIALOG, in_palette=False),
    Command("dialog.pilot", ("f",), "pilot", "Send a random sample first.", _S.DIALOG, in_palette=False),
    Command("dialog.no", ("n", "esc", "q"), "no", "Close, and change nothing.", _S.DIALOG, in_palette=False),
    # ── while one types ──
    Command("help.find", ("/",), "find", "Find a text in the help.", _S.HELP, in_palette=False),
    Command("help.next-hit", ("]",), "next hit", "Go to the next match.", _S.HELP, in_palette=False),
    Command("help.previous-hit", ("[",), "previous hit", "Go to the previous match.", _S.HELP, in_palette=False),

    Command("field.down", ("down", "ctrl+n", "ctrl+j"), "down", "Go to the next suggestion.", _S.FIELD),
    Command("field.up", ("up", "ctrl+p", "ctrl+k"), "up", "Go to the previous suggestion.", _S.FIELD),
    Command("field.page-down", ("pgdn",), "page down", "Go down a page of suggestions.", _S.FIELD),
    Command("field.page-up", ("pgup",), "page up", "Go up a page of suggestions.", _S.FIELD),
    Command("field.complete", ("tab",), "complete", "Accept the suggestion.", _S.FIELD),
    Command("field.save", ("ctrl+s",), "save", "Save under the typed name.", _S.FIELD),
    Command("field.remove", ("ctrl+x",), "remove", "Remove what the cursor is on.", _S.FIELD),
    Command("field.close", ("esc",), "close", "Close, and change nothing.", _S.FIELD),
)  # fmt: skip
"""In the order in which help and README list them."""

BY_ID: Mapping[str, Command] = {command.id: command for command in COMMANDS}

TOGETHER: tuple[tuple[Scope, ...], ...] = (
    (Scope.EVERYWHERE, Scope.LIST, Scope.BATCHES, Scope.LABELS),
    (Scope.EVERYWHERE, Scope.LIST, Scope.BATCH, Scope.LABELS),
    (Scope.EVERYWHERE, Scope.LIST, Scope.ACTIVITY),
    (Scope.EVERYWHERE, Scope.LIST, Scope.SPENDING),
    (Scope.EVERYWHERE, Scope.LIST, Scope.RETRY),
    (Scope.EVERYWHERE, Scope.LIST, Scope.EXPORT),
    (Scope.EVERYWHERE, Scope.LIST, Scope.COLUMNS),
    (Scope.EVERYWHERE, Scope.LIST, Scope.SETTINGS),
    (Scope.EVERYWHERE, Scope.LIST, Scope.COMPARE),
    (Scope.EVERYWHERE, Scope.LIST, Scope.HISTORY),
    (Scope.EVERYWHERE, Scope.LIST, Scope.COMPOSE),
    (Scope.EVERYWHERE, Scope.TEXT, Scope.TREE, Scope.COMPOSE),
    (Scope.EVERYWHERE, Scope.TEXT, Scope.TREE, Scope.RESULT),
    (Scope.EVERYWHERE, Scope.TEXT, Scope.PAIR),
    (Scope.EVERYWHERE, Scope.REVIEW),
    (Scope.DIALOG, Scope.TEXT, Scope.HELP),
    # While one types, letters go into the field; nothing else is heard.
    (Scope.FIELD,),
)
"""Scopes that are heard at the same time: within each of these a key must mean one thing only."""


def of_scope(*scopes: Scope) -> Iterator[Command]:
    """Return the commands of these scopes, in the table's order."""
    return (command for command in COMMANDS if command.scope in scopes)
