"""What a walk through the gate needs: an agency whose DNS changes, workers, and moved time.

The agency stands in a bed of its own (tests/bed): real knot, unbound, SMTP and HTTPS servers. The
workers' tasks run there; so does what the portal's web process asks of DNS.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone, translation
from playwright.sync_api import Locator, Page
from pytest_django import Settings

from accounts import tasks
from accounts.models import AuditEvent, CheckedDomain, GateEvent, ReadinessNotice, TestLetter
from accounts.readiness import letters
from accounts.readiness.scanning import ownership
from tests.bed.agency import BedAgency
from tests.bed.names import RESOLVER
from tests.bed.place import NETWORKS, NETWORKS_V6
from tests.bed.standing import Bed
from tests.browser.test_reading import in_thread

# As officers of most agencies find theirs: measured by nobody, and DMARC that only watches.
WATCHES_ONLY = {"_dmarc TXT": ('TXT "v=DMARC1; p=none; rua=mailto:dmarc@reports.test"',)}
NEWCOMER = BedAgency(
    "walk", below="go.th", records={**WATCHES_ONLY, "_govmail-challenge TXT": None}
)


class Clock:
    """The portal's time, ahead of the machine's by as much as a test says."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._ahead = timedelta()
        real = timezone.now
        monkeypatch.setattr(timezone, "now", lambda: real() + self._ahead)

    def pass_by(self, **by: int) -> None:
        """So many days, hours or minutes pass."""
        self._ahead += timedelta(**by)


@dataclass
class Town:
    """The agency's side of the world, and the workers'."""

    bed: Bed
    clock: Clock
    records: dict[str, Sequence[str] | None] = field(default_factory=lambda: dict(NEWCOMER.records))

    def publish(self, **records: str) -> None:
        """Put TXT records into the agency's zone, by owner; other records stay."""
        said = {f"{owner} TXT": (f'TXT "{text}"',) for owner, text in records.items()}
        self.records |= said
        self.bed.serve(replace(NEWCOMER, records=self.records))

    def work(self) -> None:
        """What the workers do until nothing is due: the tasks as they ring each other."""

        def all_of_them() -> None:
            with self.bed.place.inside():
                tasks.readiness_due()
                tasks.readiness_dns()
                tasks.readiness_net()
                tasks.readiness_judge()
                tasks.readiness_probe()

        in_thread(all_of_them)

    def pass_days_probed(self, days: int) -> None:
        """Days in which the workers ask four times a day whether the services answer."""

        def probe() -> None:
            with self.bed.place.inside():
                tasks.readiness_probe()

        for _each in range(days * 4):
            self.clock.pass_by(hours=6)
            in_thread(probe)


def lead_into(bed: Bed, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the portal ask the bed, as an installation's settings would."""
    settings.READINESS_TEST_PROFILE = True
    settings.READINESS_ALSO = [*NETWORKS, *NETWORKS_V6]
    settings.READINESS_RESOLVERS = [f"{RESOLVER[0]}:{RESOLVER[1]}"]
    settings.READINESS_CA_FILE = str(bed.ca_file)
    settings.READINESS_NAME = "probe.test"
    settings.READINESS_REFERENCES = ["192.0.2.1:53"]
    settings.READINESS_ADDRESS = "readiness@mail.example"
    look = ownership.look

    def look_inside(domain: CheckedDomain, now: datetime) -> bool:
        with bed.place.inside():
            return look(domain, now)

    monkeypatch.setattr(ownership, "look", look_inside)


def answer_letters(facts: Mapping[str, Mapping[str, Any]]) -> None:
    """Both test letters came back; how mail carries them is tests/mailbox/readiness."""

    @transaction.atomic
    def come() -> None:
        for letter in TestLetter.objects.filter(closed_at__isnull=True):
            held = letters.held(letter.pk)
            assert held is not None
            letters.came(held, dict(facts[letter.kind]), now=timezone.now())

    in_thread(come)


def th(text: str, **values: object) -> str:
    """A text of the portal in Thai."""
    with translation.override("th"):
        said = translation.gettext(text)
    assert said != text, f"not translated: {text}"
    return said % values if values else said


def rule(page: Page, code: str) -> Locator:
    return page.locator(f"[id='{code}']")


def verdict(page: Page, code: str) -> Locator:
    return rule(page, code).locator("summary .verdict")


def ways_walked() -> list[tuple[str, str, str]]:
    """Every move of every agency's gate: before, why, after."""
    found = GateEvent.objects.order_by("at", "pk")
    return in_thread(lambda: list(found.values_list("before", "cause", "after")))


def notices() -> list[tuple[str, int]]:
    """The kind of each notice that was sent, in their order, and to how many it went."""
    found = ReadinessNotice.objects.order_by("sent_at", "pk").values_list("key", "readers")
    return in_thread(lambda: [(key.partition(":")[0], readers) for key, readers in found])


def audited() -> list[str]:
    """The acts that the audit holds of gates, in their order."""
    found = AuditEvent.objects.filter(act__in=("gate_moved", "domain_verified")).order_by("pk")
    return in_thread(lambda: list(found.values_list("act", flat=True)))
