"""The mail's steps of opening an account: its mailbox, and the letter that lies in it first."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils import translation
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import Account
from accounts.provisioning.steps import NotYet, step, undoes
from accounts.signing_in import directory_login
from govmail_portal.errors import PortalError
from mailbox.errors import KeyMissing
from mailbox.filing import spares
from mailbox.filing.mailboxes import open_mailbox
from mailbox.models import Mailbox, MailboxAddress
from mailbox.people.letters import put_into
from mailbox.sealing import keyring
from mailbox.standing import absences

# How soon to look again for a spare mailbox: a keyholder makes hundreds in a second.
_SOON = timedelta(seconds=10)


class AddressLeadsElsewhere(PortalError):
    message = _("This address leads to another mailbox already.")


class NoSpareMailbox(NotYet):
    message = _("It waits for the keyholder to make a mailbox ready.")

    def __init__(self) -> None:
        super().__init__(wait=_SOON)


@step("mailbox", order=20)
def open_mailbox_of(account: Account, *, now: datetime) -> None:
    """Give the account a mailbox with a key pair of its own; one that it has is opened again.

    A worker takes a spare one. Where the storage key is at hand (the web tier, tests) a new
    one is made if there is none. NoSpareMailbox, AddressLeadsElsewhere.
    """
    mailbox = Mailbox.objects.filter(account=account).first()
    if mailbox is not None:
        Mailbox.objects.filter(pk=mailbox.pk, is_open=False).exclude(sealed_private_key=b"").update(
            is_open=True
        )
        # Nobody is told any more that its holder has left.
        absences.end_official(mailbox)
        return
    if MailboxAddress.objects.filter(address=account.address.lower()).exists():
        raise AddressLeadsElsewhere
    if spares.give_out(account, [account.address]) is not None:
        return
    if not _has_storage_key():
        raise NoSpareMailbox
    open_mailbox(account, [account.address])


@undoes("mailbox")
def close_mailbox_of(account: Account, *, now: datetime) -> None:
    """The request was cancelled: nothing is delivered any more; the address stays taken."""
    Mailbox.objects.filter(account=account).update(is_open=False)


@step("welcome", order=40)
def welcome(account: Account, *, now: datetime) -> None:
    """Lay the first letter into the mailbox: what it is for and what to do first."""
    with translation.override(account.language):
        subject, text = gettext("Welcome to the central mail of the state"), _text(account)
    put_into(account, subject=subject, text=text, name=f"welcome-{account.pk}", now=now)


def _text(account: Account) -> str:
    words = {"name": account.name, "address": account.address, "agency": account.agency.name}
    if account.position_id is not None:
        lines = [
            gettext("This is the mailbox of %(name)s at %(agency)s: %(address)s."),
            gettext(
                "It belongs to the office and stays when its holder changes. Whoever holds the "
                "post, and the delegates they name, read and write here."
            ),
        ]
    else:
        lines = [
            gettext("%(name)s, this is your official mailbox at %(agency)s: %(address)s."),
            gettext(
                "Use it for all official letters; official data does not go by free mail "
                "services. Your private mail is your own affair."
            ),
            *_how_to_sign_in(account),
            gettext("Set up a second factor, and write your first letter to a colleague."),
        ]
    return "\n\n".join(line % words for line in lines)


def _how_to_sign_in(account: Account) -> list[str]:
    """Said only to those who are given no first key."""
    if not directory_login.signs_in_by_directory(account):
        return []
    return [
        gettext(
            "You sign in with this address and the password of your agency. The portal keeps no "
            "password of yours and sends no activation letter; change your password at your agency."
        )
    ]


def _has_storage_key() -> bool:
    try:
        return keyring.current().opens("storage")
    except KeyMissing:
        return False
