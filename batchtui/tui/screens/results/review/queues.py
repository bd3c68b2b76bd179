"""`QueuePicker` chooses which results are reviewed; a sample asks for its size."""

from __future__ import annotations

from typing import TYPE_CHECKING

from batchtui.services.results.review.queues import MOST_SAMPLED, SAMPLE, QueueChoice, QueueKind
from batchtui.text.glyphs import OUTCOMES
from batchtui.text.numbers import amount
from batchtui.tui.dialogs.name_picker import Name, NamePicker
from batchtui.tui.dialogs.text_prompt import TextPrompt

if TYPE_CHECKING:
    from collections.abc import Mapping

    from batchtui.domain.results.result import Outcome
    from batchtui.tui.host import Host


async def choose_queue(
    app: Host, now: QueueChoice, outcomes: Mapping[Outcome, int], *, shown: int, scored: bool, seed: int
) -> QueueChoice | None:
    """Ask which results are reviewed; None where nothing is chosen.

    Args:
        app: where it is asked.
        now: the queue that is open.
        outcomes: how many results have each outcome.
        shown: how many results the list shows; 0 where there is no list.
        scored: whether results have scores.
        seed: what a new sample is drawn with.
    """
    choices: dict[str, QueueChoice] = {}
    names: list[Name] = []

    def offer(name: str, said: str, choice: QueueChoice) -> None:
        choices[name] = choice
        is_open = choice.kind is now.kind and choice.outcome == now.outcome
        names.append(Name(name, f"{said} (open now)" if is_open else said))

    offer("all", f"{amount(sum(outcomes.values()), 'result')}, as they arrived", QueueChoice())
    offer("random sample", "asks how many; answers only", QueueChoice(QueueKind.SAMPLE, seed=seed))
    offer(
        "lowest score first", "results with a score" if scored else "no result has a score yet",
        QueueChoice(QueueKind.LOWEST),
    )  # fmt: skip
    offer("disagree", "marked or scored differently", QueueChoice(QueueKind.DISAGREE))
    offer("does not fit the schema", "structured answers with faults", QueueChoice(QueueKind.SCHEMA))
    if shown:
        offer("what the list shows", amount(shown, "result"), QueueChoice(QueueKind.SHOWN))
    for outcome, number in outcomes.items():
        offer(
            f"only {OUTCOMES[outcome].word}",
            amount(number, "result"),
            QueueChoice(QueueKind.OUTCOME, outcome=str(outcome)),
        )
    name = await app.push_screen(NamePicker(names, "which results to review"), wait_for_dismiss=True)
    chosen = choices.get(name or "")
    if chosen is None or chosen.kind is not QueueKind.SAMPLE:
        return chosen
    typed = await app.push_screen(
        TextPrompt("How many results, chosen at random?", f"{SAMPLE}", check=size_complaint), wait_for_dismiss=True
    )
    return QueueChoice(QueueKind.SAMPLE, int(typed.replace(",", "")), seed) if typed else None


def size_complaint(text: str) -> str:
    """Return what is wrong with the size of a sample; empty where nothing is."""
    digits = text.replace(",", "")
    is_fine = digits.isascii() and digits.isdecimal() and 0 < int(digits[:9]) <= MOST_SAMPLED
    return "" if is_fine else f"a number from 1 to {MOST_SAMPLED:,}"
