"""Letters of the portal about who may read a mailbox: to those concerned, in their own language."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.utils.translation import gettext

from accounts.models import Account, Assignment
from accounts.people.read_by import as_read_by
from govmail_portal import dates
from govmail_portal.dates import Manner
from mailbox.models import Delegation
from mailbox.people.letters import put_into

# A letter names so many; the administration shows all.
NAMED = 100


@dataclass(frozen=True)
class Newcomer:
    """Somebody who has come to use an office's mailbox. kind: of the post; "" for a delegate."""

    account: Account
    office: Account
    kind: str
    until: date | None
    order_no: str

    def line(self, manner: Manner) -> str:
        """Who, in which manner, until when, by which order; in the language that is on."""
        kind = Assignment.Kind(self.kind).label if self.kind else gettext("delegate")
        parts = [f"{self.account.name} <{self.account.address}>", str(kind)]
        if self.until is not None:
            parts.append(gettext("until %(day)s") % {"day": dates.day_of(self.until, manner)})
        return " · ".join([*parts, *filter(None, [self.order_no])])


def to_those_there(
    reader: Account, office: Account, newcomers: Sequence[Newcomer], *, now: datetime
) -> None:
    """Tell somebody who uses an office's mailbox who has come to use it, too."""
    with as_read_by(reader) as manner:
        name = {"name": office.name, "address": office.address}
        subject = gettext("Somebody new uses the mailbox of %(name)s") % name
        lines = [
            gettext("These people may now use the mailbox of %(name)s, %(address)s:") % name,
            _listed([one.line(manner) for one in newcomers], manner),
            gettext(
                "If you did not expect that, ask the HR officers of your agency at once: the "
                "record of acts shows who wrote it down."
            ),
        ]
        _put(reader, subject, lines, now)


def to_officer(reader: Account, newcomers: Sequence[Newcomer], *, now: datetime) -> None:
    """Tell an officer who has come to use mailboxes of offices."""
    with as_read_by(reader) as manner:
        subject = gettext("Somebody new uses the mailbox of an office")
        lines = [
            gettext("These people may now use a mailbox of an office:"),
            _listed([f"{one.office.address}: {one.line(manner)}" for one in newcomers], manner),
            gettext(
                "If you did not expect one of them, look in the record of acts who wrote it "
                "down; end a delegation, or the post, at once."
            ),
        ]
        _put(reader, subject, lines, now)


def to_whom_it_was(reader: Account, delegation: Delegation, *, now: datetime) -> None:
    """Tell an official that what lies in their mailbox was opened to a superior."""
    with as_read_by(reader) as manner:
        superior = delegation.account
        words = {"name": superior.name, "address": superior.address, **_days(delegation, manner)}
        owner = delegation.mailbox.account
        subject = gettext("Your mailbox was opened to your superior")
        lines = [
            gettext("%(name)s, %(address)s, may read it from %(first)s to %(last)s.") % words,
            gettext("Mailbox: %(address)s") % {"address": owner.address if owner else ""},
            gettext("Two officers of your agency have agreed to this, and it is on record."),
        ]
        _put(reader, subject, lines, now)


def to_receiver(delegation: Delegation, *, now: datetime) -> None:
    """Tell an official who has gone to another agency that copies may be taken, and until when."""
    owner = delegation.mailbox.account
    with as_read_by(delegation.account) as manner:
        words = {"address": owner.address if owner else "", **_days(delegation, manner)}
        subject = gettext("You may take copies from your former mailbox")
        lines = [
            gettext("From %(first)s to %(last)s you may read %(address)s.") % words,
            gettext(
                "Choose it where your mailboxes stand, and download the letters you need. The "
                "mail itself stays with your former agency."
            ),
        ]
        _put(delegation.account, subject, lines, now)


def _days(delegation: Delegation, manner: Manner) -> dict[str, str]:
    last = delegation.valid_to
    return {
        "first": dates.day_of(delegation.valid_from, manner),
        "last": dates.day_of(last, manner) if last else gettext("without end"),
    }


def _listed(names: Sequence[str], manner: Manner) -> str:
    lines = [f"– {name}" for name in names[:NAMED]]
    if len(names) > NAMED:
        rest = {"count": manner.digits(f"{len(names) - NAMED:,}")}
        lines.append(gettext("And %(count)s more.") % rest)
    return "\n".join(lines)


def _put(reader: Account, subject: str, lines: Sequence[str], now: datetime) -> None:
    name = f"notice-{uuid.uuid4()}"
    put_into(reader, subject=subject[:300], text="\n\n".join(lines), name=name, now=now)
