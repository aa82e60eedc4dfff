from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from django import forms
from django.utils.html import strip_tags

from accounts.admin.dates import EraDateField, EraDateInput, shown_day
from accounts.models import Account
from govmail_portal.dates import Manner
from tests.cast import Cast, signed_in

OFFICIALS = "/admin/accounts/official/"


@pytest.mark.parametrize(
    "typed",
    [
        "1 ต.ค. 2569",
        "๑ ตุลาคม ๒๕๖๙",
        "01/10/2569",
        "1-10-2569",
        "๑/๑๐/๒๕๖๙",
        "2026-10-01",
        "1 Oct 2026",
    ],
)
def test_a_day_is_typed_in_either_era_with_any_digits(typed: str) -> None:
    assert EraDateField().clean(typed) == date(2026, 10, 1)


@pytest.mark.parametrize("typed", ["31/02/2569", "1/10/69", "ตุลาคม 2569", "1/10/12569", "=1+1"])
def test_what_is_no_day_gets_a_sentence(typed: str) -> None:
    with pytest.raises(forms.ValidationError) as refused:
        EraDateField().clean(typed)
    assert typed[:4] in refused.value.messages[0]


def test_29_february_of_a_buddhist_leap_year_is_a_day() -> None:
    assert EraDateField().clean("29 ก.พ. 2567") == date(2024, 2, 29)


@pytest.mark.parametrize(
    ("manner", "shown"),
    [
        (Manner("th"), "1 ต.ค. 2569"),
        (Manner("th", thai_digits=True), "๑ ต.ค. ๒๕๖๙"),
        (Manner("th", christian_era=True), "1 ต.ค. 2026"),
        (Manner("en", christian_era=True), "1 Oct 2026"),
    ],
)
def test_a_day_is_shown_as_its_reader_counts_and_can_be_sent_back_so(
    manner: Manner, shown: str
) -> None:
    line = EraDateInput(manner)
    assert line.format_value(date(2026, 10, 1)) == shown
    assert EraDateField().clean(shown) == date(2026, 10, 1)


def test_what_cannot_be_read_stays_in_the_line_as_it_was_typed() -> None:
    assert EraDateInput().format_value("32 ต.ค. 2569") == "32 ต.ค. 2569"


def test_a_moment_is_shown_in_thailand() -> None:
    at = datetime(2026, 9, 30, 17, 30, tzinfo=UTC)
    assert shown_day(at, Manner("th")) == "1 ต.ค. 2569 00:30 น."


@pytest.mark.django_db
def test_forms_lists_and_fixed_fields_show_the_buddhist_era(cast: Cast) -> None:
    official = cast.amina.official
    assert official is not None
    official.birth_date = date(1966, 12, 31)
    official.save()
    official.assignments.update(valid_from=date(2026, 10, 1))
    Account.objects.filter(pk=cast.hana.pk).update(language="th")
    client = signed_in(cast.hana)
    form = client.get(f"{OFFICIALS}{official.pk}/change/").content.decode()
    assert 'value="31 ธ.ค. 2509"' in form
    assert "30 ก.ย. 2570" in form  # the last day in service, worked out
    listed = client.get("/admin/accounts/assignment/").content.decode()
    assert "1 ต.ค. 2569" in listed and "2026" not in strip_tags(listed)
    account = client.get(f"/admin/accounts/account/{cast.amina.pk}/change/").content.decode()
    assert f"{cast.amina.created_at.year + 543}" in account


@pytest.mark.django_db
def test_a_day_that_did_not_change_is_no_change(cast: Cast) -> None:
    field = EraDateField()
    assert not field.has_changed(date(2026, 10, 1), "1 ต.ค. 2569")
    assert field.has_changed(date(2026, 10, 1), "2 ต.ค. 2569")
