"""An agency with people for the tests of the mandate: posts, accounts and proofs, no mailboxes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import date, datetime, time
from itertools import count

from django.contrib.auth.models import Group

from accounts.mandate import evidence, obligations
from accounts.models import (
    Account,
    Agency,
    Assignment,
    Attestation,
    MandateRule,
    Obligation,
    Official,
    OrgUnit,
    Position,
    TotpDevice,
)
from accounts.people.roles import HR_OFFICER
from govmail_portal.dates import BANGKOK

# What a sender of reminders was given: to whom, subject, text.
Letter = tuple[Account, str, str]

_NUMBERS = count(1)
OURS = ("account_active", "second_factor", "first_sign_in")


def noon(day: date) -> datetime:
    return datetime.combine(day, time(12), BANGKOK)


def agency(name: str = "กรมแผนที่", **fields: object) -> Agency:
    return Agency.objects.create(name_th=name, **({"state": Agency.State.LIVE} | fields))


def unit(agency: Agency, parent: OrgUnit | None = None) -> OrgUnit:
    return OrgUnit.objects.create(agency=agency, parent=parent, name_th=f"กองที่ {next(_NUMBERS)}")


def official(
    agency: Agency,
    *,
    director: str = "no",
    since: date | None = None,
    until: date | None = None,
    unit: OrgUnit | None = None,
) -> Official:
    """An official who holds one substantive post."""
    made = Official.objects.create(given_name_th="ก", family_name_th=f"{next(_NUMBERS)}")
    give_post(made, agency, director=director, since=since, until=until, unit=unit)
    return made


def give_post(
    official: Official,
    agency: Agency,
    *,
    director: str = "no",
    since: date | None = None,
    until: date | None = None,
    unit: OrgUnit | None = None,
    kind: str = "substantive",
) -> Assignment:
    position = Position.objects.create(
        agency=agency, unit=unit, title_th="ตำแหน่ง", is_director_or_above=director
    )
    return Assignment.objects.create(
        official=official, position=position, kind=kind, valid_from=since, valid_to=until
    )


def account(official: Official, agency: Agency, *, opened: date) -> Account:
    """An account that is open, with an authenticator app, never signed in."""
    made = Account.objects.create(
        address=f"p{next(_NUMBERS)}@map.example",
        agency=agency,
        official=official,
        state=Account.State.ACTIVE,
        valid_from=noon(opened),
    )
    device = TotpDevice.objects.create(user=made, name="app", sealed_secret=b"x")
    TotpDevice.objects.filter(pk=device.pk).update(created_at=noon(opened))
    return made


def officer(agency: Agency) -> Account:
    """An HR officer of the agency."""
    made = account(official(agency), agency, opened=date(2008, 1, 1))
    made.is_staff = True
    made.save(update_fields=["is_staff"])
    made.groups.add(Group.objects.get(name=HR_OFFICER))
    return made


def prove(official: Official, agency: Agency, day: date) -> Account:
    """Everything that accounts can show, all on one day."""
    made = account(official, agency, opened=day)
    Account.objects.filter(pk=made.pk).update(first_signed_in_at=noon(day))
    return made


def attest(agency: Agency, by: Account, day: date, unit: OrgUnit | None = None) -> Attestation:
    return Attestation.objects.create(agency=agency, unit=unit, by=by, attested_at=noon(day))


def reckon(who: Official | Iterable[Official], day: date, cause: str = "joined") -> int:
    people = [who] if isinstance(who, Official) else who
    return obligations.recompute(people, now=noon(day), cause=cause)


def rule(covers: str) -> MandateRule:
    return MandateRule.objects.get(covers=covers)


def duty(official: Official, covers: str = "everyone") -> Obligation:
    return Obligation.objects.counted().get(official=official, rule__covers=covers)


@contextmanager
def only_our_proofs() -> Iterator[None]:
    """Without the proofs that the mail hangs on, which nobody here could give."""
    known = dict(evidence._PROOFS)
    for name in known.keys() - set(OURS):
        del evidence._PROOFS[name]
    try:
        yield
    finally:
        evidence._PROOFS.clear()
        evidence._PROOFS.update(known)
