"""Fetch results, verify them against the counts and index them; only then they count as saved: `collect`."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from batchtui.domain.batches.states import BatchState, ResultsState
from batchtui.domain.errors import (
    FateUnknown,
    GatewayError,
    ResultsBusy,
    ResultsDamaged,
    ResultsUnavailable,
    StorageError,
)
from batchtui.domain.results.result import OutcomeCounts
from batchtui.domain.submission.send_evidence import Proof
from batchtui.registry.results.download import DownloadBusy
from batchtui.registry.results.index import BLOCK
from batchtui.registry.results.index_worker import begin_index
from batchtui.runtime.threads import run_in_thread
from batchtui.services.results.review.scores import try_judge_results
from batchtui.services.results.review.stale import refresh_stale
from batchtui.services.reuse.fill import fill, fill_followers
from batchtui.services.spending.accounting import count_cost
from batchtui.services.submission.proof import is_other_model, prove
from batchtui.services.workspace import refuse_other_account
from batchtui.text.durations import about
from batchtui.text.numbers import amount

if TYPE_CHECKING:
    from collections.abc import Callable

    from batchtui.domain.batches.batch import Batch, RequestCounts
    from batchtui.registry.requests.store import RequestReader
    from batchtui.registry.results.download import ResultDownload
    from batchtui.registry.results.summary import ResultSummary
    from batchtui.services.workspace import Workspace

log = logging.getLogger(__name__)
MOST_OF_ONE, MOST_BESIDE = 4 << 20, 16 << 20
"""Bytes that one result may have on average, and all of them besides.

