"""/api/readiness/: an agency's results as JSON for its own monitoring (docs/readiness-api.md).

No session counts here, only the agency's key: `Authorization: Bearer govmail_readiness_…`.
Words are for machines: codes and outcomes, never sentences in anybody's language.
"""

from __future__ import annotations

import hashlib
import json
from datetime import datetime
from typing import Any

from allauth.account.adapter import get_adapter
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import URLPattern, URLResolver, path
from django.utils import timezone
from django.utils.http import parse_etags, quote_etag
from django.views.decorators.csrf import csrf_exempt

from accounts.models import Agency, AgencyReadiness, CheckedDomain, Rule, RuleStanding, ScanRun
from accounts.readiness import gate, scores
from accounts.readiness.gate.blocking import Ledger
from accounts.readiness.telling import tokens

_BEARER = "bearer "
# In a minute: wrong keys of one network address, and what an agency's keys may ask together.
MOST_WRONG, MOST_ASKED = 30, 60


@csrf_exempt
def results(request: HttpRequest, name: str = "") -> HttpResponse:
    """The results of the key's agency; with a name, of that domain of it alone."""
    if request.method not in ("GET", "HEAD"):
        return _error(405, "method_not_allowed", Allow="GET, HEAD")
    now = timezone.now()
    key = _key_of(request)
    agency = tokens.agency_of(key, now=now) if key else None
    if agency is None:
        # Guesses are counted by where they come from.
        if not _is_within(f"ip-{get_adapter().get_client_ip(request)}", MOST_WRONG, now):
            return _error(429, "too_many_requests", **{"Retry-After": "60"})
        return _error(401, "no_such_key", **{"WWW-Authenticate": 'Bearer realm="readiness"'})
    if not _is_within(f"agency-{agency.pk}", MOST_ASKED, now):
        return _error(429, "too_many_requests", **{"Retry-After": "60"})
    ledger = gate.ledger_of(agency, now)
    if name:
        domain = next((each for each in ledger.domains if each.name == name.lower()), None)
        if domain is None:
            return _error(404, "no_such_domain")
        return _answer(request, _domain(domain, ledger, _newest(ledger)))
    return _answer(request, _agency(agency, ledger))


def _agency(agency: Agency, ledger: Ledger) -> dict[str, Any]:
    row = AgencyReadiness.objects.filter(agency=agency).first()
    newest = _newest(ledger)
    return {
        "agency": {"id": agency.pk, "name_th": agency.name_th, "name_en": agency.name_en},
        "state": agency.state,
        "since": row.since.isoformat() if row else None,
        "grace_until": row.grace_until.isoformat() if row and row.grace_until else None,
        "profile": ledger.profile.version if ledger.profile else None,
        "blocking": [
            {
                "domain": block.domain.name if block.domain else None,
                "rule": block.code,
                "why": block.why,
            }
            for block in ledger.blocks()
        ],
        "unknown": ledger.unknown(),
        "domains": [_domain(each, ledger, newest) for each in ledger.domains],
    }


def _domain(domain: CheckedDomain, ledger: Ledger, newest: dict[int, ScanRun]) -> dict[str, Any]:
    run = newest.get(domain.pk)
    found = [(rule, ledger.standing(domain, rule)) for rule in ledger.rules]
    return {
        "name": domain.name,
        "role": domain.role,
        "verified_at": domain.verified_at.isoformat() if domain.verified_at else None,
        "run": {"finished_at": run.finished_at.isoformat(), "digest": run.digest}
        if run and run.finished_at
        else None,
        "scores": {
            pillar.value: scores.score_of(
                [each for rule, each in found if each and rule.pillar == pillar]
            )
            for pillar in Rule.Pillar
        },
        "rules": [_rule(rule, standing, domain, ledger) for rule, standing in found],
    }


def _rule(
    rule: Rule, standing: RuleStanding | None, domain: CheckedDomain, ledger: Ledger
) -> dict[str, Any]:
    waiver, promised = ledger.waiver(domain, rule), ledger.plan(domain, rule)
    result = standing.result if standing else None
    return {
        "code": rule.code,
        "revision": rule.revision,
        "pillar": rule.pillar,
        "level": rule.level,
        "outcome": standing.last if standing else None,
        "known": standing.known or None if standing else None,
        "known_at": standing.known_at.isoformat() if standing and standing.known_at else None,
        "reason": result.reason if result else None,
        "failed_runs": standing.failed_runs if standing else 0,
        "waived_until": waiver.expires_on.isoformat() if waiver else None,
        "promised_on": promised.isoformat() if promised else None,
    }


def _newest(ledger: Ledger) -> dict[int, ScanRun]:
    done = ScanRun.objects.done().filter(domain__in=ledger.domains).defer("evidence", "subject")
    last = done.order_by("domain_id", "-finished_at", "-pk").distinct("domain_id")
    return {run.domain_id: run for run in last}


def _key_of(request: HttpRequest) -> str:
    said = request.headers.get("Authorization", "")
    return said[len(_BEARER) :].strip() if said.lower().startswith(_BEARER) else ""


def _answer(request: HttpRequest, said: dict[str, Any]) -> HttpResponse:
    """The JSON, or 304 where the client has it already (RFC 9110, section 13.1.2)."""
    body = json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode()
    etag = quote_etag(hashlib.sha256(body).hexdigest()[:32])
    known = parse_etags(request.headers.get("If-None-Match", ""))
    answer = (
        HttpResponse(status=304)
        if etag in known or "*" in known
        else HttpResponse(body, content_type="application/json")
    )
    answer["ETag"], answer["Cache-Control"] = etag, "private, no-cache"
    answer["Vary"] = "Authorization"
    return answer


def _is_within(who: str, most: int, now: datetime) -> bool:
    """Count a request of this minute; whether it is not one too many."""
    name = f"readiness-api:{who}:{now:%H%M}"
    cache.add(name, 0, timeout=120)
    try:
        return cache.incr(name) <= most
    except ValueError:  # it ran out in between: a new minute
        return True


def _error(status: int, word: str, **headers: str) -> HttpResponse:
    answer = JsonResponse({"error": word}, status=status)
    for name, value in {"Cache-Control": "no-store", **headers}.items():
        answer[name] = value
    return answer


urlpatterns: list[URLPattern | URLResolver] = [
    path("api/readiness/", results, name="readiness-api"),
    path("api/readiness/<str:name>/", results, name="readiness-api-domain"),
]
