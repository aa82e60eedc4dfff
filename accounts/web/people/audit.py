"""The record of acts: who did what to whom, and whether it holds. Facts, and never mail.

Officers read what was done to people within their reach, and their own acts; operators and
auditors, who look after the whole portal, read all of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from urllib.parse import urlencode

from django.db.models import Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, URLResolver, path
from django.views.decorators.http import require_GET

from accounts.audit import chain
from accounts.models import Account, AuditEvent
from accounts.people.reach import EVERYWHERE, agencies_within_reach
from accounts.spreadsheets import values
from accounts.spreadsheets.errors import UnreadableCell
from accounts.web.people.acts import kind_of, label_of, labels, lines_of
from accounts.web.people.gate import for_auditors
from accounts.web.request import PortalRequest
from govmail_portal.dates import BANGKOK

SHOWN = 50
# Longer numbers are no event's; int() and PostgreSQL would refuse the longest.
_DIGITS = 19


@dataclass(frozen=True)
class Told:
    """One event as the page shows it."""

    event: AuditEvent
    title: str
    kind: str
    lines: list[str]
    is_broken: bool


@dataclass(frozen=True)
class Asked:
    """What the reader asked for; a day that cannot be read has its sentence in `trouble`."""

    words: str = ""
    act: str = ""
    kind: str = ""
    subject: str = ""
    since: str = ""
    until: str = ""
    trouble: str = ""

    @classmethod
    def of(cls, request: PortalRequest) -> Asked:
        names = ("words", "act", "kind", "subject", "since", "until")
        said = {name: request.GET.get(name, "")[:100].replace("\0", " ").strip() for name in names}
        try:
            values.day(said["since"]), values.day(said["until"])
        except UnreadableCell as error:
            return cls(**said, trouble=str(error))
        return cls(**said)

    def query(self, **more: object) -> str:
        """The same question as the end of an address."""
        pairs = {name: getattr(self, name) for name in ("words", "act", "kind", "subject")}
        pairs |= {"since": self.since, "until": self.until} | more
        return urlencode({name: value for name, value in pairs.items() if value})


@require_GET
@for_auditors
def audit(request: PortalRequest) -> HttpResponse:
    """A page of events, newest first; `before` goes on below a number."""
    asked = Asked.of(request)
    found = _asked_for(_seen_by(request.user), asked)
    before = request.GET.get("before", "")
    if before.isdecimal():
        found = found.filter(number__lt=int(before) if len(before) < _DIGITS else 2**62)
    rows = list(found.select_related("agency")[: SHOWN + 1])
    events = rows[:SHOWN]
    context = {
        "at": "audit",
        "asked": asked,
        "told": _told(events),
        "acts": labels(),
        "older": asked.query(before=events[-1].number) if len(rows) > SHOWN else "",
        "is_first": not before,
        "is_everywhere": request.user.has_perm(EVERYWHERE),
    }
    return render(request, "accounts/people/audit/audit.html", context)


def _seen_by(account: Account) -> QuerySet[AuditEvent]:
    """What was done to people within reach, and one's own acts."""
    if account.has_perm(EVERYWHERE):
        return AuditEvent.objects.all()
    here = list(agencies_within_reach(account).values_list("pk", flat=True))
    return AuditEvent.objects.filter(Q(agency__in=here) | Q(actor=account))


def _asked_for(events: QuerySet[AuditEvent], asked: Asked) -> QuerySet[AuditEvent]:
    if asked.words:
        named = Q(object_name__icontains=asked.words) | Q(actor_name__icontains=asked.words)
        events = events.filter(named)
    for field, value in (("act", asked.act), ("kind", asked.kind), ("object_id", asked.subject)):
        if value:
            events = events.filter(**{field: value})
    if asked.trouble:
        return events
    since, until = values.day(asked.since), values.day(asked.until)
    if since:
        events = events.filter(at__gte=_midnight(since))
    if until:
        events = events.filter(at__lt=_midnight(until) + timedelta(days=1))
    return events


def _told(events: list[AuditEvent]) -> list[Told]:
    broken = chain.broken_among(events)
    return [
        Told(event, label_of(event.act), kind_of(event), lines_of(event), event.number in broken)
        for event in events
    ]


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=BANGKOK)


urlpatterns: list[URLPattern | URLResolver] = [
    path("people/audit/", audit, name="audit"),
]
