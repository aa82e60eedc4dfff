"""A personal copy for somebody who has gone to another agency, released by both sides.

The official mail stays with the old agency. An officer of one side asks and says why, an
officer of the other side agrees (`two_officers`); then the new account may read what lies in
the old mailbox for a time and take copies of it. Either side's officers may end that early.
"""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext_lazy as _

from accounts.models import Account, Agency, SecondOpinion
from accounts.people import consequences, two_officers
from govmail_portal.errors import PortalError

DEED = "release_copy"


class NothingToRelease(PortalError):
    message = _("The holder of this account has not gone to another agency of the portal.")


class NewAccountMustBeOpen(PortalError):
    message = _("The account in the new agency is not open yet. Ask when it is.")


def ask(account: Account, *, reason: str, by: Account, now: datetime) -> SecondOpinion:
    """Ask that whoever had this account, or now has it, may take copies of the former mail.

    account: the old one, or the new one (then: of the mail left last). Raises
    NothingToRelease, NewAccountMustBeOpen, and what `two_officers.ask` raises.
    """
    old = account if account.official_id is None else _left_last(account)
    new = _open_account(old, now)
    return two_officers.ask(DEED, old, reason=reason, by=by, now=now, details={"to": new.pk})


def _sides(old: Account) -> tuple[Agency, ...]:
    """The agency that keeps the mail, and the one its former holder serves now."""
    new = _new_account(old)
    return (old.agency, new.agency) if new is not None else (old.agency,)


@two_officers.takes_two(
    DEED,
    title=_("Release a personal copy of the former mail"),
    right="accounts.change_official",
    sides=_sides,
)
def _release(opinion: SecondOpinion, now: datetime) -> None:
    new = _open_account(opinion.account, now)
    # Asked for one agency; whoever has gone on to a third since then is asked for anew.
    if new.pk != opinion.details["to"]:
        raise NothingToRelease
    consequences.carry_out("released", opinion.account, now=now, to=new, reason=opinion.reason)


def _open_account(old: Account, now: datetime) -> Account:
    new = _new_account(old)
    if new is None or new.agency_id == old.agency_id:
        raise NothingToRelease
    if not new.is_active_at(now):
        raise NewAccountMustBeOpen
    return new


def _new_account(old: Account) -> Account | None:
    """Where the former holder is now; None if it was nobody's, or they are nowhere."""
    if old.official_id is not None or old.former_official_id is None:
        return None
    holders = Account.objects.filter(official=old.former_official_id)
    return holders.select_related("agency").first()


def _left_last(account: Account) -> Account:
    """The account its holder left last, for this one."""
    former = Account.objects.filter(former_official=account.official_id)
    old = former.select_related("agency").order_by("-valid_to", "-pk").first()
    if old is None:
        raise NothingToRelease
    return old
