"""Leave to forward outside: given by an officer, for a reason, until a moment.

The address is sealed twice: to the ingest key, so that a worker that files can use it, and
to the mailbox, so that its owner can see where their mail goes. Whoever gives leave needs
public halves only. Ending it takes effect with the next letter.
"""

from __future__ import annotations

import json
from datetime import datetime

from django.utils.translation import gettext_lazy as _

from accounts.models import Account
from govmail_portal.errors import PortalError
from mailbox import opening
from mailbox.mime.addresses import is_valid_address
from mailbox.models import ForwardPermission, Mailbox, MailboxAddress
from mailbox.sealing import hpke, infos, keyring


class NotOutside(PortalError):
    message = _("This is no address outside the portal to which mail can be forwarded.")


class LeaveWithoutEnd(PortalError):
    message = _("Leave to forward mail outside needs an end that lies ahead, and a reason.")


def grant(
    mailbox: Mailbox, address: str, *, reason: str, until: datetime, by: Account, now: datetime
) -> ForwardPermission:
    """Give a mailbox leave to forward to an address outside until an aware moment.

    An earlier leave of the mailbox ends: there is one at a time. NotOutside, LeaveWithoutEnd.
    The audit is the caller's: it knows through which door the officer came.
    """
    if until <= now or not reason.strip():
        raise LeaveWithoutEnd
    is_inside = MailboxAddress.objects.filter(address=address.lower()).exists()
    if is_inside or not (is_valid_address(address) and address.isascii()):
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
    leave.sealed_for_owner = hpke.seal(value, bytes(mailbox.public_key), info=info)
    leave.save(force_insert=True)
    return leave


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
    return _address(hpke.unseal(bytes(leave.sealed_for_owner), key, info=_info(leave)))


def _address(opened: bytes) -> str:
    address = json.loads(opened).get("address", "")
    if not is_valid_address(address):
        raise ValueError("no address")
    return str(address)


def _info(leave: ForwardPermission) -> bytes:
    return infos.for_forwarding(leave.mailbox_id, leave.starts_at)
