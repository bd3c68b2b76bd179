"""The public Python API: submit, wait, read, retry, continue, cancel, export, cost: `Workspace`.

In one file on purpose: it is read as the reference of the library.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, Unpack, get_args

from batchtui.domain.batches.states import BatchState
from batchtui.domain.errors import InputError, ResultsDamaged, ResultsUnavailable, SubmittedBefore
from batchtui.library import arguments
from batchtui.library.options import ExportKeywords
from batchtui.library.result import Result
from batchtui.library.sources import Source, open_source
from batchtui.library.tasks import TaskResult, id_of, requests_of, task_result

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Iterable, Mapping, Sequence
    from datetime import timedelta
    from decimal import Decimal
    from pathlib import Path

    from batchtui.domain.batches.batch import Batch
    from batchtui.domain.batches.job import Job
    from batchtui.domain.batches.query import SortKey
    from batchtui.domain.costs.estimate import Estimate
    from batchtui.domain.costs.known_requests import KnownRequests
    from batchtui.domain.costs.pilot_report import PilotReport
    from batchtui.domain.results.mark import ReviewMark
    from batchtui.domain.results.result import Outcome
    from batchtui.intake import CheckReport
    from batchtui.library.options import IntakeKeywords
    from batchtui.library.tasks import BatchRequest
    from batchtui.services.batches import cancel as cancel_service
    from batchtui.services.batches.targets import Target
    from batchtui.services.compose.judging.verdict import JudgeVerdict
    from batchtui.services.polling.wait import Waiting
    from batchtui.services.results.export import ExportReport
    from batchtui.services.results.fetch_retries import FetchRetry
    from batchtui.services.submission.reconcile import Reconciliation
    from batchtui.services.workspace import Workspace as Engine

log = logging.getLogger(__name__)
FETCH_SECONDS = 900.0
"""For how long passing faults of a download are waited out unless it is said."""
Named: TypeAlias = "str | Job | Batch"
"""A job or a batch, or what names one: its id or a beginning of it, a job's name, `@last`."""
IfSubmitted = Literal["refuse", "reuse", "again"]
"""What to do where the very same requests were submitted before: raise, go on with that job, or pay again."""


