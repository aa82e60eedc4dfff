"""The demo's offices: saraban@ and the governor's mailbox, their holders and delegates.

And two officials of an agency that is not open yet: their accounts wait at its gate.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from accounts.models import Account, Agency, Assignment, Official, Position
from accounts.people import directory, joining
from mailbox.demo.people import TOP_LEVEL
from mailbox.filing.mailboxes import open_mailbox
from mailbox.models import Delegation, Mailbox
from mailbox.people import delegating, newcomers
from mailbox.people.delegating import Terms
from mailbox.people.opening import welcome

# The agency's label and the login of the registry officer who holds its saraban@ besides.
_REGISTRIES = {"soc": "sarawut.k", "moi": "rattana.j", "mot": "lalita.h", "chiangmai": "chatchai.d"}
_GOVERNOR = "wichai.m@chiangmai.example"
# Whose mailbox (or office), the delegate, and whether the delegate may send.
_DELEGATES = (
    ("governor@chiangmai.example", _GOVERNOR, "sunee.k@chiangmai.example", True),
    ("thanakorn.s@soc.example", "thanakorn.s@soc.example", "pimchanok.w@soc.example", False),
)


@dataclass(frozen=True)
class _Waiting:
    """An official whose account waits at the gate of an agency."""

    agency: str
    thai: tuple[str, str]
    english: tuple[str, str]
    post: str
    director: str


_WAITING = (
    _Waiting(
        "mod", ("วีระ", "กล้าหาญ"), ("Wira", "Klahan"), "ผู้อำนวยการสำนักนโยบายและแผนกลาโหม", "yes"
    ),
    _Waiting("mod", ("นภา", "ใจเย็น"), ("Napha", "Chaiyen"), "นักวิเคราะห์นโยบายและแผน", "no"),
)


@transaction.atomic
def load_offices(now: datetime) -> int:
    """Make the offices, delegates and waiting officials that are missing; return how many
    offices were made. Needs the storage key."""
    made = sum(_registry(label, login, now) for label, login in _REGISTRIES.items())
    made += _governor(now)
    for owner, by, to, sends in _DELEGATES:
        _delegate(owner, by, to, sends=sends, now=now)
    for waiting in _WAITING:
        _wait(waiting, now)
    if made:
        newcomers.take_note(now)
    return made


def addresses() -> list[str]:
    """The addresses of the demo's offices."""
    return [f"saraban@{label}.{TOP_LEVEL}" for label in _REGISTRIES] + [
        f"governor@chiangmai.{TOP_LEVEL}"
    ]


def _registry(label: str, login: str, now: datetime) -> bool:
    address = f"saraban@{label}.{TOP_LEVEL}"
    holder = _account(f"{login}@{label}.{TOP_LEVEL}")
    if holder is None or holder.official is None or _account(address) is not None:
        return False
    position = Position.objects.create(
        agency=holder.agency,
        title_th="งานสารบรรณกลาง",
        title_en="Central registry",
        is_director_or_above=Position.DirectorOrAbove.NO,
    )
    Assignment.objects.create(
        official=holder.official, position=position, kind=Assignment.Kind.ADDITIONAL
    )
    return _office(address, position, now)


def _governor(now: datetime) -> bool:
    governor, address = _account(_GOVERNOR), f"governor@chiangmai.{TOP_LEVEL}"
    if governor is None or governor.official is None or _account(address) is not None:
        return False
    position = governor.official.held_position
    return position is not None and _office(address, position, now)


def _office(address: str, position: Position, now: datetime) -> bool:
    account = Account.objects.create_user(
        address, agency=position.agency, position=position, state=Account.State.ACTIVE
    )
    open_mailbox(account, [address])
    welcome(account, now=now)
    directory.list_again([account])
    return True


def _delegate(owner: str, by: str, to: str, *, sends: bool, now: datetime) -> None:
    box, giver = Mailbox.objects.filter(account__address=owner).first(), _account(by)
    if box is None or giver is None or Delegation.objects.filter(mailbox=box).exists():
        return
    terms = Terms(
        may_write=True,
        may_send_on_behalf=sends,
        valid_to=timezone.localdate(now + timedelta(days=180)),
        reason="คำสั่งมอบหมายงาน ๑๒/๒๕๖๙",
    )
    delegating.grant(box, to, terms, by=giver, now=now)


def _wait(one: _Waiting, now: datetime) -> None:
    agency = Agency.objects.filter(domains__domain=f"{one.agency}.{TOP_LEVEL}").first()
    names = {"given_name_th": one.thai[0], "family_name_th": one.thai[1]}
    if agency is None or Official.objects.filter(**names).exists():
        return
    official = Official.objects.create(
        **names, given_name_en=one.english[0], family_name_en=one.english[1]
    )
    position = Position.objects.create(
        agency=agency, title_th=one.post, is_director_or_above=one.director
    )
    joining.join(
        official,
        agency=agency,
        position=position,
        kind=Assignment.Kind.SUBSTANTIVE,
        valid_from=timezone.localdate(now) - timedelta(days=60),
        order_no="กห ๑/๒๕๖๙",
        by=None,
        now=now,
    )


def _account(address: str) -> Account | None:
    return Account.objects.get_queryset().filter(address=address).first()