An answer of 128,000 tokens is about half a megabyte; the rest is for thinking, citations and what tools return.
"""
MOST_OF_UNKNOWN = 64 << 30
LOOK_AGAIN = 0.25
"""Seconds between two looks while another process is fetching the same results."""
LONGEST_WAIT = 900.0
"""Seconds that another process is given to fetch them: 100,000 long answers over a slow line take minutes."""


@dataclass(frozen=True, slots=True)
class CollectProgress:
    """The progress of a collection."""

    step: Literal["waiting", "fetching", "indexing"]
    """`waiting`: another process fetches the same results."""
    bytes: int
    """Fetched, written and indexed so far."""
    total: int | None = None
    """None while fetching: the API does not say."""


async def collect(
    workspace: Workspace,
    batch: Batch,
    *,
    on_progress: Callable[[CollectProgress], None] | None = None,
    accept: bool = False,
    patience: float = LONGEST_WAIT,
) -> Batch:
    """Save the results of an ended batch, unless they are saved already. Returns the batch as it is then.

    After a broken connection, a full disk or a kill nothing looks complete: the bytes that arrived stay in a file of
    their own, and the next try writes only what differs. Of several processes one fetches; the others wait for it, for
    at most `patience` seconds: one that is stopped or hangs keeps the results for itself.

    Raises:
        ResultsBusy: another process is still fetching them.
        ResultsUnavailable: not ended, gone after 29 days, or deleted.
        ResultsDamaged: what came is not what the counts promise; nothing was called saved.
        FateUnknown: the batch was adopted for a lost answer, and holds the answers to somebody else's requests.
        OtherAccount: the batch belongs to another account than the credentials in use.
        GatewayError: the API could not be asked, or broke off; to be tried again.
        StorageError: the disk is full or refuses.
    """
    tell = on_progress or _ignore_progress
    began = workspace.clock.monotonic()
    while True:
        batch = await workspace.registry.batches.get(batch.key)
        if batch.results is ResultsState.SAVED:
            wrong = await run_in_thread(workspace.registry.results.damage, batch)
            if not wrong:
                return batch
            batch = await unsave(workspace, batch, wrong)
        if batch.is_reused:
            return await _collect_reused(workspace, batch)
        _refuse_unless_ended(batch)
        if workspace.account is not None:
            # The 404 of another account says nothing of these results.
            refuse_other_account(batch, workspace.account)
        try:
            download = workspace.registry.results.download(batch, begin_index)
        except DownloadBusy:
            if workspace.clock.monotonic() - began >= patience:
                raise ResultsBusy(
                    f"Another batchtui has been fetching the results of {batch.id} for {about(patience)} and has not"
                    " finished.",
                    hint="Wait for it, or end that process if it is stopped or its connection hangs.",
                ) from None
            tell(CollectProgress("waiting", 0))
            await workspace.clock.sleep(LOOK_AGAIN)
            continue
        with download:
            return await _collect(workspace, batch, download, tell, accept=accept)


async def _collect_reused(workspace: Workspace, batch: Batch) -> Batch:
    """Copy the answers of a part that reuses some. Raises ResultsUnavailable while they are not all here."""
    batch = await fill(workspace, batch)
    if batch.results is ResultsState.SAVED:
        return batch
    raise ResultsUnavailable(
        f"{batch.name} part {batch.part} waits for answers that another batch is making.",
        hint=f"`batchtui wait {batch.job}` waits for them and saves them.",
    )


def discrepancies(summary: ResultSummary, counts: RequestCounts) -> tuple[str, ...]:
    """Return what differs between complete results and the counts of the API, as sentences."""
    said: list[str] = []
    for word in ("succeeded", "errored", "canceled", "expired"):
        promised, came = getattr(counts, word), summary.types.get(word, 0)
        if promised != came:
            said.append(f"The API counts {promised:,} {word}, but sent {came:,}.")
    if summary.ids is not None and summary.ids.missing:
        named = ", ".join(summary.ids.missing_examples)
        said.append(f"{summary.ids.missing:,} requests have no result, such as {named}.")
    if summary.ids is not None and summary.ids.unexpected:
        named = ", ".join(summary.ids.unexpected_examples)
        said.append(f"{summary.ids.unexpected:,} results belong to no request of this part, such as {named}.")
    return tuple(said)


def damage(summary: ResultSummary, promised: int) -> str | None:
    """Say why results are not whole or not all ours; None where each request has one readable line, and no other.

    The total decides, not each count: a server that counts an expired request as errored still sent all of them.

    Args:
        summary: of what came.
        promised: how many there have to be; 0 where it is not known.
    """
    ids = summary.ids
    # Our own number of requests goes first: other servers send counts of 0, null or strings.
    if promised and summary.results != promised:
        return f"{amount(summary.results, 'result')} came for {amount(promised, 'request')}."
    if summary.unreadable:
        return f"{summary.unreadable:,} of {summary.results:,} lines cannot be read."
    if summary.duplicates:
        return f"{summary.duplicates:,} of {summary.results:,} results repeat a custom_id."
    if ids is not None and (ids.unexpected or ids.missing):
        said = []
        if ids.unexpected:
            verb = "belongs" if ids.unexpected == 1 else "belong"
            named = ", ".join(ids.unexpected_examples)
            said.append(f"{amount(ids.unexpected, 'result')} {verb} to no request of this batch ({named})")
        if ids.missing:
            said.append(f"{amount(ids.missing, 'request')} {'has' if ids.missing == 1 else 'have'} no result")
        return f"{', and '.join(said)}."
    return None


async def _collect(
    workspace: Workspace,
    batch: Batch,
    download: ResultDownload,
    tell: Callable[[CollectProgress], None],
    *,
    accept: bool,
) -> Batch:
    store, batches = workspace.registry.results, workspace.registry.batches
    if store.has(batch):
        # Killed between the rename and the word in the registry: the file is whole, or it would not have its name.
        summary = await asyncio.to_thread(_summary_of, workspace, batch)
        return await _call_saved(workspace, batch, summary, await run_in_thread(store.digest, batch))
    try:
        await _fetch(workspace, batch, download, tell)
        summary = await _finish(workspace, batch, download)
        await _disown_if_foreign(workspace, batch, summary)
        problem = damage(summary, _promised(batch)) or ""
        if problem and not accept:
            raise _damaged(workspace, batch, problem)
    except (GatewayError, StorageError, ResultsDamaged):
        if batch.results is not ResultsState.PARTIAL and download.size:
            await batches.set_results(batch, ResultsState.PARTIAL, size=download.size)
        raise
    except ResultsUnavailable:
        await _note_gone(workspace, batch)
        raise
    await run_in_thread(download.commit)
    return await _call_saved(workspace, batch, summary, download.digest, accepted=problem)


async def _fetch(
    workspace: Workspace, batch: Batch, download: ResultDownload, tell: Callable[[CollectProgress], None]
) -> None:
    """Fetch, write and index block by block."""
    gateway = await workspace.gateway()
    workspace.warm_up_prices()  # while others are busy: the cost is counted at the end
    waiting: list[bytes] = []
    size, came, most = 0, 0, most_bytes(_promised(batch))
    tell(CollectProgress("fetching", 0))
    async with gateway.results(batch.id or "") as blocks:
        async for block in blocks:
            waiting.append(block)
            size += len(block)
            came += len(block)
            if came > most:
                raise ResultsDamaged(
                    f"The download of {batch.id} was stopped: more than {most / 1e6:,.0f} MB came for"
                    f" {_promised(batch):,} requests.",
                    hint="Check ANTHROPIC_BASE_URL: the API does not send that much.",
                )
            # Gathered to a megabyte: each call into the thread costs more than a small block. Meanwhile the next blocks
            # arrive in the socket's buffer.
            if size >= BLOCK:
                await run_in_thread(download.write, b"".join(waiting))
                waiting.clear()
                size = 0
                tell(CollectProgress("fetching", download.position))
    if waiting:
        await run_in_thread(download.write, b"".join(waiting))
    tell(CollectProgress("indexing", download.position, download.position))


def most_bytes(requests: int) -> int:
    """Return the most bytes that are taken as the results of so many requests; 0 where their number is not known.

    A stream that never ends, or a small one that unpacks without end, would otherwise fill the disk.
    """
    return MOST_OF_ONE * requests + MOST_BESIDE if requests else MOST_OF_UNKNOWN


async def _finish(workspace: Workspace, batch: Batch, download: ResultDownload) -> ResultSummary:
    """Complete the index on one thread while another brings the bytes to the disk."""
    requests = _requests_of(workspace, batch)
    try:
        summary, _ = await asyncio.gather(
            run_in_thread(download.finish, requests, batch.part), run_in_thread(download.sync)
        )
        return summary
    finally:
        if requests:
            requests.close()


def _requests_of(workspace: Workspace, batch: Batch) -> RequestReader | None:
    try:
        return workspace.registry.requests.reader(batch.job, batch.attempt)
    except StorageError:
        return None


def _summary_of(workspace: Workspace, batch: Batch) -> ResultSummary:
    with workspace.registry.results.reader(batch) as reader:
        return reader.summary


async def unsave(workspace: Workspace, batch: Batch, wrong: str) -> Batch:
    """Note that results are not saved after all: their file is not what it was. What there is of it is kept aside.

    Raises:
        ResultsUnavailable: the API does not have them any more, either.
    """
    aside = await run_in_thread(workspace.registry.results.set_aside, batch)
    until, now = batch.results_until, workspace.clock.now()
    is_gone = batch.state is BatchState.DELETED or bool(batch.archived_at or (until and now >= until))
    await workspace.registry.batches.set_results(batch, ResultsState.GONE if is_gone else ResultsState.NONE)
    log.warning("the saved results of %s are %s; what is left: %s", batch.id, wrong, aside)
    if is_gone:
        left = f" The rest is kept in {aside}." if aside else ""
        raise ResultsUnavailable(
            f"The saved results of {batch.id} are {wrong}, and the API no longer has them.{left}",
            hint=f"`batchtui results {batch.id} --salvage OUTPUT` exports what can be read." if aside else "",
        )
    return await workspace.registry.batches.get(batch.key)


def _promised(batch: Batch) -> int:
    """Return how many results there have to be: our own count of what was sent, and the API's only without one."""
    return batch.counts.total if batch.is_foreign else batch.requests


