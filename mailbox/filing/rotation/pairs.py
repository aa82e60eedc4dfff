"""A mailbox gets a new pair of keys, while mail is filed into it and its owner reads (ADR 0022).

`begin` switches: from its commit on everything new is sealed to the new pair, and whoever opens
the mailbox's key gets the old private half beside the new one; the search index, whose key lay
under the old pair, is to be built anew. Two walks follow, in batches each committed with the place
it has come to: the first seals anew, the second looks whether all opens with the new key alone.
Then `finish` destroys the old private half. Killed at any moment it is gone on with by calling
`change` again. Needs the storage key.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from django.db import OperationalError, connection, transaction
from django.utils.translation import gettext_lazy as _

from accounts.audit import chain
from govmail_portal.errors import PortalError
from mailbox.errors import KeyMissing, SealBroken
from mailbox.filing.rotation.figures import Progress
from mailbox.filing.rotation.owned import OWNED, Owned, Pair
from mailbox.models import KeyChange, Mailbox, SearchIndex
from mailbox.sealing import hpke, keyring

BATCH = 200
# Shorter than PostgreSQL waits before it looks for a deadlock (1 s): whoever files or reads is
# never the one that is given up.
_PATIENCE = "700ms"
_TRIES, _PAUSE = 300, 0.05
_LOCK_NOT_AVAILABLE = "55P03"

Done = TypeVar("Done")


class MailboxIsShredded(PortalError):
    message = _("This mailbox was shredded: it has no keys any more.")
    status = 410


class WrongKey(PortalError):
    message = _("The keyring at hand does not open this mailbox's key. Nothing was changed.")
    status = 409


class MailboxBusy(PortalError):
    message = _("Something holds this mailbox all the time. Run it again: it goes on.")
    status = 409


class NotBroughtOver(PortalError):
    message = _("Not everything is under the new pair yet. Run it again: it goes on.")
    status = 409


def change(mailbox: UUID, *, now: datetime, batch: int = BATCH) -> Iterator[Progress]:
    """Give a mailbox a new pair, or go on; a figure after each committed batch.

    When it ends everything opens with the new pair alone; the old private half is still there,
    for `finish`. MailboxIsShredded, WrongKey, MailboxBusy.
    """
    begin(mailbox, now=now)
    while (figure := _patiently(lambda: _advance(mailbox, batch, now))) is not None:
        yield figure


def begin(mailbox: UUID, *, now: datetime) -> None:
    """Switch to a new pair, unless a change is under way. Raises as `change`."""
    _patiently(lambda: _switch(mailbox, now))


def finish(mailbox: UUID, *, now: datetime) -> KeyChange | None:
    """Destroy the old private half; give what the walks have counted, None if nothing was due.

    NotBroughtOver before the walks are over.
    """
    return _patiently(lambda: _destroy(mailbox, now))


def under_way() -> list[KeyChange]:
    """Changes that were begun and not finished, the oldest first."""
    return list(KeyChange.objects.order_by("started_at"))


# --- The switch, and the end ------------------------------------------------


@transaction.atomic
def _switch(mailbox: UUID, now: datetime) -> None:
    box = _locked(mailbox, wholly=True)
    if KeyChange.objects.filter(mailbox=mailbox).exists():
        return
    ring, old = keyring.current(), _opened(box)[0]
    private_key = hpke.new_private_key()
    box.public_key = hpke.public_key_of(private_key)
    box.storage_key_id, box.sealed_private_key = ring.wrap_mailbox_key(private_key, mailbox)
    _key_id, box.sealed_previous_key = ring.wrap_mailbox_key(old, mailbox)
    box.save(
        update_fields=[
            *("public_key", "storage_key_id", "sealed_private_key", "sealed_previous_key"),
        ]
    )
    KeyChange.objects.create(mailbox=box, started_at=now, total=_count(mailbox))
    # Whoever knew the old private half knew the key of the index, and its directories name the
    # content keys of all that is folded into it: nothing that comes from now on is.
    SearchIndex.objects.filter(mailbox=mailbox, damaged_at=None).update(damaged_at=now)
    chain.record("mailbox_pair_begun", box, by=None, now=now)


@transaction.atomic
def _destroy(mailbox: UUID, now: datetime) -> KeyChange | None:
    box = _locked(mailbox, wholly=True)
    change = KeyChange.objects.filter(mailbox=mailbox).first()
    if change is None:
        return None
    if change.walked_at is None:
        raise NotBroughtOver
    Mailbox.objects.filter(pk=mailbox).update(sealed_previous_key=None)
    KeyChange.objects.filter(mailbox=mailbox).delete()
    details = {"rows": change.done, "broken": change.broken}
    chain.record("mailbox_pair_changed", box, by=None, now=now, details=details)
    return change


def _locked(mailbox: UUID, *, wholly: bool = False) -> Mailbox:
    """The mailbox's row. wholly: those who hold its key (`opening.key_to_seal`) are waited for."""
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL lock_timeout = '{_PATIENCE}'")
    box = Mailbox.objects.select_for_update(no_key=not wholly).get(pk=mailbox)
    if not len(box.sealed_private_key):
        raise MailboxIsShredded
    return box


