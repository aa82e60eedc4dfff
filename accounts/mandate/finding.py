"""Finding whom an exemption or an attestation is for, among those within an officer's reach."""

from __future__ import annotations

from datetime import date

from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts.models import Account, Agency, Assignment, Official, OrgUnit

_MOST_WORDS = 6


def officials_named(words: str, agencies: QuerySet[Agency], *, day: date) -> QuerySet[Official]:
    """Officials of these agencies whose names or address hold every word, as
    `exemptions.within_reach` knows them: by their account, else by a post held that day."""
    posts = Assignment.objects.filter(position__agency__in=agencies, official=OuterRef("pk"))
    theirs = Q(account__agency__in=agencies) | Q(account__isnull=True)
    serving = Q(Exists(posts.on(day))) | Q(account__state__in=Account.OPEN_STATES)
    found = Official.objects.filter(theirs, serving).select_related("account__agency")
    for word in _words(words):
        found = found.filter(
            Q(given_name_th__icontains=word)
            | Q(family_name_th__icontains=word)
            | Q(given_name_en__icontains=word)
            | Q(family_name_en__icontains=word)
            | Q(account__address__icontains=word)
        )
    return found


def units_named(words: str, agencies: QuerySet[Agency]) -> QuerySet[OrgUnit]:
    """Units of these agencies whose names hold every word."""
    found = OrgUnit.objects.filter(agency__in=agencies).select_related("agency")
    for word in _words(words):
        found = found.filter(Q(name_th__icontains=word) | Q(name_en__icontains=word))
    return found


def _words(text: str) -> list[str]:
    # PostgreSQL takes no text with a NUL in it.
    return text.replace("\0", " ").split()[:_MOST_WORDS]
