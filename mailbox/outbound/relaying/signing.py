"""A letter as it leaves for outside: signed for its domain, with the path its reports come back by.

Both are the same at every try: the signature's moment is the letter's own.
"""

from __future__ import annotations

from mailbox.errors import KeyMissing
from mailbox.mime.addresses import domain_of
from mailbox.mime.trust.hops import is_passed_on
from mailbox.outbound.domains import signing
from mailbox.outbound.returning import paths
from mailbox.outbound.work import Work


def signed(work: Work) -> bytes:
    """The letter with the signatures of its author's domain, if that has any (RFC 6376).

    Not what is only passed on: its author may be forged, and we would vouch for them.
    """
    if is_passed_on(work.message):
        return work.message
    return signing.signed(work.message, _author_domain(work), signed_at=work.submission.created_at)


def return_path(work: Work) -> str:
    """Where reports come back to; "" for what was written automatically (RFC 3834 §3.3).

    A worker without the returns key sends with the author's own address.
    """
    sender = work.envelope.sender
    if not sender:
        return ""
    last_day = paths.last_day(work.submission.expires_at)
    try:
        return paths.path_for(work.submission.pk, last_day, domain_of(sender))
    except KeyMissing:
        return sender


def _author_domain(work: Work) -> str:
    """The domain of the From header; automatic letters have no return path, but an author."""
    return domain_of(work.head.author or work.envelope.sender)
