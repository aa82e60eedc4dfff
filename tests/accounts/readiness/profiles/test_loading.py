from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from accounts.models import Rule, RuleProfile
from accounts.readiness import profiles
from accounts.readiness.profiles.lines import NoRulesInForce

pytestmark = pytest.mark.django_db

FIRST = Path(profiles.__file__).with_name("1.json")


def _changed(folder: Path, version: int = 1, **changes: object) -> Path:
    """A folder whose profile differs from ours."""
    profile = json.loads(FIRST.read_text(encoding="utf-8")) | {"version": version}
    profile |= {name: value for name, value in changes.items() if name != "params"}
    if "params" in changes:
        profile["rules"][0]["params"] = changes["params"]
    (folder / f"{version}.json").write_text(json.dumps(profile), encoding="utf-8")
    return folder


def test_the_rules_are_there_after_a_migration_in_the_order_of_the_specification() -> None:
    lines = profiles.lines_of(profiles.in_force(date(2026, 11, 23)))
    codes = [f"ST-{n}" for n in range(1, 6)] + [f"SE-{n}" for n in range(1, 11)]
    assert [line.code for line in lines] == codes + [f"TR-{n}" for n in range(1, 10)]
    levels = {line.code: line.level for line in lines}
    assert {code for code, level in levels.items() if level == "A"} == {"SE-9"}
    assert {code for code, level in levels.items() if level == "S"} == {
        *("ST-5", "SE-5", "SE-6", "SE-7", "SE-8", "TR-3", "TR-7", "TR-8")
    }


def test_a_rule_names_its_source_and_its_revision() -> None:
    lines = profiles.lines_of(profiles.in_force(date(2026, 11, 23)))
    assert all(line.source for line in lines)
    assert str(lines[0]) == "ST-1v1"


def test_loading_again_changes_nothing() -> None:
    before = list(Rule.objects.values_list("pk", flat=True))
    profiles.load()
    assert list(Rule.objects.values_list("pk", flat=True)) == before


def test_a_published_version_that_was_changed_is_refused(tmp_path: Path) -> None:
    with pytest.raises(profiles.PublishedProfileChanged, match=r"1\.json .* ST-1 params"):
        profiles.load_profiles(_changed(tmp_path, params={"least_servers": 1}))
    assert Rule.objects.get(profile=1, code="ST-1").params["least_servers"] == 2


def test_a_published_version_keeps_its_day(tmp_path: Path) -> None:
    with pytest.raises(profiles.PublishedProfileChanged, match="valid_from"):
        profiles.load_profiles(_changed(tmp_path, valid_from="2026-02-01"))


def test_the_newest_version_whose_day_has_come_is_in_force(tmp_path: Path) -> None:
    profiles.load_profiles(_changed(tmp_path, version=2, valid_from="2027-01-01"))
    assert RuleProfile.objects.count() == 2
    assert profiles.in_force(date(2026, 12, 31)).version == 1
    assert profiles.in_force(date(2027, 1, 1)).version == 2


def test_no_rules_were_in_force_before_the_first() -> None:
    with pytest.raises(NoRulesInForce):
        profiles.in_force(date(2025, 12, 31))