def _opened(box: Mailbox) -> tuple[bytes, ...]:
    """The private halves, the present one first; WrongKey."""
    sealed = (box.sealed_private_key, box.sealed_previous_key)
    try:
        return tuple(
            keyring.current().unwrap_mailbox_key(bytes(one), box.storage_key_id, box.pk)
            for one in sealed
            if one is not None
        )
    except (KeyMissing, SealBroken):
        raise WrongKey from None


# --- The walks ---------------------------------------------------------------


@transaction.atomic
def _advance(mailbox: UUID, batch: int, now: datetime) -> Progress | None:
    """One batch of the walk that is under way; None when both are over."""
    # The mailbox first, as everybody does who changes several of its rows.
    box = _locked(mailbox)
    change = KeyChange.objects.select_for_update().filter(mailbox=mailbox).first()
    if change is None or change.walked_at is not None:
        return None
    new, old = _opened(box)
    number, after = change.place or (0, [])
    one, pair = OWNED[number], Pair(old, new, bytes(box.public_key))
    rows = list(_related(one, one.rows(mailbox, after))[:batch])
    if rows:
        _bring_over(one, rows, pair, change)
        change.place = [number, one.cursor(rows[-1])]
    elif number + 1 < len(OWNED):
        change.place = [number + 1, []]
    else:
        _turn(change, mailbox, now)
    change.save()
    what = "sealed anew" if change.walk == 1 else "looked at"
    return Progress(one.label, change.done, change.total, change.broken, what)


def _related(one: Owned, rows: Any) -> Any:
    rows = rows.select_for_update(of=("self",))
    return rows.select_related("submission") if one.whose != "mailbox" else rows


def _bring_over(one: Owned, rows: list[Any], pair: Pair, change: KeyChange) -> None:
    """Seal anew what the old key opens and the new one does not."""
    # Which to try first: the first walk finds nearly all under the old key, the second none.
    keys = (pair.old, pair.new) if change.walk == 1 else (pair.new, pair.old)
    fresh: dict[Any, bytes] = {}
    for row in rows:
        plaintext = one.opens(row, keys[0])
        under_old = plaintext is not None and change.walk == 1
        if plaintext is None:
            plaintext = one.opens(row, keys[1])
            under_old = plaintext is not None and change.walk == 2
        if under_old and plaintext is not None:
            fresh[row.id] = one.seal(plaintext, pair, row)
        change.broken += plaintext is None and change.walk == 2
    one.write(change.mailbox_id, fresh)
    change.done += len(rows)
    change.late += len(fresh) if change.walk == 2 else 0


def _turn(change: KeyChange, mailbox: UUID, now: datetime) -> None:
    """A walk is over: the second one begins, or the end has come."""
    if change.walk == 1:
        change.walk, change.place, change.done = 2, [], 0
        change.total = _count(mailbox)
    else:
        change.walked_at = now


def _count(mailbox: UUID) -> int:
    return sum(one.rows(mailbox).order_by().count() for one in OWNED)


def _patiently(deed: Callable[[], Done]) -> Done:
    """Do it; where a lock is not to be had for a moment, let the others go first. MailboxBusy."""
    for _try in range(_TRIES):
        with suppress(_Held):
            return _once(deed)
        time.sleep(_PAUSE)
    raise MailboxBusy


class _Held(Exception):
    """Somebody holds what we need; nothing was done."""


def _once(deed: Callable[[], Done]) -> Done:
    try:
        return deed()
    except OperationalError as error:
        if getattr(error.__cause__, "sqlstate", "") != _LOCK_NOT_AVAILABLE:
            raise
        raise _Held from None
