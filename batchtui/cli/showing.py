"""Showing what a verb is about: one batch, or a job with its batches, as text or as a document."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from batchtui.cli import documents, sheets

if TYPE_CHECKING:
    from datetime import datetime

    from batchtui.cli.documents import Document
    from batchtui.cli.session import Session
    from batchtui.services.lookup import Target
    from batchtui.services.workspace import Workspace


async def reread(workspace: Workspace, target: Target) -> Target:
    """Read the batches of a target again, as they stand now."""
    keys = [batch.key for batch in target.batches]
    return replace(target, batches=tuple(await workspace.registry.views.page(keys)))


def show_target(session: Session, target: Target, now: datetime) -> None:
    """Write a target in full."""
    if session.json:
        session.out.document(target_document(target))
    elif target.job is None:
        session.out.lines(sheets.batch_sheet(target.batches[0], now, session.out))
    else:
        session.out.lines(sheets.job_sheet(target.job, target.batches, target.counts))
        session.out.line()
        sheets.show_batches(session.out, target.batches, now)


def target_document(target: Target) -> Document:
    """Write a batch, or a job with its batches and their counts together."""
    if target.job is None:
        return documents.batch_document(target.batches[0])
    return {
        "job": documents.job_document(target.job, target.batches),
        "batches": documents.batch_documents(target.batches),
        "request_counts": documents.counts_document(target.counts),
    }
