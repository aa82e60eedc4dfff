"""Reading an agency's directory: what changed since, once a day everybody, into a plan.

Nothing is compared before the directory has given everything; one that goes away in mid-page
changes nothing. What was planned but never carried out is read again, because the next reading
begins where the last one that was carried out had ended.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.directory import applying, ldap_source, plan
from accounts.directory.ldap_source import Access, Reading
from accounts.ldap.errors import DirectoryFailed
from accounts.ldap.times import write_stamp
from accounts.models import Account, ImportBatch, ImportRow, Source, SourceRecord
from govmail_portal.errors import PortalError

# Longer than any reading takes; a reader that was killed blocks the next one no longer than this.
LEASE = timedelta(minutes=30)
# Deletions, and changes that a replica got late, show only when everybody is read.
EVERYBODY_EVERY = timedelta(hours=20)
# Changes may be stamped by a clock behind ours, or while we read: their time is read again.
OVERLAP = timedelta(minutes=5)

_CHANGES_NOBODY = (ImportRow.Verdict.SAME, ImportRow.Verdict.ABSENT, ImportRow.Verdict.ERROR)
_HANDS_OFF = (
    ImportBatch.State.AWAITING_SECOND,
    ImportBatch.State.APPROVED,
    ImportBatch.State.APPLYING,
)


class NotADirectory(PortalError):
    message = _("This source is no directory, or it is switched off.")


class BeingRead(PortalError):
    message = _("This directory is being read at this moment. Try again in a few minutes.")
    status = 409


class LastOneOpen(PortalError):
    message = _(
        "What was read last waits for a second officer, or is being carried out. "
        "The directory is read again when that is over."
    )
    status = 409


class DirectoryEmpty(DirectoryFailed):
    message = _("The directory shows nobody at all. That cannot be right: nothing was changed.")


def sync(
    source: Source,
    *,
    now: datetime,
    by: Account | None = None,
    everybody: bool = False,
    carry_out: bool = False,
) -> ImportBatch:
    """Read a directory and make a plan of what would change; with `carry_out`, do it.

    A plan above the thresholds is never carried out here: an officer and a second one agree to
    it on the page of imports. A plan that changes nobody is settled at once. Raises a
    PortalError with the reason, which stays on the source as `last_error`; then nothing changed.
    """
    if source.kind != Source.Kind.LDAP or not source.is_enabled:
        raise NotADirectory
    if source.batches.filter(state__in=_HANDS_OFF).exists():
        raise LastOneOpen
    if not source.claim(now, LEASE):
        raise BeingRead
    try:
        batch = _plan(source, now=now, by=by, everybody=everybody)
    except PortalError as failure:
        _settle(source, now=now, error=str(failure.message))
        raise
    except BaseException:
        # Not ours to say; but the next reader need not wait for the lease.
        Source.objects.filter(pk=source.pk).update(reading_until=None)
        raise
    if batch.state != ImportBatch.State.PLANNED:  # Withdrawn while it was read.
        _settle(source, now=now)
        return batch
    _settle(source, now=now, batch=batch)
    if not batch.why_second and (carry_out or changes_nobody(batch)):
        applying.approve(batch, by=by, now=now)
        _note_unchanged(batch, now=now)
        applying.apply(batch, now=now)
        batch.refresh_from_db()
    return batch


def due(now: datetime) -> Iterator[Source]:
    """Give the directories whose time to be read by the clock has come."""
    waiting = Source.objects.filter(kind=Source.Kind.LDAP, is_enabled=True, due_at__lte=now)
    yield from waiting.select_related("agency").order_by("due_at", "pk")


def changes_nobody(batch: ImportBatch) -> bool:
    """Tell whether a plan is about nobody's post, name or account."""
    return not batch.rows.exclude(verdict__in=_CHANGES_NOBODY).exists()


def schedule(source: Source, *, now: datetime) -> None:
    """Set when the clock reads this source next, as its settings say; not saved."""
    hours = int(source.settings.get("every_hours") or 0)
    source.due_at = now + timedelta(hours=hours) if hours and source.is_enabled else None


def _plan(source: Source, *, now: datetime, by: Account | None, everybody: bool) -> ImportBatch:
    access = ldap_source.access_to(source)
    since = "" if everybody else _since(source, access, now=now)
    reading = ldap_source.read(access, since=since)
    if not since and not reading.records and source.records.exists():
        raise DirectoryEmpty
    older = list(source.batches.filter(state=ImportBatch.State.PLANNED))
    batch = plan.make(source, reading.records, by=by, now=now, reads_all=not since)
    batch.cursor = _cursor(reading, since, now=now)
    batch.save(update_fields=["cursor"])
    if batch.state != ImportBatch.State.PLANNED:
        return batch
    for each in older:  # This one has everything that was in them.
        applying.withdraw(each, by=by, now=now)
    return batch


def _since(source: Source, access: Access, *, now: datetime) -> str:
    """The stamp to read from; empty when it is time to read everybody."""
    if source.read_all_at is None or source.read_all_at <= now - EVERYBODY_EVERY:
        return ""
    carried_out = source.batches.filter(state=ImportBatch.State.APPLIED).exclude(cursor="")
    newest_first = carried_out.order_by("-created_at", "-pk")
    last, last_whole = newest_first.first(), newest_first.filter(reads_all=True).first()
    if last is None or last_whole is None:
        return ""
    if access.units_from_names:
        whole = write_stamp(last_whole.created_at - OVERLAP)
        if ldap_source.units_changed(access, since=whole):
            return ""
    return last.cursor


def _cursor(reading: Reading, since: str, *, now: datetime) -> str:
    """Up to where the changes are known: the newest stamp seen, but from before we began."""
    if reading.newest is None:
        return since
    stamp = write_stamp(min(reading.newest, now - OVERLAP))
    return max(stamp, since)


@transaction.atomic
def _note_unchanged(batch: ImportBatch, *, now: datetime) -> None:
    """Settle at once all rows of people who are known and as they were: most of a directory."""
    held = ImportBatch.objects.select_for_update().get(pk=batch.pk)
    known = SourceRecord.objects.filter(source=held.source_id, has_left=False)
    rows = held.rows.filter(
        verdict=ImportRow.Verdict.SAME, applied_at=None, key__in=known.values("key")
    ).exclude(parsed={})  # Those whom it no longer names are settled one by one.
    known.filter(key__in=rows.values("key")).update(absences=0, seen_at=now)
    held.applied_rows += rows.update(applied_at=now)
    held.save(update_fields=["applied_rows"])


def _settle(
    source: Source, *, now: datetime, batch: ImportBatch | None = None, error: str = ""
) -> None:
    """Write down how a reading ended, give the lease back, and say when the next one is."""
    source.reading_until, source.last_error = None, error[:300]
    schedule(source, now=now)
    if batch is not None:
        source.read_at = now
        if batch.reads_all:
            source.read_all_at = now
    source.save(update_fields=["reading_until", "last_error", "due_at", "read_at", "read_all_at"])
