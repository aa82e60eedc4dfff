"""The domains an agency brings to the gate: put on the list, changed, taken off, never deleted.

Whoever looks after the agency's readiness does it; each act is in the audit. While the agency
is at risk or suspended its list only grows: what fails is mended, not taken off.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from accounts.audit import chain
from accounts.models import Account, Agency, CheckedDomain, ScanRun
from accounts.readiness import gate, officers, scanning
from accounts.readiness.domains import naming
from govmail_portal.errors import PortalError

Role = CheckedDomain.Role
MOST_DOMAINS = 100
_FROZEN = (Agency.State.AT_RISK, Agency.State.SUSPENDED)
_TEXTS = ("exception_letter", "incident_contact")


class OnTheList(PortalError):
    message = _("This domain is on the agency's list already.")


class TooManyDomains(PortalError):
    message = _("A hundred domains are the most for an agency.")


class StaysWhileAtRisk(PortalError):
    message = _(
        "While the agency is at risk or suspended no domain is taken off its list, and none is "
        "declared to be for something else: what fails must be mended."
    )


class LastMailDomain(PortalError):
    message = _("An open agency keeps at least one mail domain whose control is shown.")


class UnknownRole(PortalError):
    message = _("Say what the domain is for.")


@dataclass(frozen=True)
class Servers:
    """Names as an officer types them: web servers, places to sign in to mail, DKIM selectors."""

    hosts: Sequence[str] = ()
    logins: Sequence[str] = ()
    selectors: Sequence[str] = ()


def add(
    agency: Agency,
    name: str,
    role: str,
    *,
    hosts: Sequence[str] = (),
    logins: Sequence[str] = (),
    selectors: Sequence[str] = (),
    by: Account,
    now: datetime,
) -> CheckedDomain:
    """Put a domain on the list, and have it looked at now; www is tested where it was typed.

    name: what an officer typed. Raises OnTheList, TooManyDomains, UnknownRole, and what
    `naming` and `officers` raise.
    """
    officers.must_manage(by, agency)
    found = naming.domain_of(name)
    typed = [*hosts, "www"] if "www." in name.lower() else list(hosts)
    servers = _servers(found, Servers(typed, logins, selectors))
    with transaction.atomic():
        # Two officers at once, and a reckoning, follow one another.
        gate.hold(agency, now=now)
        if CheckedDomain.objects.kept().filter(agency=agency).count() >= MOST_DOMAINS:
            raise TooManyDomains
        try:
            with transaction.atomic():
                domain = CheckedDomain.objects.create(
                    agency=agency,
                    name=found,
                    role=_role(role),
                    added_by=by,
                    added_at=now,
                    **servers,
                )
        except IntegrityError as error:
            raise OnTheList from error
        domain.next_run_at = scanning.next_night(domain, now)
        domain.next_probe_at = now
        domain.save(update_fields=["next_run_at", "next_probe_at"])
        details = {"domain": found, "role": domain.role}
        chain.record("domain_added", domain, by=by, now=now, agency=agency, details=details)
        scanning.ask(domain, ScanRun.Trigger.OFFICER, by=by, now=now)
        gate.reckon(agency, now)
    return domain


@transaction.atomic
def change(
    domain: CheckedDomain,
    *,
    by: Account,
    now: datetime,
    role: str | None = None,
    servers: Servers | None = None,
    exception_letter: str | None = None,
    incident_contact: str | None = None,
    no_forwarding: bool | None = None,
) -> None:
    """Change what is known of a domain; None leaves as it is. Raises as `add`, StaysWhileAtRisk.

    no_forwarding: the officer's word that no mailbox forwards outside by itself (TR-8), or that
    it is taken back.
    """
    officers.must_manage(by, domain.agency)
    held = _held(domain, now)
    before = {name: getattr(held, name) for name in _FIELDS}
    if role is not None and _role(role) != held.role:
        _must_not_be_frozen(held.agency)
        held.role = _role(role)
        _must_leave_mail(held)
    for name, value in _servers(held.name, servers).items() if servers else ():
        setattr(held, name, value)
    for name, text in zip(_TEXTS, (exception_letter, incident_contact), strict=True):
        if text is not None:
            setattr(held, name, text.strip()[: 300 if name == "incident_contact" else 120])
    if no_forwarding is not None and no_forwarding != (held.no_forwarding_at is not None):
        held.no_forwarding_at = now if no_forwarding else None
        held.no_forwarding_by = by if no_forwarding else None
    changed = [name for name in _FIELDS if before[name] != getattr(held, name)]
    if changed:
        held.save(update_fields=[*changed, "no_forwarding_by"])
        details = {"domain": held.name, "fields": changed}
        chain.record("domain_changed", held, by=by, now=now, agency=held.agency, details=details)
        gate.reckon(held.agency, now)
    domain.refresh_from_db()


@transaction.atomic
def remove(domain: CheckedDomain, *, by: Account, now: datetime) -> None:
    """Take a domain off the list; its runs and results stay. Twice is once.

    Raises StaysWhileAtRisk, LastMailDomain.
    """
    officers.must_manage(by, domain.agency)
    held = _held(domain, now)
    if held.removed_at is None:
        _must_not_be_frozen(held.agency)
        held.removed_at, held.next_run_at, held.next_probe_at = now, None, None
        _must_leave_mail(held)
        held.save(update_fields=["removed_at", "next_run_at", "next_probe_at"])
        details = {"domain": held.name}
        chain.record("domain_removed", held, by=by, now=now, agency=held.agency, details=details)
        gate.reckon(held.agency, now)
    domain.refresh_from_db()


_FIELDS = (
    *("role", "hosts", "logins", "selectors", "exception_letter", "incident_contact"),
    "no_forwarding_at",
)


def _held(domain: CheckedDomain, now: datetime) -> CheckedDomain:
    """The row, behind the agency's: in the order in which a reckoning locks them."""
    gate.hold(domain.agency, now=now)
    found = CheckedDomain.objects.select_for_update(of=("self",)).select_related("agency")
    return found.get(pk=domain.pk)


def _role(role: str) -> str:
    if role not in Role.values:
        raise UnknownRole
    return role


def _servers(domain: str, typed: Servers) -> dict[str, list[str]]:
    return {
        "hosts": naming.hosts_of(list(typed.hosts), domain),
        "logins": naming.logins_of(list(typed.logins)),
        "selectors": naming.selectors_of(list(typed.selectors)),
    }


def _must_not_be_frozen(agency: Agency) -> None:
    if agency.state in _FROZEN:
        raise StaysWhileAtRisk


def _must_leave_mail(held: CheckedDomain) -> None:
    """An open agency has a mail domain besides, once this one is as it is to be."""
    is_mail = held.role == Role.MAIL and held.removed_at is None
    if is_mail or not held.agency.is_open:
        return
    others = CheckedDomain.objects.kept().filter(
        agency=held.agency, role=Role.MAIL, verified_at__isnull=False
    )
    if not others.exclude(pk=held.pk).exists():
        raise LastMailDomain