class Workspace:
    """The use cases for a program. It keeps no state of its own: the registry is what all front ends look at."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def check(self, source: Source, **keywords: Unpack[IntakeKeywords]) -> CheckReport:
        """Check requests as `batchtui check` does; nothing is kept or sent.

        Raises:
            InputError: where the source cannot be read at all; what is wrong with requests stands in the report.
        """
        from batchtui.services.submission.staging.stage import stage

        sources, intake = open_source(source, keywords)
        staged = await stage(self._engine, sources, intake)
        self._engine.registry.requests.discard(staged.requests)
        return staged.report

    async def estimate(self, source: Source, *, count: bool = False, **keywords: Unpack[IntakeKeywords]) -> Estimate:
        """Say what requests would cost as a batch, in USD: `cost.low`, `cost.likely`, `cost.at_most`; nothing is sent.

        Args:
            source: as for `submit`.
            count: have the API count the input tokens of a few requests; free, and the only call there is.
            **keywords: how the requests are read: see `IntakeKeywords`.

        Raises:
            InputError: where the source cannot be read at all, or no request is right: that costs nothing that could
                be said. Requests with errors are left out.
        """
        from batchtui.services.submission.check import check

        sources, intake = open_source(source, keywords)
        arguments.flag("count", count)
        checked = await check(self._engine, sources, intake, count=count)
        if not checked.report.requests:
            raise InputError("There is no request to send.", problems=checked.report.problems)
        return checked.estimate

    async def known(self, source: Source, **keywords: Unpack[IntakeKeywords]) -> KnownRequests:
        """Say which requests were asked before: answered, in progress, twice in the input, or new; nothing is sent.

        Two requests are the same where their params, the API version and the betas are, whatever their custom_ids.

        Raises:
            InputError: where the source cannot be read at all. Requests with errors are left out.
        """
        from batchtui.services.submission.check import check

        sources, intake = open_source(source, keywords)
        return (await check(self._engine, sources, intake)).known

    async def submit(
        self,
        source: Source,
        *,
        name: str | None = None,
        tags: str | Iterable[str] = (),
        max_cost: Decimal | float | str | None = None,
        if_submitted: IfSubmitted = "refuse",
        prime: bool = False,
        reuse: bool | str = False,
        pilot: int | None = None,
        auto_below: Decimal | float | str | None = None,
        **keywords: Unpack[IntakeKeywords],
    ) -> Job:
        """Check requests, cut them into parts, keep them, and send each part once.

        Generators of millions are read as a stream. An answer that gets lost leaves its part `unknown`: `wait` and
        `resume` look for it. With `if_submitted="reuse"` a program that is run again goes on where it was killed.

        Args:
            source: files, or requests: `{"custom_id", "params"}` as the SDK takes them.
            name: of the job; None takes the file's name, or `requests`.
            tags: of the job; a string is one tag.
            max_cost: USD; where the requests may cost more, nothing is sent.
            if_submitted: what to do where the same was submitted before.
            prime: let one request go first, to fill the prompt cache; `wait` sends the rest when it has ended.
            reuse: send only what is new, and copy the answers there are: True, an age such as `"30d"`, or `"all"`, as
                `--reuse` takes it. `if_submitted` does not matter then.
            pilot: how many requests, drawn at random, go first; `pilot()` says what they have cost, `send_rest` sends
                the others.
            auto_below: USD: with a pilot, `wait` sends the others by itself where the whole will cost less.
            **keywords: how the requests are read: see `IntakeKeywords`.

        Raises:
            InputError: errors in the input, a limit on cost, or submitted before; nothing was sent.
            CredentialsMissing, GatewayError: nothing of the part was created; it stays planned.
            StorageError: the disk refuses; nothing was sent.
        """
        from batchtui.services.submission.submit import SubmitOptions, apply_submit, discard, plan_submit

        limit = arguments.dollars("max_cost", max_cost)
        arguments.choice("if_submitted", if_submitted, get_args(IfSubmitted))
        arguments.flag("prime", prime)
        policy = arguments.reuse("reuse", reuse)
        name = arguments.text_or_none("name", name)
        labels = arguments.texts("tags", tags)
        sources, intake = open_source(source, keywords)
        if sources == ["-"]:
            name = name or "requests"
        first = arguments.whole_or_none("pilot", pilot, 1)
        bound = arguments.dollars("auto_below", auto_below)
        chosen = SubmitOptions(name, labels, intake, prime, reuse=policy, pilot=first, auto_below=bound)
        plan = await plan_submit(self._engine, sources, chosen)
        try:
            # `is_sendable` first: a source with errors is reported, not answered with an earlier job.
            if plan.is_sendable and plan.earlier and if_submitted == "reuse":
                await self.resume(plan.earlier[0])
                return plan.earlier[0]
            try:
                submitted = await apply_submit(self._engine, plan, force=if_submitted == "again", max_cost=limit)
            except SubmittedBefore:
                # Another task or process has planned the same since this plan was made, and sends it.
                earlier = await self._engine.registry.jobs.with_fingerprint(plan.job.fingerprint)
                if if_submitted != "reuse" or not earlier:
                    raise
                return earlier[0]
        finally:
            discard(self._engine, plan)
        return submitted.job

    async def resume(self, *named: Named, consent: Callable[[Reconciliation], bool] | None = None) -> tuple[Batch, ...]:
        """Finish what a crash, a full queue or a lost answer left open, of these jobs or of all.

        What the API proves, or what alone fits, is adopted. Where it shows nothing, and cannot be creating it any more,
        `consent` decides whether the part is sent again; without it nothing is ever sent a second time. Parts of
        another account than the credentials in use are not touched. Returns the parts that were open, as they stand.

        Raises:
            GatewayError, CredentialsMissing: the API cannot be asked; nothing is lost.
        """
        from batchtui.services.submission.resume import resume

        arguments.function_or_none("consent", consent)

        async def decide(finding: Reconciliation) -> bool:
            return consent is not None and consent(finding)

        jobs = [(await self.find(each)).batches[0].job for each in named]
        resumed = await resume(self._engine, jobs, consent=decide)
        for _, error in resumed.failed:
            raise error
        return resumed.batches

    async def pilot(self, named: Named) -> PilotReport | None:
        """Say what the pilot of a job has cost, and what the others will. None while it runs, and without one.

        Raises:
            GatewayError, ResultsDamaged, ResultsUnavailable, StorageError: its results cannot be had.
        """
        from batchtui.services.polling.pilot.decision import report_ended

        return await report_ended(self._engine, (await self.find(named)).batches[0].job)

    async def send_rest(self, named: Named) -> tuple[Batch, ...]:
        """Send the requests of a job that waited for its pilot. Returns the parts that were sent, as they stand.

        Raises:
            UsageError: the pilot has not ended yet.
            GatewayError, CredentialsMissing: as `resume`.
        """
        from batchtui.services.polling.pilot.decision import release

        job = (await self.find(named)).batches[0].job
        await release(self._engine, job)
        return await self.resume(job)

    async def find(self, named: Named) -> Target:
        """Find a job or a batch, with its batches as the registry knows them.

        The API is asked only for a full batch id that the registry does not know: its batch is imported.

        Raises:
            UnknownTarget: it means nothing, or more than one thing.
            BatchNotFound: the API has no such batch in this workspace.
            GatewayError, CredentialsMissing: the API cannot be asked.
        """
        from batchtui.services.batches.adopt import find_or_import

        return await find_or_import(self._engine, _word_for(named))

    async def batches(
        self, matching: str = "", *, sort: SortKey = "newest", reverse: bool = False, limit: int | None = None
    ) -> list[Batch]:
        """Return the registry's batches; nothing is asked of the API.

        Args:
            matching: a filter, as in the dashboard and in `batchtui list --filter`: `"nightly errored:>0 age:<2d"`.
            sort: what they are put in order by; the newest first where it is not said.
            reverse: the other way round.
            limit: at most so many.

        Raises:
            UsageError: the filter cannot be read.
        """
        from batchtui.domain.batches.query import SORT_KEYS, BatchQuery
        from batchtui.services.results.outcomes import count_missing_outcomes
        from batchtui.text.filters.language import terms_of

        await count_missing_outcomes(self._engine)
        query = BatchQuery(
            terms=terms_of(arguments.text("matching", matching)),
            sort=arguments.choice("sort", sort, SORT_KEYS),
            descending=arguments.flag("reverse", reverse),
            limit=arguments.whole_or_none("limit", limit),
        )
        return await self._engine.registry.queries.select(query)

    async def refresh(self, named: Named) -> Target:
        """Ask the API how a job or a batch stands.

        Raises:
            GatewayError, CredentialsMissing: the API cannot be asked.
        """
        from batchtui.services.polling.refresh import refresh_batches

        await refresh_batches(self._engine, (await self.find(named)).batches)
        return await self.find(named)

    async def wait(
        self,
        named: Named,
        *,
        poll_interval: float | None = None,
        timeout: float | None = None,
        on_progress: Callable[[Waiting], None] | None = None,
    ) -> Target:
        """Wait until a job or a batch has ended, and save its results. Parts that had to wait are sent on meanwhile.

        Args:
            named: what to wait for.
            poll_interval: seconds between two looks; None adapts.
            timeout: seconds; None is the lifetime of a batch and a grace. Nothing is canceled when it is over.
            on_progress: is called with the progress after each look.

        Raises:
            WaitTimedOut: it still runs.
            FateUnknown, NeverSent: a part needs a decision first: see `resume`.
            ResultsUnavailable, ResultsDamaged: the results are gone, or are not what the counts promise.
            GatewayError: the API refuses, or results still could not be fetched when the time was up.
        """
        from batchtui.services.polling.wait import Waiting, refuse_undecided, time_limit, wait

        poll_interval = arguments.seconds("poll_interval", poll_interval)
        timeout = arguments.seconds("timeout", timeout, may_be_0=True)
        arguments.function_or_none("on_progress", on_progress)
        clock = self._engine.clock
        began, limit = clock.monotonic(), time_limit(timeout)
        target = await self.find(named)
        # Without consent: it looks for the lost batch and sends nothing again.
        if any(batch.state is BatchState.UNKNOWN for batch in target.batches):
            await self.resume(named)
        keys = [batch.key for batch in target.batches]
        settled = await wait(self._engine, keys, poll_interval=poll_interval, timeout=timeout, on_progress=on_progress)
        refuse_undecided(settled)

        def tell(retry: FetchRetry) -> None:
            if on_progress:
                on_progress(Waiting(settled, clock.monotonic() - began, retry.error.message))

        return await self._collect(named, max(limit - (clock.monotonic() - began), 0.0), tell)

    async def collect(self, named: Named, *, timeout: float = FETCH_SECONDS, accept: bool = False) -> Target:
        """Have the results of what has ended on this disk. Passing faults are waited out for `timeout` seconds.

        Args:
            named: whose results.
            timeout: seconds.
            accept: save results that are not whole or not all ours, too, marked as such.

        Raises:
            ResultsUnavailable: not ended, gone, or deleted.
            ResultsDamaged: what came is not what the counts promise; nothing was called saved.
            GatewayError: the API refuses, or still failed when the time was up.
        """
        limit = arguments.seconds("timeout", timeout, may_be_0=True)
        is_accepted = arguments.flag("accept", accept)
        return await self._collect(named, FETCH_SECONDS if limit is None else limit, accept=is_accepted)

    async def _collect(
        self,
        named: Named,
        timeout: float,
        on_retry: Callable[[FetchRetry], None] | None = None,
        *,
        accept: bool = False,
    ) -> Target:
        from batchtui.services.results.fetch_retries import FetchListeners, collect_all

        def tell(retry: FetchRetry) -> None:
            log.warning("%s: %s. Next try in %.0f s.", retry.batch.id, retry.error.message.rstrip("."), retry.seconds)
            if on_retry:
                on_retry(retry)

        batches = (await self.find(named)).batches
        for _, error in await collect_all(
            self._engine, batches, timeout=timeout, accept=accept, listeners=FetchListeners(on_retry=tell)
        ):
            raise error
        return await self.find(named)

    async def _collected(self, named: Named, *, accept: bool, salvage: bool) -> Target:
        """Return a target whose results are saved; with `salvage` also where they could not be."""
        try:
            return await self._collect(named, FETCH_SECONDS, accept=accept)
        except (ResultsDamaged, ResultsUnavailable) as error:
            if not salvage:
                raise
            log.warning("%s", error.message)
            return await self.find(named)

    async def results(
        self,
        named: Named,
        *,
        order: Literal["input", "arrival"] = "input",
        only: str | Iterable[Outcome | str] = (),
        with_requests: bool = True,
        accept: bool = False,
        salvage: bool = False,
    ) -> AsyncGenerator[Result]:
        """Yield the results one after the other, each with its request; memory does not grow with them.

        Of a job that was tried again each custom_id comes once: its latest success, else its latest outcome. They are
        fetched first where they are not on this disk yet.

        Args:
            named: whose results.
            order: of the input, or as they came.
            only: outcomes; empty for all.
            with_requests: whether `Result.params` is wanted.
            accept: save results that are not whole or not all ours, too, marked as such.
            salvage: yield every line that can be read of results that are not whole; nothing is saved.

        Raises:
            ResultsUnavailable: not ended, gone or deleted; with `salvage`: nothing of them is on this disk.
            ResultsDamaged: they are not whole, and neither `accept` nor `salvage` is given.
        """
        from batchtui.services.results.export import ExportOptions, plan_export
        from batchtui.services.results.read import read_results

        wanted = arguments.outcomes("only", only)
        arguments.choice("order", order, ("input", "arrival"))
        arguments.flag("with_requests", with_requests)
        is_accepted, is_salvaged = arguments.flag("accept", accept), arguments.flag("salvage", salvage)
        target = await self._collected(named, accept=is_accepted, salvage=is_salvaged)
        # Of a batch made elsewhere the requests were never here: the results come without them.
        has_requests = self._engine.registry.requests.has(target.batches[0].job)
        plan = await plan_export(
            self._engine, target.batches, ExportOptions(only=wanted, order=order, salvage=is_salvaged)
        )
        plan = replace(plan, with_requests=with_requests and has_requests)
        async for entry in read_results(self._engine, plan):
            yield Result(entry)

    async def export(self, named: Named, output: str | Path, **keywords: Unpack[ExportKeywords]) -> ExportReport:
        """Write results to a file, whole or not at all: jsonl, json, csv, tsv, md or parquet, by its name.

        The format chat (lines for fine-tuning) has to be named.

        Raises:
            OutputExists: the file exists and `overwrite` was not said.
            ResultsUnavailable: not ended, gone or deleted.
            UsageError: an unknown format or field, or a format that is not installed.
        """
        from batchtui.services.results.export import ExportOptions, apply_export, plan_export

        arguments.known_names(keywords, ExportKeywords.__annotations__)
        options = ExportOptions(
            output=str(arguments.path_of("output", output)),
            format=arguments.text_or_none("format", keywords.get("format")),
            only=arguments.outcomes("only", keywords.get("only")),
            order=arguments.choice("order", keywords.get("order"), (None, "input", "arrival")),
            with_requests=arguments.flag("with_requests", keywords.get("with_requests", False)),
            fields=arguments.texts("fields", keywords.get("fields")),
            overwrite=arguments.flag("overwrite", keywords.get("overwrite", False)),
            guard=arguments.flag("guard", keywords.get("guard", True)),
            bom=arguments.flag("bom", keywords.get("bom", False)),
            salvage=arguments.flag("salvage", keywords.get("salvage", False)),
        )
        is_accepted = arguments.flag("accept", keywords.get("accept", False))
        target = await self._collected(named, accept=is_accepted, salvage=options.salvage)
        return await apply_export(self._engine, await plan_export(self._engine, target.batches, options))

    async def marks(self, named: Named, *, reviewer: str | None = None) -> tuple[ReviewMark, ...]:
        """Return what reviewers say of the answers of a job: verdict, labels, note; stale ones, too.

        Args:
            named: a job, or a batch of one.
            reviewer: only the marks of this reviewer; None for all.
        """
        name = arguments.text_or_none("reviewer", reviewer)
        target = await self.find(named)
        return await self._engine.registry.marks.of_job(target.batches[0].job, name)

    async def mark(
        self,
        named: Named,
        custom_id: str,
        verdict: Literal["accepted", "rejected"] | None = None,
        *,
        labels: str | Iterable[str] = (),
        note: str = "",
        reviewer: str | None = None,
    ) -> ReviewMark:
        """Say what a reviewer thinks of the answer that a job has now, in place of what the reviewer said before.

        Args:
            named: a job, or a batch of one.
            custom_id: which result.
            verdict: accepted, rejected, or None for none; without labels and note the mark is removed.
            labels: nine at most.
            note: a text.
            reviewer: whose mark it is; None for the setting `review.name`, else the user.

        Raises:
            UsageError: a word is wrong, or the job has no result with this custom_id.
            ResultsUnavailable: no results of the job are saved.
        """
        from batchtui.services.results.review.marking import mark_result

        said = arguments.text_or_none("verdict", verdict)
        names, name = arguments.texts("labels", labels), arguments.text_or_none("reviewer", reviewer)
        target = await self.find(named)
        return await mark_result(
            self._engine, target.batches[0].job, custom_id, said, labels=names, note=note, reviewer=name or ""
        )

    async def retry(
        self,
        named: Named,
        *,
        only: str | Iterable[str] = (),
        custom_ids: str | Iterable[str] | None = None,
        model: str | None = None,
        max_tokens: int | None = None,
        allowed_models: str | Iterable[str] = (),
        max_cost: Decimal | float | str | None = None,
    ) -> Job:
        """Send again only what has not succeeded in any attempt, as the next attempt of the same job.

        Args:
            named: a job, or a batch of one.
            only: outcomes or types of errors; empty for what is worth sending again as it is.
            custom_ids: nothing but these requests, None for all; without `only` whatever their failure is.
            model: replaces the model of what is sent again.
            max_tokens: replaces its max_tokens.
            allowed_models: models that are sent even where they are known to be retired or to refuse the request.
            max_cost: USD; where it may cost more, nothing is sent.

        Raises:
            CostLimit: it may cost more than a limit allows; nothing was sent.
            NothingToRetry: all has succeeded, or the rest would fail again and was not named.
            ResultsUnavailable: results that will come are not saved yet.
            CredentialsMissing, GatewayError: nothing of the part was created; it stays planned.
        """
        from batchtui.services.retry.retry import RetryOptions, apply_retry, discard, plan_retry

        limit = arguments.dollars("max_cost", max_cost)
        options = RetryOptions(
            only=frozenset(arguments.texts("only", only)),
            custom_ids=None if custom_ids is None else frozenset(arguments.texts("custom_ids", custom_ids)),
            model=arguments.text_or_none("model", model),
            max_tokens=arguments.whole_or_none("max_tokens", max_tokens, 1),
            allowed_models=arguments.texts("allowed_models", allowed_models),
        )
        plan = await plan_retry(self._engine, await self.find(named), options)
        try:
            return (await apply_retry(self._engine, plan, max_cost=limit)).job
        finally:
            discard(self._engine, plan)

    async def continue_job(
        self,
        named: Named,
        *,
        tools: Mapping[str, str | Sequence[str]] | None = None,
        rerun_tools: bool = False,
        max_turns: int | None = None,
        max_cost: Decimal | float | str | None = None,
        max_age: float | timedelta | None = None,
        max_tokens: int | None = None,
        go_on: bool = False,
        custom_ids: str | Iterable[str] | None = None,
        allowed_models: str | Iterable[str] = (),
    ) -> Job:
        """Send the next turn of the conversations that are not finished, as the next attempt of the same job.

        Paused answers are sent back unchanged, truncated ones are asked again with a higher limit, and calls of tools
        are answered with what the allowed commands print. Each call is run once, also through crashes.

        Args:
            named: a job, or a batch of one.
            tools: commands by the names of tools, besides those of tools.toml: a text is split as a shell does, and
                nothing is run by a shell.
            rerun_tools: run calls again that were started and never finished.
            max_turns: leave conversations that have had so many turns. This and the next two are kept with the job.
            max_cost: USD over all turns of the job; where it may cost more, nothing is sent.
            max_age: seconds, or a timedelta, since the job was submitted, after which nothing is sent.
            max_tokens: the limit of truncated answers; None doubles it.
            go_on: continue truncated answers in a further turn.
            custom_ids: nothing but these conversations, None for all.
            allowed_models: models that are sent even where they are known to be retired or to refuse the request.

        Raises:
            CostLimit: it may cost more than a limit allows; nothing was sent.
            NothingToContinue: all have ended, or the others cannot be continued.
            ResultsUnavailable: results that will come are not saved yet.
            UsageError: a tool cannot be run, or another process has sent the turn.
            CredentialsMissing, GatewayError: nothing of the part was created; it stays planned.
        """
        from batchtui.services.retry.conversations.continue_job import ContinueOptions
        from batchtui.services.retry.conversations.ended_turn import TruncationChoice
        from batchtui.services.retry.conversations.limits import ConversationLimits
        from batchtui.services.retry.conversations.next_turn import send_next_turn
        from batchtui.services.retry.conversations.tools import read_tools, tool_of

        allowed = read_tools(self._engine.paths.tools_file)
        allowed.update({name: tool_of(name, command) for name, command in (tools or {}).items()})
        options = ContinueOptions(
            tools=allowed,
            rerun_tools=arguments.flag("rerun_tools", rerun_tools),
            limits=ConversationLimits(
                arguments.whole_or_none("max_turns", max_turns, 1),
                arguments.dollars("max_cost", max_cost),
                arguments.age_or_none("max_age", max_age),
            ),
            truncation=TruncationChoice(
                arguments.whole_or_none("max_tokens", max_tokens, 1), goes_on=arguments.flag("go_on", go_on)
            ),
            custom_ids=None if custom_ids is None else frozenset(arguments.texts("custom_ids", custom_ids)),
            allowed_models=arguments.texts("allowed_models", allowed_models),
        )
        return (await send_next_turn(self._engine, await self.find(named), options)).job

    async def judge(
        self,
        first: Named,
        second: Named | None = None,
        *,
        rubric: str | Path,
        model: str | None = None,
        sample: int | None = None,
        by: str | None = None,
        failed_lose: bool = False,
        max_cost: Decimal | float | str | None = None,
    ) -> Job:
        """Have a model score the saved answers of a job, or compare those of two; returns the judge job.

        Args:
            first: whose answers are judged.
            second: what they are compared with, each pair in both orders.
            rubric: a file in TOML or Markdown, or plain text.
            model: the judge: a model's id or a tier; None leaves it to the rubric, and then to the tier `capable`.
            sample: so many custom_ids at most, the same ones in every job.
            by: a column of the first job's results by which the verdict is split.
            failed_lose: whether an answer that failed loses against one that did not.
            max_cost: USD; where it may cost more, nothing is sent.

        Raises:
            InputError: the rubric is wrong, or nothing can be judged.
            ResultsUnavailable: results are not saved yet.
            CostLimit: it may cost more than a limit allows; nothing was sent.
            CredentialsMissing, GatewayError: nothing of the part was created; it stays planned.
        """
        from batchtui.judging.rubric import read_rubric
        from batchtui.services.compose.judging.plan import JudgeOptions, plan_judge
        from batchtui.services.submission.submit import apply_submit, discard

        options = JudgeOptions(
            model=arguments.text_or_none("model", model),
            sample=arguments.whole_or_none("sample", sample, 1),
            by=arguments.text_or_none("by", by),
            failed_lose=arguments.flag("failed_lose", failed_lose),
        )
        limit = arguments.dollars("max_cost", max_cost)
        read = read_rubric(arguments.path_of("rubric", rubric))
        other = None if second is None else await self.find(second)
        plan = await plan_judge(self._engine, await self.find(first), other, read, options)
        try:
            return (await apply_submit(self._engine, plan.submit, max_cost=limit)).job
        finally:
            discard(self._engine, plan.submit)

    async def verdict(self, named: Named, *, by: str | None = None) -> JudgeVerdict:
        """Return what a judge job found out, as far as its results are saved; `by` splits it by another column.

        Raises:
            UnknownTarget: it is no judge job.
            UsageError: the judged results have no such column.
        """
        from batchtui.services.compose.judging.verdict import read_verdict

        target = await self.find(named)
        return await read_verdict(self._engine, target.batches[0].job, arguments.text_or_none("by", by))

    async def cancel(self, named: Named) -> list[cancel_service.ActionResult]:
        """Cancel what still runs, checked by reading back; parts that were not sent are dropped.

        What has an answer already keeps it, and is billed. Returns what became of each batch.
        """
        from batchtui.services.batches.cancel import apply_cancel, plan_cancel

        keys = [batch.key for batch in (await self.find(named)).batches]
        return await apply_cancel(self._engine, await plan_cancel(self._engine, keys, typed=(_word_for(named),)))

    async def delete(
        self, named: Named, *, locally: bool = False, force: bool = False
    ) -> list[cancel_service.ActionResult]:
        """Delete ended batches at the API, or only here. Without `force`, those without saved results are skipped."""
        from batchtui.services.batches.delete import apply_delete, plan_delete

        arguments.flag("locally", locally)
        arguments.flag("force", force)
        keys = [batch.key for batch in (await self.find(named)).batches]
        typed = (_word_for(named),)
        plan = await plan_delete(self._engine, keys, locally=locally, force=force, typed=typed)
        return await apply_delete(self._engine, plan)

    async def cost(self, named: Named) -> Decimal | None:
        """Return what a job or a batch has cost so far, in USD; None where any of it is unknown, never 0 for that."""
        from batchtui.domain.costs.cost import total

        return total([batch.cost_actual for batch in (await self.find(named)).batches])

    # ── tasks, as the guide has them ───────────────────────────────────────────────────────────────────────────────

    async def create_batch(self, requests: Iterable[BatchRequest | Mapping[str, Any]], *, fresh: bool = False) -> str:
        """Submit tasks, or requests as the API takes them, as a job, once. Returns its id.

        Where the very same were submitted before, that job's id comes back and nothing is sent, unless `fresh`.
        """
        again: IfSubmitted = "again" if arguments.flag("fresh", fresh) else "reuse"
        job = await self.submit(requests_of(requests), name="tasks", if_submitted=again)
        return job.id

    async def wait_for_batch(
        self, batch_id: Named, *, poll_interval: float | None = None, timeout: float | None = None
    ) -> list[Result]:
        """Wait until it has ended, see `wait`, and return its results in the order of the input.

        They are held in memory: `wait` and `results` take any number.
        """
        target = await self.wait(batch_id, poll_interval=poll_interval, timeout=timeout)
        return [result async for result in self.results(target.job or batch_id)]

    async def cancel_batch(self, batch_id: Named) -> list[cancel_service.ActionResult]:
        """Cancel it; see `cancel`."""
        return await self.cancel(batch_id)

    async def execute_batch(
        self,
        requests: Iterable[BatchRequest | Mapping[str, Any]],
        *,
        poll_interval: float | None = None,
        timeout: float | None = None,
        fresh: bool = False,
    ) -> list[TaskResult]:
        """Submit tasks, wait for the end, and return their results in the order of the input.

        A program that was killed and runs again goes on with the same job: nothing is sent or paid twice. `fresh`
        sends the same tasks once more.

        Raises:
            InputError: no tasks, or errors in them; nothing was sent.
            WaitTimedOut: it still runs; the same call goes on waiting.
        """
        tasks = requests_of(requests)
        job = await self.create_batch(tasks, fresh=fresh)
        target = await self.wait(job, poll_interval=poll_interval, timeout=timeout)
        found: dict[str, TaskResult] = {}
        try:
            async for result in self.results(target.job or job, with_requests=False):
                found[result.custom_id] = task_result(result)
        except ResultsUnavailable as error:
            return [TaskResult(id_of(task), success=False, error=error.message) for task in tasks]
        missing = "There is no result for this task."
        # By the tasks and not by the results: a task without a result must not be missing from the list.
        return [found.get(id_of(t)) or TaskResult(id_of(t), success=False, error=missing) for t in tasks]


def _word_for(named: Named) -> str:
    """Return what names a job or a batch."""
    from batchtui.domain.batches.batch import Batch
    from batchtui.domain.batches.job import Job

    if isinstance(named, Job):
        return named.id
    if isinstance(named, Batch):
        return named.id or named.job
    if not isinstance(named, str):
        raise arguments.wrong("The job or batch", named, "an id, a name, a Job or a Batch")
    return arguments.text("The job or batch", named)
