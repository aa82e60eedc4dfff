"""The search in Chromium: by the keyboard, step by step, beside the letter, and without scripts."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from mailbox.sealing.keyring import StoredKeyring
from mailbox.searching.stepping.steps import Limits
from mailbox.web.search import outcome
from tests.browser.desk import desk_of
from tests.cast import Cast, gather
from tests.mailbox.web.post import deliver, letter

pytestmark = pytest.mark.browser


@pytest.fixture
def people(transactional_db: None, keyring: StoredKeyring) -> Cast:
    people = gather()
    now = timezone.now()
    for number in range(12):
        at = now - timedelta(days=number)
        deliver(letter(f"Report {number}", f"About the kangaroo {number}"), people.amina, at=at)
    html = "<b>needle</b> <img src=x onerror=alert(1)>"
    deliver(letter("<img src=x onerror=alert(1)> needle", html), people.amina)
    return people


@pytest.fixture
def small_steps(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Each step looks at four letters, as if the mailbox were large."""
    whole = outcome.finding.search

    def step(*positional: Any, limits: Any, **named: Any) -> Any:
        few = Limits(candidates=4, hits=limits.hits, seconds=60)
        return whole(*positional, limits=few, **named)

    monkeypatch.setattr(outcome.finding, "search", step)
    yield


def pictured(page: Page, name: str) -> None:
    """Keep a picture where PICTURES names a folder, to look at by hand."""
    if folder := os.environ.get("PICTURES"):
        page.screenshot(path=str(Path(folder) / f"{name}.png"))


def test_slash_arrows_and_enter_search_and_the_letter_opens_beside(
    people: Cast, small_steps: None, live_server: Any
) -> None:
    with desk_of(people.amina, live_server.url) as desk:
        page = desk.open("/")
        page.keyboard.press("/")
        field = page.get_by_role("searchbox").first
        expect(field).to_be_focused()
        page.keyboard.type("has:a")
        panel = page.locator("#suggestions")
        expect(panel.get_by_text("has:attachment")).to_be_visible()
        pictured(page, "suggestions")
        page.keyboard.press("ArrowDown")
        expect(panel.locator("[data-suggestion]").first).to_be_focused()
        page.keyboard.press("Escape")
        expect(panel).to_be_hidden()
        field.fill("kangaroo")
        page.keyboard.press("Enter")
        page.wait_for_url("**/mail/search/*/")
        assert "kangaroo" not in page.url
        # The steps follow each other by themselves, to the end of the mailbox.
        expect(page.locator("#rows .row")).to_have_count(12)
        expect(page.locator("#progress")).to_contain_text("All letters have been searched")
        assert page.locator("#rows mark").first.inner_text() == "kangaroo"
        page.locator("#rows .row__link").first.click()
        expect(page.locator("#subject")).to_have_text("Report 0")
        expect(page.locator("#rows .row")).to_have_count(12)
        pictured(page, "results")
        assert desk.strange == []


def test_the_first_letters_appear_while_one_types_and_open_with_their_words_marked(
    people: Cast, live_server: Any
) -> None:
    with desk_of(people.amina, live_server.url) as desk:
        page = desk.open("/")
        field = page.get_by_role("searchbox").first
        field.focus()
        page.keyboard.type("kangaroo 3")
        panel = page.locator("#suggestions")
        line = panel.locator(".suggest__letter")
        expect(line).to_have_count(1)
        expect(line.locator("mark").first).to_be_visible()
        expect(page.locator("#suggestions-said")).to_contain_text("1 letter below")
        pictured(page, "typing")
        page.keyboard.press("ArrowDown")
        expect(line).to_be_focused()
        page.keyboard.press("Enter")
        page.wait_for_url("**/mail/search/*/t/*/")
        assert "kangaroo" not in page.url
        expect(page.locator("#subject")).to_have_text("Report 3")
        frame = page.frame_locator(".letter__frame")
        expect(frame.locator("mark").first).to_have_text("kangaroo")
        pictured(page, "marked")
        assert desk.strange == []


