"""Bringing what lies under an old key of the keyring under the one in use, while mail goes on.

Each batch commits by itself and every row says which key it is under, so this may be killed
at any moment and run again; whatever is old is read with its old key, which stays in the
keyring until nothing uses it (`retiring`).
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from govmail_portal.errors import PortalError
from mailbox.errors import KeyMissing, SealBroken
from mailbox.filing.rotation.figures import Progress
from mailbox.filing.rotation.kinds import Kind, kinds

log = logging.getLogger(__name__)

BATCH = 200
# So many of each kind are tried before a rotation begins.
SAMPLE = 20
# How often to come back for rows that workers have in hand, and after how many seconds.
_ROUNDS, _PAUSE = 20, 0.2


class WrongKeyring(PortalError):
    message = _("These key files do not open what is stored. Nothing was changed.")
    status = 409


def progress() -> list[Progress]:
    """Tell how much is under the active keys, for every kind this keyring can re-wrap."""
    return [_figure(kind) for kind in kinds()]


def rewrap(*, batch: int = BATCH) -> Iterator[Progress]:
    """Re-wrap whatever this keyring can, giving the figure after each committed batch."""
    for kind in kinds():
        yield from _through(kind, _figure(kind), batch)


def check_opens() -> None:
    """Raise WrongKeyring if of what is under one name nothing opens: before a rotation.

    A row or two that are broken do not hinder the others; a keyring of another set would.
    """
    found: dict[str, set[bool]] = {}
    for kind in kinds():
        # What is under the active key already is re-wrapped, too, in memory alone.
        rows = kind.rows.order_by("pk")[:SAMPLE]
        found.setdefault(kind.name, set()).update(_opens(kind, row) for row in rows)
    for name, opened in found.items():
        if opened == {False}:
            words = _("No %(name)s key here opens what is stored. Nothing was changed.")
            raise WrongKeyring(words % {"name": name})


def _figure(kind: Kind) -> Progress:
    counts = kind.count()
    return Progress(kind.label, counts[kind.active], counts.total())


def _through(kind: Kind, figure: Progress, batch: int) -> Iterator[Progress]:
    """Take one kind through; again while workers had some of its rows in hand."""
    for number in range(_ROUNDS if kind.is_in_hand else 1):
        if number:
            if not kind.behind.exists():
                return
            time.sleep(_PAUSE)
        for step in _once_through(kind, replace(figure, broken=0), batch):
            figure = step
            yield figure
        if figure.broken:
            return


def _once_through(kind: Kind, figure: Progress, batch: int) -> Iterator[Progress]:
    """In the order of the primary key, each batch in its own transaction."""
    rows = kind.behind.order_by("pk")
    # Who has one in hand may wait for another: nobody waits for us, and we for nobody.
    rows = rows.select_for_update(of=("self",), no_key=True, skip_locked=kind.is_in_hand)
    last: Any = None
    while True:
        with transaction.atomic():
            taken = list((rows if last is None else rows.filter(pk__gt=last))[:batch])
            if not taken:
                return
            old = [row for row in taken if kind.key_of(row) != kind.active]
            changed = [row for row in old if _rewrapped(kind, row)]
            kind.behind.model._default_manager.bulk_update(changed, kind.fields)
        last = taken[-1].pk
        figure = replace(
            figure,
            done=figure.done + len(changed),
            broken=figure.broken + len(old) - len(changed),
        )
        yield figure


def _rewrapped(kind: Kind, row: Any) -> bool:
    """Re-wrap one row in memory; one that cannot be opened is left as it is, and told."""
    if not (opens := _opens(kind, row)):
        log.error("Not re-wrapped, no key opens it: one of the %s, %s.", kind.label, row.pk)
    return opens


def _opens(kind: Kind, row: Any) -> bool:
    try:
        kind.rewrap(row)
    except (SealBroken, KeyMissing):
        return False
    return True
