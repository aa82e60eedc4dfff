"""Leave to forward outside: given by an officer, for a reason, until a moment.

The address is sealed twice: to the ingest key, so that a worker that files can use it, and
to the mailbox, so that its owner can see where their mail goes. Whoever gives leave needs
public halves only. Ending it takes effect with the next letter.
"""

from __future__ import annotations

import json
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import Account, AgencyDomain
from govmail_portal.errors import PortalError
from mailbox import opening
from mailbox.filing.lists.addresses import taken_by_mail
from mailbox.mime.addresses import domain_of, is_valid_address
from mailbox.models import ForwardPermission, Mailbox
from mailbox.sealing import infos, keyring


class NotOutside(PortalError):
    message = _("This is no address outside the portal to which mail can be forwarded.")


class LeaveWithoutEnd(PortalError):
    message = _("Leave to forward mail outside needs an end that lies ahead, and a reason.")


@transaction.atomic
def grant(
    mailbox: Mailbox, address: str, *, reason: str, until: datetime, by: Account, now: datetime
) -> ForwardPermission:
    """Give a mailbox leave to forward to an address outside until an aware moment.

    An earlier leave of the mailbox ends: there is one at a time. NotOutside, LeaveWithoutEnd.
    The audit is the caller's: it knows through which door the officer came.
    """
    if until <= now or not reason.strip():
        raise LeaveWithoutEnd
    if not (is_valid_address(address) and address.isascii() and is_outside(address)):
        raise NotOutside
    ForwardPermission.objects.in_force(now).filter(mailbox=mailbox).update(ended_at=now)
    leave = ForwardPermission(
        mailbox=mailbox,
        reason=reason.strip()[:300],
        granted_by=by,
        starts_at=now,
        until=until,
    )
    value, info = json.dumps({"address": address}).encode(), _info(leave)
    leave.ingest_key_id, leave.sealed_address = keyring.current().seal_to("ingest", value, info)
    leave.sealed_for_owner = opening.seal_to_mailbox(mailbox.pk, value, info)
    leave.save(force_insert=True)
    return leave


def is_outside(address: str) -> bool:
    """Whether nothing of the portal stands behind an address: no mailbox, no list, no domain.

    What is passed on inside would be taken there for a letter of the portal's own, and who
    wrote it for proven. A domain of ours may have any list, or addresses with a plus.
    """
    known = AgencyDomain.objects.filter(domain__iexact=domain_of(address))
    return not known.exists() and not taken_by_mail([address.lower()])


def in_force_for(mailbox: Mailbox, now: datetime) -> ForwardPermission | None:
    """The leave by which a mailbox's mail goes outside at a moment (aware); None: it does not."""
    leaves = ForwardPermission.objects.in_force(now).filter(mailbox=mailbox)
    return leaves.select_related("mailbox").order_by("-starts_at").first()


def end(leave: ForwardPermission, *, now: datetime) -> None:
    """End a leave before its time; ended twice it stays as it was."""
    ForwardPermission.objects.filter(pk=leave.pk, ended_at=None).update(ended_at=now)


def open_for_worker(leave: ForwardPermission) -> str:
    """The address, by the ingest key. KeyMissing, SealBroken, ValueError."""
    opened = keyring.current().unseal_from(
        "ingest", leave.ingest_key_id, bytes(leave.sealed_address), _info(leave)
    )
    return _address(opened)


def open_for_owner(leave: ForwardPermission) -> str:
    """The address, by the mailbox's own key: in the web tier. SealBroken, ValueError."""
    key = opening.mailbox_key(leave.mailbox)
    return _address(opening.unseal_own(bytes(leave.sealed_for_owner), key, info=_info(leave)))


def _address(opened: bytes) -> str:
    address = json.loads(opened).get("address", "")
    if not is_valid_address(address):
        raise ValueError("no address")
    return str(address)


def _info(leave: ForwardPermission) -> bytes:
    return infos.for_forwarding(leave.mailbox_id, leave.starts_at)
