"""What a change of an official's standing means for mail: hung on `accounts.people.consequences`.

Each part runs inside the change's transaction, with public halves only, and may be called
again. Nothing here opens or deletes any mail: it stays with the agency it was written at.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone, translation
from django.utils.translation import gettext

from accounts.audit import chain
from accounts.models import Account, Assignment, Position
from accounts.people.consequences import follows
from mailbox.filing.absences import Texts
from mailbox.models import Delegation, Forwarding, Mailbox, MailboxAddress
from mailbox.outbound.sending import holding
from mailbox.people import delegating, notices
from mailbox.standing import absences

# How long the old address answers, and a superior may look after what was left (B3).
AFTERWARDS = timedelta(days=90)
# How long somebody who was transferred may take copies, once both agencies have agreed (B3).
COPIES_FOR = timedelta(days=30)


@follows("suspended")
def hold_mail(account: Account, *, now: datetime, for_good: bool = False, **details: Any) -> None:
    """What they have sent and has not left waits (accounts ends the sessions).

    for_good: they died or were dismissed. Then delegates are out as well: what was left is
    opened to a superior by two officers, and to nobody else.
    """
    holding.hold(account, now=now)
    if for_good:
        _end_delegations(account, now)


@follows("reinstated")
def release_mail(account: Account, *, now: datetime, **details: Any) -> None:
    """What waited leaves, and the portal answers for them no more."""
    if (mailbox := _mailbox(account)) is not None:
        absences.end_official(mailbox)
    holding.release(account, now=now)


@follows("retained")
def answer_for_the_office(
    account: Account,
    *,
    now: datetime,
    position: Position | None = None,
    until: datetime | None = None,
    **details: Any,
) -> None:
    """Who writes to somebody who has left is told the office's address, for 90 days.

    What they sent while they served and still waited leaves.
    """
    _end_delegations(account, now)
    holding.release(account, now=now)
    mailbox = _mailbox(account)
    ends_at = until or now + AFTERWARDS
    if mailbox is None or ends_at <= now:
        return
    office = _office_of(account, position or _last_position(account))
    texts = Texts(inside=_has_left(account, office), outside=_has_left(account, office))
    absences.begin_official(mailbox, texts, ends_at=ends_at, now=now)


@follows("transferred")
def forward_mail(
    account: Account, *, now: datetime, to: Account, until: datetime, **details: Any
) -> None:
    """The old address leads to the new mailbox too, and says so, until an aware moment.

    The old mailbox and what lies in it stay the old agency's. Callers outside government
    are told the office's address, not the new one.
    """
    _end_delegations(account, now)
    mailbox = _mailbox(account)
    if mailbox is None or until <= now:
        return
    Forwarding.objects.update_or_create(
        mailbox=mailbox,
        defaults={"target": to, "until": until},
        create_defaults={"target": to, "until": until, "starts_at": now},
    )
    office = _office_of(account, _last_position(account))
    texts = Texts(inside=_has_moved(account, to), outside=_has_left(account, office))
    absences.begin_official(mailbox, texts, ends_at=until, now=now)


@follows("died")
def open_to_superior(
    account: Account, *, now: datetime, superior: Account | None = None, **details: Any
) -> None:
    """The superior may read what was left, once two officers have agreed (they were asked)."""
    _hand_over(account, superior, writes=False, now=now)


@follows("handed_over")
def hand_over(
    account: Account,
    *,
    now: datetime,
    superior: Account | None = None,
    quiet: bool = False,
    **details: Any,
) -> None:
    """The superior may read and sort what a dismissed official was at work on.

    The official is told by a letter, unless the order says otherwise (quiet).
    """
    given = _hand_over(account, superior, writes=True, now=now)
    if given is None:
        return
    told = None if quiet else _where_read(account, now)
    if told is not None:
        notices.to_whom_it_was(told, given, now=now)
    chain.record("hand_over_told" if told else "hand_over_not_told", account, by=None, now=now)


@follows("released")
def let_take_copies(
    account: Account, *, now: datetime, to: Account, reason: str = "", **details: Any
) -> None:
    """The new account may read the old mailbox for thirty days, and download letters from it.

    Nothing moves: the official mail stays the old agency's. Either side's officers end it.
    """
    mailbox = _mailbox(account)
    if mailbox is None:
        return
    first = timezone.localdate(now)
    last = first + COPIES_FOR - timedelta(days=1)
    given = Delegation.objects.in_force(first).filter(mailbox=mailbox, account=to)
    if not given.filter(valid_to__gte=last).exists():
        terms = delegating.Terms(valid_from=first, valid_to=last, reason=reason)
        made = delegating.hand_over(mailbox, to, terms, now=now)
        notices.to_receiver(made, now=now)


def _hand_over(
    account: Account, superior: Account | None, *, writes: bool, now: datetime
) -> Delegation | None:
    """What was given; None where there is nobody to give it to, or they have it already."""
    holding.hold(account, now=now)
    _end_delegations(account, now)
    mailbox = _mailbox(account)
    if mailbox is None or superior is None:
        return None
    day = timezone.localdate(now)
    if Delegation.objects.in_force(day).filter(mailbox=mailbox, account=superior).exists():
        return None
    terms = delegating.Terms(
        may_write=writes, valid_from=day, valid_to=timezone.localdate(now + AFTERWARDS)
    )
    return delegating.hand_over(mailbox, superior, terms, now=now)


def _end_delegations(account: Account, now: datetime) -> None:
    """What they could read of others' is over with their service, and so is what they gave.

    What officers gave (a superior's access, a copy after a transfer) ends on its own day.
    """
    # One that is held is being ended already, perhaps by a worker with its other side.
    rows = Delegation.objects.select_for_update(skip_locked=True, of=("self",))
    lasting = rows.filter(ended_at__isnull=True).select_related("mailbox__account__agency")
    given = lasting.filter(mailbox__account=account, granted_by__isnull=False)
    # Each of the two is found by its own index; with an OR between them neither would be.
    for delegation in (*lasting.filter(account=account), *given):
        delegating.end_by_portal(delegation, now=now)


def _where_read(account: Account, now: datetime) -> Account | None:
    """Where a letter reaches whoever had this account: in their open one, else in it itself."""
    holder = account.official or account.former_official
    open_now = Account.objects.active(now).filter(official=holder) if holder else None
    now_at = open_now.first() if open_now is not None else None
    return now_at or account


def _mailbox(account: Account) -> Mailbox | None:
    return Mailbox.objects.filter(account=account, is_open=True).first()


def _last_position(account: Account) -> Position | None:
    """The post they held last, the substantive one first."""
    official = account.official or account.former_official
    if official is None:
        return None
    held = Assignment.objects.filter(official=official, position__agency=account.agency_id)
    kinds = {Assignment.Kind.SUBSTANTIVE: 0}
    found = sorted(
        held.select_related("position"),
        key=lambda one: (kinds.get(Assignment.Kind(one.kind), 1), -one.pk),
    )
    return found[0].position if found else None


def _office_of(account: Account, position: Position | None) -> str:
    """The address that goes on: the position's, else the agency's saraban@; "" if it has none."""
    if position is not None:
        own = MailboxAddress.objects.filter(
            mailbox__account__position=position, mailbox__is_open=True
        )
        if (found := own.order_by("pk").first()) is not None:
            return found.address
    domains = account.agency.domains.values_list("domain", flat=True)
    central = MailboxAddress.objects.filter(
        address__in=[f"saraban@{domain}" for domain in domains], mailbox__is_open=True
    )
    found = central.order_by("pk").first()
    return found.address if found else ""


def _has_left(account: Account, office: str) -> str:
    def sentence() -> str:
        text = gettext("%(name)s no longer serves at %(agency)s and does not read this address.")
        if office:
            text += " " + gettext("For official matters please write to %(office)s.")
        return text % {**_words(account), "office": office}

    return _in_both(sentence)


def _has_moved(account: Account, to: Account) -> str:
    def sentence() -> str:
        text = gettext(
            "%(name)s has moved to %(to)s. The new address is %(address)s; your letter has been "
            "passed on. Matters of %(agency)s please send to that agency."
        )
        return text % {**_words(account), "to": to.agency.name, "address": to.address}

    return _in_both(sentence)


def _words(account: Account) -> dict[str, str]:
    official = account.official or account.former_official
    name = official.name if official else account.name
    return {"name": name, "agency": account.agency.name}


def _in_both(sentence: Any) -> str:
    """Thai first, English below: nobody knows who writes."""
    texts = []
    for language in ("th", "en"):
        with translation.override(language):
            texts.append(str(sentence()))
    return "\n\n".join(dict.fromkeys(texts))
