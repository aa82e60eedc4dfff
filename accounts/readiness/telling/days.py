"""The readiness night: every gate is reckoned, and how each agency stood is kept for ever.

Time alone moves things, too: waivers end, what was known grows old, graces run out.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import Agency, CheckedDomain, ReadinessDay, Rule, ScanRun
from accounts.readiness import evidence, gate, ladder, scores
from accounts.readiness.evidence import EvidenceDamaged
from accounts.readiness.gate.blocking import Ledger
from accounts.readiness.subject import Subject
from accounts.readiness.telling import notices

State = Agency.State


def close_day(now: datetime) -> bool:
    """Close the day that has ended in Thailand, unless that is done; gives whether it was open.

    The rows of the day are the mark. Who is stopped half-way is followed by another, who goes on
    with the agencies that have none yet. An agency nobody has assessed has none.
    """
    found = list(owed(now))
    for agency in found:
        close(agency, now)
    notices.remind(now)
    return bool(found)


def owed(now: datetime) -> QuerySet[Agency]:
    """The agencies whose last day is not written down yet."""
    ended = timezone.localdate(now) - timedelta(days=1)
    return _assessed().exclude(readiness_days__day=ended).order_by("pk")


def close(agency: Agency, now: datetime) -> None:
    """Reckon an agency's gate, and write its last day down."""
    gate.reckon(agency, now)
    write_down(agency, timezone.localdate(now) - timedelta(days=1), now)


def write_down(agency: Agency, day: date, now: datetime) -> ReadinessDay:
    """Keep how an agency stands now as its row of a day, in place of any earlier one."""
    ledger = gate.ledger_of(agency, now)
    row, _made = ReadinessDay.objects.update_or_create(
        agency=agency,
        day=day,
        defaults={
            "state": agency.state,
            "blocking": len(ledger.blocks()),
            "dmarc": ladder.lowest(_rung(each, now) for each in ledger.domains if each.has_mail),
            **{pillar: _score(ledger, pillar) for pillar in Rule.Pillar.values},
        },
    )
    return row


def _score(ledger: Ledger, pillar: str) -> int | None:
    found = (
        ledger.standing(domain, rule)
        for domain in ledger.domains
        for rule in ledger.rules
        if rule.pillar == pillar
    )
    return scores.score_of(each for each in found if each is not None)


def _rung(domain: CheckedDomain, now: datetime) -> str:
    """Where the newest run found the domain on the DMARC ladder; "" where nobody can tell."""
    run = ScanRun.objects.done().filter(domain=domain).order_by("-finished_at", "-pk").first()
    if run is None or run.finished_at is None:
        return ""
    try:
        seen = evidence.unpack(bytes(run.evidence), digest=run.digest)
        subject = Subject.from_json(run.subject)
    except (EvidenceDamaged, KeyError, ValueError, TypeError):
        return ""
    history = ladder.history_of(domain, now)
    return ladder.rung_of(subject, seen, history, now=run.finished_at)


def _assessed() -> QuerySet[Agency]:
    kept = CheckedDomain.objects.kept().values("agency")
    return Agency.objects.filter(pk__in=kept) | Agency.objects.exclude(
        state__in=(State.UNASSESSED,)
    ).filter(readiness__isnull=False)
