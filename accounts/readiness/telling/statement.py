"""The public page of an agency's readiness: shown only where the agency itself has chosen so."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from accounts.audit import chain
from accounts.models import Account, Agency
from accounts.readiness import gate, officers

LONGEST = 2_000


@transaction.atomic
def publish(agency: Agency, *, thai: str, english: str, by: Account, now: datetime) -> None:
    """Show the page to everybody, with these words of the agency; plain text, both may be empty."""
    officers.must_manage(by, agency)
    row = gate.hold(agency, now=now)
    row.is_public = True
    row.statement_th, row.statement_en = thai.strip()[:LONGEST], english.strip()[:LONGEST]
    row.save(update_fields=["is_public", "statement_th", "statement_en"])
    chain.record("statement_published", agency, by=by, now=now, agency=agency)


@transaction.atomic
def withdraw(agency: Agency, *, by: Account, now: datetime) -> None:
    """Show the page to nobody; the words are kept. Twice is once."""
    officers.must_manage(by, agency)
    row = gate.hold(agency, now=now)
    if row.is_public:
        row.is_public = False
        row.save(update_fields=["is_public"])
        chain.record("statement_withdrawn", agency, by=by, now=now, agency=agency)


def published(agency: Agency) -> bool:
    """Whether anybody may see the page."""
    return Agency.objects.filter(pk=agency.pk, readiness__is_public=True).exists()
