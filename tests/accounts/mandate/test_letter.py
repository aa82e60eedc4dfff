"""What every installation begins with, the command, and the page that shows the deadlines."""

from __future__ import annotations

import re
from datetime import date
from io import StringIO
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from accounts.mandate import counting, letter
from accounts.models import AuditEvent, Grade, GradeScheme, Mandate, MandateRule, Obligation
from accounts.signing_in.first_time import remember_first_sign_in
from tests.accounts.mandate import scene
from tests.accounts.mandate.scene import duty, reckon

pytestmark = pytest.mark.django_db


def test_the_letters_two_rules_are_there_after_a_migration() -> None:
    assert Mandate.objects.get().base_date == letter.CIRCULAR
    assert list(MandateRule.objects.values_list("covers", "months")) == [
        ("directors", 3),
        ("everyone", 12),
    ]


def test_the_grades_of_both_systems_are_there() -> None:
    assert Grade.objects.filter(scheme__code="c").count() == 11
    assert Grade.objects.filter(scheme__code="2008").count() == 13
    old, new = (GradeScheme.objects.get(code=code) for code in ("c", "2008"))
    assert (old.valid_to, new.valid_from) == (date(2008, 12, 10), date(2008, 12, 11))


def test_schemes_without_a_mapping_presume_nothing() -> None:
    assert not Grade.objects.filter(scheme__code__in=("military", "teachers", "local")).exists()


def test_loading_again_leaves_what_officers_changed() -> None:
    Grade.objects.filter(code="K3").update(is_director_or_above="yes")
    Mandate.objects.update(base_date=letter.RESOLUTION)
    MandateRule.objects.update(moves_over_holidays=False)
    letter.load()
    assert Grade.objects.get(code="K3").is_director_or_above == "yes"
    assert Mandate.objects.get().base_date == letter.RESOLUTION
    assert MandateRule.objects.filter(moves_over_holidays=False).count() == 2


def test_moving_the_base_day_is_in_the_audit() -> None:
    now = scene.noon(date(2008, 2, 1))
    letter.move_base(Mandate.objects.get(), letter.RESOLUTION, "resolution", by=None, now=now)
    assert AuditEvent.objects.get().details == {
        "before": "2008-01-07",
        "after": "2007-12-18",
        "counted_from": "resolution",
    }


def test_a_base_day_before_the_letter_is_refused() -> None:
    now = scene.noon(date(2008, 2, 1))
    with pytest.raises(letter.BaseDayUnknown):
        letter.move_base(Mandate.objects.get(), date(1999, 1, 1), "custom", by=None, now=now)


def command(*words: str) -> str:
    out = StringIO()
    call_command("mandate", *words, stdout=out)
    return out.getvalue()


def test_a_dry_run_says_how_many_and_changes_nothing() -> None:
    scene.official(scene.agency())
    assert command("recompute", "--dry-run").startswith("1 duties")
    assert not Obligation.objects.exists()
    assert command("recompute").startswith("1 duties")
    assert Obligation.objects.count() == 1


def test_the_status_names_each_rule_with_its_day_and_counts() -> None:
    reckon(scene.official(scene.agency()), date(2008, 2, 1))
    said = command("status")
    assert "due 2008-04-08" in said and "due 2009-01-07" in said
    assert re.search(r"pending\s+1", said)


def test_the_base_day_can_be_moved_and_nonsense_is_refused() -> None:
    command("base", "2007-12-18", "--kind", "resolution")
    assert Mandate.objects.get().base_kind == "resolution"
    with pytest.raises(CommandError, match="no day"):
        command("base", "yesterday")


def test_the_first_sign_in_is_written_once_and_counts_at_once() -> None:
    agency = scene.agency()
    one = scene.official(agency)
    account = scene.account(one, agency, opened=date(2008, 2, 1))
    scene.attest(agency, scene.officer(agency), date(2008, 2, 1))
    reckon(one, date(2008, 2, 1))
    for day in (date(2008, 3, 3), date(2008, 4, 4)):
        remember_first_sign_in(account, now=scene.noon(day))
    account.refresh_from_db()
    assert account.first_signed_in_at == scene.noon(date(2008, 3, 3))
    assert (duty(one).state, duty(one).met_on) == ("met", date(2008, 3, 3))


# A line of the table: | name | 2007-12-18 | 3 | 2008-03-18 | … |
LINE = re.compile(r"^\| [^|]+ \| (\d{4}-\d\d-\d\d) \| (\d+) \| (\d{4}-\d\d-\d\d) \|", re.MULTILINE)


def test_the_table_of_deadlines_in_the_documents_is_the_one_we_compute() -> None:
    text = (Path(settings.BASE_DIR) / "docs" / "mandate.md").read_text(encoding="utf-8")
    lines = LINE.findall(text)
    assert len(lines) >= 10
    for base, months, last in lines:
        due = counting.due(date.fromisoformat(base), int(months))
        assert due == date.fromisoformat(last), (base, months)
