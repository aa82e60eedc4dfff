from __future__ import annotations

from pathlib import Path

import pytest
from django.utils import timezone
from pytest_django import Settings

from accounts.models import AvailabilityDay, CheckedDomain, ScanRun
from accounts.readiness import scanning
from mailbox.demo import people
from mailbox.demo.internet.loading import load_internet
from mailbox.demo.relaying import keys
from mailbox.sealing.keyring import StoredKeyring

pytestmark = pytest.mark.django_db


@pytest.fixture
def zones(keyring: StoredKeyring, settings: Settings, tmp_path: Path) -> Path:
    """The folder of the zones, after a first load."""
    settings.VAR_DIR = tmp_path
    people.load_people()
    keys.load_keys(timezone.now())
    load_internet(timezone.now())
    return tmp_path / "demo-internet" / "zones"


def test_the_demo_has_a_domain_of_each_kind_under_test(zones: Path) -> None:
    roles = dict(CheckedDomain.objects.values_list("name", "role"))
    assert roles["moi-archive.example"] == "parked"
    assert [roles[name] for name in ("soc.example", "moi.example", "mod.example")] == ["mail"] * 3
    assert AvailabilityDay.objects.filter(domain__name="soc.example").count() == 28


def test_all_are_measured_at_once_and_then_every_night(zones: Path) -> None:
    now = timezone.now()
    asked = scanning.due(now, ScanRun.Stage.DNS).values_list("domain__name", flat=True)
    kept = CheckedDomain.objects.kept()
    assert sorted(asked) == sorted(kept.values_list("name", flat=True)) != []
    assert not kept.exclude(next_run_at__gt=now).exists()


def test_a_second_load_measures_nothing_again(zones: Path) -> None:
    before = ScanRun.objects.count()
    load_internet(timezone.now())
    assert ScanRun.objects.count() == before > 0


def test_each_zone_has_its_challenge_and_the_keys_that_sign_its_letters(zones: Path) -> None:
    domain = CheckedDomain.objects.get(name="soc.example")
    text = (zones / "soc.example.zone").read_text()
    assert domain.challenge_record in text
    assert len(domain.selectors) == 2
    assert all(f"{selector}._domainkey TXT" in text for selector in domain.selectors)


def test_a_second_load_leaves_rows_and_zones_as_they_are(zones: Path) -> None:
    (zones / "moi.example.zone").write_text("; mended by its user\n")
    before = list(CheckedDomain.objects.values())
    load_internet(timezone.now())
    assert list(CheckedDomain.objects.values()) == before
    assert (zones / "moi.example.zone").read_text() == "; mended by its user\n"
