"""The head's word that no free-mail address is used for official data (the letter's clause 1.1).

It says nothing of private mail, and nothing scans that. The head of a unit attests for the unit
and those below it; an officer writes down a letter in which a head did, with its number.
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.audit import chain
from accounts.mandate import obligations
from accounts.mandate.exemptions import below, in_units
from accounts.models import Account, Agency, Assignment, Attestation, Official, OrgUnit
from accounts.people.reach import agencies_within_reach, is_officer
from govmail_portal.errors import NotYours, PortalError


class LetterNumberNeeded(PortalError):
    message = _(
        "You do not head this unit. Give the number of the letter in which its head says it."
    )


class OtherAgencysUnit(PortalError):
    message = _("This unit belongs to another agency.")


def headed_by(account: Account, *, now: datetime) -> QuerySet[OrgUnit]:
    """The units this account's holder heads today, acting or not."""
    if account.official_id is None:
        return OrgUnit.objects.none()
    posts = Assignment.objects.on(timezone.localdate(now)).filter(
        official=account.official_id, position__is_head_of_unit=True
    )
    return OrgUnit.objects.filter(pk__in=posts.values("position__unit"))


def readable_by(account: Account, *, now: datetime) -> QuerySet[Attestation]:
    """Those of agencies within an officer's reach, and those of units the reader heads."""
    mine = Q(unit__in=headed_by(account, now=now))
    if is_officer(account):
        mine |= Q(agency__in=agencies_within_reach(account))
    return Attestation.objects.filter(mine)


@transaction.atomic
def attest(
    agency: Agency,
    *,
    unit: OrgUnit | None = None,
    letter_no: str = "",
    by: Account,
    now: datetime,
) -> Attestation:
    """Write down the word for a unit, or for the whole agency; one that stands stays.

    Raises LetterNumberNeeded unless `by` heads the unit, NotYours for whoever is neither its
    head nor an officer who reaches the agency.
    """
    if unit is not None and unit.agency_id != agency.pk:
        raise OtherAgencysUnit
    is_head = unit is not None and headed_by(by, now=now).filter(pk=unit.pk).exists()
    reaches = is_officer(by) and agencies_within_reach(by).filter(pk=agency.pk).exists()
    if not is_head and not reaches:
        raise NotYours
    if not is_head and not letter_no.strip():
        raise LetterNumberNeeded
    # Two heads at once would each write one: the agency's row is the lock.
    Agency.objects.select_for_update(no_key=True).get(pk=agency.pk)
    standing = Attestation.objects.filter(agency=agency, unit=unit, withdrawn_at__isnull=True)
    if (known := standing.first()) is not None:
        return known
    made = Attestation.objects.create(
        agency=agency, unit=unit, by=by, letter_no=letter_no.strip(), attested_at=now
    )
    _record("attest", made, by=by, now=now)
    obligations.recompute(touched(made), now=now, cause="attested", by=by)
    return made


@transaction.atomic
def withdraw(attestation: Attestation, *, by: Account, now: datetime) -> None:
    """Take the word back: duties that rested on it are open again. Twice is once."""
    held = Attestation.objects.select_for_update(of=("self",)).get(pk=attestation.pk)
    if held.withdrawn_at:
        return
    held.withdrawn_at = now
    held.save(update_fields=["withdrawn_at"])
    _record("withdraw_attestation", held, by=by, now=now)
    obligations.recompute(
        touched(held),
        now=now,
        cause="attestation_withdrawn",
        by=by,
        forget=(obligations.ATTESTATION,),
    )


def touched(attestation: Attestation) -> QuerySet[Official]:
    """Everybody with a post in the unit and below it, or in the agency."""
    if attestation.unit:
        return in_units(below(attestation.unit))
    posts = Assignment.objects.filter(position__agency=attestation.agency_id)
    return Official.objects.filter(pk__in=posts.values("official"))


def _record(act: str, attestation: Attestation, *, by: Account, now: datetime) -> None:
    details = {"unit": attestation.unit_id, "letter": attestation.letter_no}
    chain.record(act, attestation, by=by, now=now, details=details)
