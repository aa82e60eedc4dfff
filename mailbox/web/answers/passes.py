"""Passes: how the pictures inside a letter are let in without a cookie.

The frame of a letter is sandboxed without an origin, so browsers send no
SameSite cookie with what it loads. Its pictures therefore carry a pass in their
path: signed, for one account, good for some minutes, opening nothing but
pictures of messages and drafts that this account may read.
"""

from __future__ import annotations

from django.core.signing import BadSignature, TimestampSigner
from django.http import Http404

from accounts.models import Account

MINUTES = 15
_signer = TimestampSigner(salt="mailbox.pictures")


def issue(account_id: int) -> str:
    """A pass for an account, from now on."""
    return _signer.sign(str(account_id))


def account_of(text: str) -> Account:
    """The account of a pass; 404 if it is not ours, too old, or the account is shut."""
    try:
        account_id = _signer.unsign(text, max_age=MINUTES * 60)
    except BadSignature:
        raise Http404 from None
    if (account := Account.objects.active().filter(pk=account_id).first()) is None:
        raise Http404
    return account
