"""The administration in Chromium: the calendar in the Buddhist era, choices that are searched."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from playwright.sync_api import expect

from accounts.audit import chain
from accounts.models import Account, Official
from tests.accounts.admin.rows import NOW, one_of_each
from tests.browser.desk import desk_of
from tests.browser.test_accessibility import serious
from tests.cast import Cast

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

OFFICIALS = "/admin/accounts/official/"


def test_a_day_is_chosen_in_the_buddhist_era_and_a_post_is_found_by_typing(
    cast: Cast, origin: str
) -> None:
    Account.objects.filter(pk=cast.hana.pk).update(language="th")
    with desk_of(Account.objects.get(pk=cast.hana.pk), origin) as desk:
        page = desk.open(f"{OFFICIALS}add/")
        page.fill("#id_given_name_th", "สมหญิง")
        page.fill("#id_family_name_th", "ใจงาม")
        page.fill("#id_birth_date", "๑ ต.ค. ๒๕๐๙")
        page.locator("#id_birth_date + .era__open").click()
        expect(page.locator(".era__year")).to_have_value("2509")
        page.locator(".era__day", has_text="31").click()
        expect(page.locator("#id_birth_date")).to_have_value("31 ต.ค. 2509")
        page.locator("#assignments-0 .select2-selection").click()
        page.keyboard.type("วิศวกร")
        page.locator(".select2-results__option", has_text="วิศวกรโยธา").click()
        page.locator("[name=_save]").click()
        expect(page.locator(".messagelist .success")).to_be_visible()
        assert desk.strange == []


def test_everyone_can_use_the_lists_forms_and_the_record_of_acts(cast: Cast, origin: str) -> None:
    official = cast.amina.official
    assert isinstance(official, Official)
    one_of_each(cast.amina, by=cast.bruno)
    chain.record("changed", cast.amina, by=cast.hana, now=NOW, details={"fields": ["state"]})
    addresses = [
        *("/admin/", OFFICIALS, f"{OFFICIALS}{official.pk}/change/"),
        f"/admin/accounts/account/{cast.amina.pk}/change/",
        *("/admin/accounts/obligation/", "/people/audit/"),
    ]
    with desk_of(cast.hana, origin) as desk:
        found = {}
        for number, address in enumerate(addresses):
            page = desk.open(address)
            found[address] = serious(page)
            if folder := os.environ.get("ADMIN_SHOTS"):
                for theme, width in (("light", 1366), ("dark", 390)):
                    page.emulate_media(color_scheme=theme)
                    page.set_viewport_size({"width": width, "height": 900})
                    name = f"{number}-{theme}-{width}.png"
                    page.screenshot(path=Path(folder) / name, full_page=True)
            page.close()
        # Django's own search box of choices has no name for a reader's ear while it is empty;
        # the way back to the mail belongs to the frame of all pages about people.
        others = ("select2",)
        every = {said for each in found.values() for said in each}
        ours = {said for said in every if not any(other in said for other in others)}
        assert sorted(ours) == []
        assert desk.strange == []
