"""`send_again` and `send_all_again` send requests of earlier attempts once more: plan, show, ask, apply, report."""

from __future__ import annotations

from typing import TYPE_CHECKING

from batchtui.domain.errors import BatchtuiError
from batchtui.services.retry.retry import RetryOptions, apply_retry, discard, plan_retry
from batchtui.text.numbers import amount
from batchtui.text.safe import one_line
from batchtui.text.sentences.estimates import about_words, estimate_lines, figure_words
from batchtui.tui.dialogs.confirm import Group, Question
from batchtui.tui.submit.flows import report_submitted, send_progress_words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from batchtui.services.batches.targets import Target
    from batchtui.services.retry.retry import RetryPlan
    from batchtui.tui.host import Host


async def send_again(app: Host, plan: RetryPlan) -> bool:
    """Ask, and send a retry plan. Returns whether it was sent; a plan that was not stays staged."""
    question = Question(
        f"Retry {amount(plan.requests, 'request')}{about_words(plan.estimate.cost)}?",
        (
            Group(f"{one_line(plan.job.name)}, attempt {plan.attempt}", (f"{amount(len(plan.parts), 'part')}",)),
            Group("Cost", tuple(estimate_lines(plan.estimate))),
        ),
        remark="What has succeeded in any attempt is not retried.",
        yes="retry",
    )
    if not await app.ask(question):
        return False
    with app.busy() as say:
        submitted = await apply_retry(app.workspace, plan, lambda event: say(send_progress_words(event)))
    report_submitted(app, submitted)
    return True


async def send_all_again(app: Host, targets: Sequence[Target]) -> None:
    """Retry what is worth it of several jobs, after one question that lists them.

    Jobs that cannot be retried are skipped, and the question says why.
    """
    plans: list[RetryPlan] = []
    skipped: list[str] = []
    try:
        with app.busy() as say:
            for target in targets:
                say(f"planning  {target.named}")
                try:
                    # Each plan stages its requests on the disk, which the finally below removes again.
                    plans.append(await plan_retry(app.workspace, target, RetryOptions()))
                except BatchtuiError as error:
                    # One job that cannot be retried must not keep the others from it.
                    skipped.append(one_line(error.message))
        if not plans:
            app.say(f"Nothing to retry: {skipped[0]}")
            return
        things = tuple(
            f"{one_line(plan.job.name)}  {amount(plan.requests, 'request')}, attempt {plan.attempt}, "
            f"{figure_words(plan.estimate.cost)}"
            for plan in plans
        )
        requests = amount(sum(plan.requests for plan in plans), "request")
        title = f"Retry {requests} of {amount(len(plans), 'job')}?"
        if await app.ask(Question(title, (Group("As they were sent", things),), tuple(skipped), yes="retry")):
            # Sent plans leave the list, so that the finally below discards only the others.
            while plans:
                plan = plans[0]
                with app.busy() as say:
                    submitted = await apply_retry(app.workspace, plan, lambda event: say(send_progress_words(event)))
                plans.pop(0)
                report_submitted(app, submitted)
    finally:
        for plan in plans:
            discard(app.workspace, plan)