async def _call_saved(
    workspace: Workspace, batch: Batch, summary: ResultSummary, digest: str, *, accepted: str = ""
) -> Batch:
    batches = workspace.registry.batches
    outcomes = OutcomeCounts.from_mapping(summary.outcomes)
    await batches.set_results(
        batch,
        ResultsState.SAVED,
        size=summary.bytes,
        digest=digest,
        models=summary.models,
        outcomes=outcomes,
        accepted=accepted,
    )
    try:
        await count_cost(workspace, batch)
    except (ResultsUnavailable, StorageError) as error:
        # The results are saved nevertheless; `batchtui cost` counts what was not counted.
        log.warning("the cost of %s could not be counted: %s", batch.id, error)
    batch = await batches.get(batch.key)
    await try_judge_results(workspace, batch)
    # A retry may have brought other answers than those that reviewers have marked.
    if batch.attempt > 1:
        await refresh_stale(workspace, batch.job)
    await fill_followers(workspace, batch)
    return batch


async def _disown_if_foreign(workspace: Workspace, batch: Batch, summary: ResultSummary) -> None:
    """Prove or refute by its results that an unproved batch is this part's: by custom_ids and models.

    Results of which nothing can be read leave it unproved; they are not whole, and are fetched again.

    Raises:
        FateUnknown: it is not this part's, or nothing can tell.
    """
    if not batch.is_unproved or not batch.id:
        return
    verdicts = workspace.registry.verdicts
    proof = await _proof_of(workspace, batch, summary)
    if proof is Proof.CONFIRMED:
        await verdicts.proved(batch.key, batch.id)
        return
    if proof is Proof.NOT_YET:
        # Not whole, so they are not called saved: they are fetched again.
        return
    # They are not surely this part's answers: kept, the next look would read them as if they were.
    workspace.registry.results.remove(batch)
    if proof is Proof.IMPOSSIBLE:
        reason = "its requests are not kept here." if summary.ids is None else "none of its results names a model."
        said = f"{batch.id} may be this part's batch; that cannot be proved: {reason}"
        await verdicts.unprovable(batch.key, batch.id, said)
        raise FateUnknown(
            f"Whether {batch.id} is this part's batch cannot be proved: {reason}",
            hint=f"`batchtui resume {batch.job} --adopt {batch.id}` adopts it without proof.",
        )
    await verdicts.disown(batch.key, batch.id, f"{batch.id} has the results of other requests.")
    raise FateUnknown(
        f"{batch.id} was adopted for this part, but has the results of other requests.",
        hint="`batchtui resume` looks for the right batch.",
    )


