"""Whose signatures, filters and absence a page is about: one's own mailbox's, or an office's.

An office has its own, which everybody who writes there shares. Those of another person are
that person's alone, whatever a delegate may do in the mailbox.
"""

from __future__ import annotations

from uuid import UUID

from django.http import Http404
from django.urls import reverse

from accounts.models import Account
from mailbox.models import Mailbox
from mailbox.web.finding import mailbox_of
from mailbox.web.requests import PortalRequest
from mailbox.web.shell import find_mailbox


def settings_of(request: PortalRequest, mailbox: UUID | None = None) -> Mailbox:
    """The mailbox whose settings are shown: the person's own, unless the address names another.

    Another must be an office's, and one the person may write in; else 404.
    """
    if mailbox is None:
        return mailbox_of(request)
    found = find_mailbox(request.user, mailbox, writes=True)
    if found is None or not (is_own(found, request.user) or found.is_of_office):
        raise Http404
    return found


def settings_around(request: PortalRequest, mailbox: UUID) -> Mailbox:
    """The same for a letter in a mailbox: its office's settings, or else the reader's own."""
    try:
        return settings_of(request, mailbox)
    except Http404:
        return settings_of(request)


def is_own(mailbox: Mailbox, account: Account) -> bool:
    return mailbox.account_id == account.pk


def url_of(page: str, mailbox: Mailbox, account: Account) -> str:
    """Where one of these pages is for a mailbox: signatures, filters, vacation and theirs."""
    if is_own(mailbox, account):
        return reverse(f"mailbox:{page}")
    return reverse(f"mailbox:{page}-of", args=[mailbox.pk])


def inbox_of(mailbox: Mailbox, account: Account) -> str:
    """The inbox these settings are for."""
    if is_own(mailbox, account):
        return reverse("mailbox:inbox")
    return reverse("mailbox:folder", args=[mailbox.pk, "inbox"])