def test_letters_still_being_composed_are_not_asked_for(people: Cast, live_server: Any) -> None:
    with desk_of(people.amina, live_server.url) as desk:
        page = desk.open("/")
        field = page.get_by_role("searchbox").first
        field.focus()
        expect(page.locator("#suggestions .suggest__head").first).to_be_visible()
        asked: list[str] = []
        page.on("request", lambda one: asked.append(one.url) if "suggest" in one.url else None)
        window = page.context.new_cdp_session(page)
        window.send(
            "Input.imeSetComposition", {"text": "kang", "selectionStart": 4, "selectionEnd": 4}
        )
        page.wait_for_timeout(600)
        assert asked == []
        window.send("Input.insertText", {"text": "kangaroo"})
        expect(page.locator(".suggest__letter")).to_have_count(4)
        assert asked


def test_a_search_is_stopped_and_goes_on_when_asked(
    people: Cast, small_steps: None, live_server: Any
) -> None:
    with desk_of(people.amina, live_server.url) as desk:
        page = desk.open("/mail/search/")
        page.route("**/*after=*", lambda route: None)  # a server that takes its time
        page.locator("main input[name=q]").fill("kangaroo")
        page.keyboard.press("Enter")
        expect(page.get_by_role("button", name="Stop")).to_be_visible()
        expect(page.locator("#progress")).to_contain_text("Searched back to")
        page.get_by_role("button", name="Stop").click()
        further = page.get_by_role("link", name="Search older letters")
        expect(further).to_be_focused()
        page.unroute("**/*after=*")
        further.click()
        expect(page.locator("#progress")).to_contain_text("All letters have been searched")


def test_a_step_that_fails_on_its_way_says_so(
    people: Cast, small_steps: None, live_server: Any
) -> None:
    with desk_of(people.amina, live_server.url) as desk:
        page = desk.open("/mail/search/")
        page.route("**/*after=*", lambda route: route.abort())
        page.locator("main input[name=q]").fill("no such word")
        page.keyboard.press("Enter")
        expect(page.locator("#progress")).to_contain_text("The search was broken off")
        expect(page.get_by_text("Nothing found")).to_have_count(0)


def test_hostile_words_in_rows_and_in_the_box_stay_words(people: Cast, live_server: Any) -> None:
    with desk_of(people.amina, live_server.url) as desk:
        page = desk.open("/mail/search/")
        page.locator("main input[name=q]").fill("needle OR onerror=alert(1)>")
        page.keyboard.press("Enter")
        expect(page.locator("#rows .row")).to_have_count(1)
        expect(page.locator("#rows mark").first).to_be_visible()
        assert page.locator("#rows img").count() == 0
        page.goto(desk.origin + "/mail/search/")
        expect(page.locator(".recent")).to_contain_text("onerror=alert(1)>")
        assert desk.strange == []


def test_the_form_below_the_box_writes_operators(people: Cast, live_server: Any) -> None:
    with desk_of(people.amina, live_server.url) as desk:
        page = desk.open("/")
        page.locator(".search summary").click()
        page.locator("#filter-subject").fill("Report 3")
        page.locator("#filter-until").fill("1/1/2640")
        pictured(page, "form")
        page.locator(".filter-form button").click()
        expect(page.locator("#rows .row")).to_have_count(1)
        written = page.get_by_role("searchbox").first.input_value()
        assert written == 'subject:"Report 3" before:2097-01-02'
        assert desk.strange == []


def test_without_scripts_the_search_works_by_links(
    people: Cast, small_steps: None, live_server: Any
) -> None:
    with desk_of(people.amina, live_server.url, scripts=False) as desk:
        page = desk.open("/mail/search/")
        page.locator("main input[name=q]").fill("kangaroo")
        page.keyboard.press("Enter")
        page.wait_for_url("**/mail/search/*-*/")
        found = 0
        for _step in range(6):
            found += page.locator("#rows .row").count()
            further = page.get_by_role("link", name="Search older letters")
            if not further.count():
                break
            further.click()
        assert found == 12
        page.locator("#rows .row__link").last.click()
        assert page.locator("#subject").inner_text().startswith("Report")