async def _proof_of(workspace: Workspace, batch: Batch, summary: ResultSummary) -> Proof:
    """Say what results that were fetched tell about whose they are. NOT_YET: too little of them can be read.

    Raises:
        FateUnknown: the requests are gone, and the results could not be read once more.
    """
    answered = [model for model in summary.models if model]
    is_other = any(all(is_other_model(asked, model) for asked in batch.models) for model in answered if batch.models)
    # A line that cannot be read may have no id, or a broken one: it is no answer to somebody else's request.
    is_foreign = summary.ids is not None and summary.ids.unexpected > summary.unreadable
    if is_other or is_foreign:
        return Proof.REFUTED
    if batch.is_chosen:
        return Proof.CONFIRMED
    if summary.ids is None:
        # Its requests are gone: what else is kept of them is compared with the results as the API sends them.
        proof = await prove(workspace, batch, await (await workspace.gateway()).retrieve(batch.id or ""))
        if proof is Proof.NOT_YET:
            raise FateUnknown(f"Whether {batch.id} is this part's batch could not be determined this time.")
        return proof
    if summary.unreadable and summary.ids.missing >= batch.requests:
        return Proof.NOT_YET
    return Proof.CONFIRMED if answered else Proof.IMPOSSIBLE


async def _note_gone(workspace: Workspace, batch: Batch) -> None:
    until = batch.results_until
    if batch.archived_at or (until and workspace.clock.now() >= until):
        await workspace.registry.batches.set_results(batch, ResultsState.GONE)


def _damaged(workspace: Workspace, batch: Batch, problem: str) -> ResultsDamaged:
    kept = workspace.registry.results.paths(batch).part
    return ResultsDamaged(
        f"The results of {batch.id} are incomplete: {problem} They were not saved, but kept in {kept}.",
        hint=f"Fetch them again; `batchtui results {batch.id} --salvage OUTPUT` exports what can be read,"
        " --accept saves them as they are.",
    )


def _refuse_unless_ended(batch: Batch) -> None:
    if batch.id is None or not batch.state.is_at_api:
        raise ResultsUnavailable(f"{batch.name} has not been sent, so it has no results.", hint="`batchtui resume`.")
    if batch.state is BatchState.DELETED:
        raise ResultsUnavailable(f"{batch.id} was deleted before its results were saved.")
    if batch.results is ResultsState.GONE:
        raise ResultsUnavailable(
            f"The results of {batch.id} are gone: the API keeps them for 29 days.",
            hint="`batchtui retry ID --only missing` sends the requests again.",
        )
    if batch.state.is_running:
        raise ResultsUnavailable(
            f"{batch.id} is still in progress.", hint="`batchtui wait ID` waits for it and saves the results."
        )


def _ignore_progress(_: CollectProgress) -> None:
    """Ignore progress."""
