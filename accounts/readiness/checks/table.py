"""Which check belongs to which rule."""

from __future__ import annotations

from collections.abc import Callable

from accounts.readiness.checks.case import Case
from accounts.readiness.checks.findings import Part
from accounts.readiness.checks.secure import (
    certificates,
    dnssec,
    extras,
    logins,
    reports,
    starttls,
    transport,
    versions,
    web,
)
from accounts.readiness.checks.stable import availability, expiry, mail_servers, name_servers
from accounts.readiness.checks.trustworthy import (
    contacts,
    control,
    parked,
    policies,
    saraban,
    senders,
    signing,
)

CHECKS: dict[str, Callable[[Case], list[Part]]] = {
    "ST-1": name_servers.answer_alike,
    "ST-2": mail_servers.greet,
    "ST-3": availability.is_kept,
    "ST-4": expiry.is_far,
    "ST-5": name_servers.stand_apart,
    "SE-1": starttls.is_offered,
    "SE-2": versions.are_refused,
    "SE-3": certificates.are_sound,
    "SE-4": web.is_encrypted,
    "SE-5": web.is_strict,
    "SE-6": transport.is_bound,
    "SE-7": reports.are_wanted,
    "SE-8": dnssec.is_signed,
    "SE-9": extras.are_there,
    "SE-10": logins.are_encrypted,
    "TR-1": senders.are_named,
    "TR-2": policies.is_enforced,
    "TR-3": policies.rejects,
    "TR-4": signing.is_done,
    "TR-5": control.is_shown,
    "TR-6": saraban.answers,
    "TR-7": contacts.are_published,
    "TR-8": contacts.forwards_nothing,
    "TR-9": parked.is_sealed,
}
