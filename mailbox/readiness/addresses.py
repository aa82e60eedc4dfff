"""Addresses with the token of a test letter: `readiness+TOKEN@…`, good while it is not over."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db.models import Q

from accounts.models import TestLetter

_PLUS = "+"


def is_one(address: str) -> bool:
    """Whether an address, in lower case, was written to be one of these, good or not."""
    local, _at, domain = settings.READINESS_ADDRESS.rpartition("@")
    name, plus, rest = address.partition(_PLUS)
    return bool(local and plus and name == local and rest.rpartition("@")[2] == domain)


def letter_at(address: str, now: datetime) -> int | None:
    """The letter whose address this is; None where nobody was given it, or its time is over."""
    token = address.partition(_PLUS)[2].rpartition("@")[0]
    in_time = Q(answer_by__isnull=True) | Q(answer_by__gte=now)
    found = TestLetter.objects.filter(in_time, token=token, closed_at__isnull=True)
    return found.values_list("pk", flat=True).first()
