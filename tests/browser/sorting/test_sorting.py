"""Sorting in a real browser: menus, keys, drag, and a whole list at once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from mailbox.models import Message, SortingJob
from mailbox.opening import mailbox_key
from mailbox.reading import folders, labels
from mailbox.reading.deeds import jobs
from mailbox.sealing.key_files import Role
from mailbox.sealing.keyring import StoredKeyring
from tests.browser.desk import desk_of
from tests.browser.serving.portal import portal
from tests.browser.test_reading import in_thread
from tests.cast import Cast
from tests.mailbox.web.post import deliver, letter

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def origin(cast: Cast, key_set: dict[Role, StoredKeyring], tmp_path: Path) -> Iterator[str]:
    with portal(key_set["web"], tmp_path) as address:
        yield address


def fill(cast: Cast, count: int) -> None:
    now = timezone.now()
    for number in range(count):
        deliver(letter(f"Letter {number:02}"), cast.amina, at=now - timedelta(minutes=number))


def row(page: Page, number: int) -> str:
    return f'#rows .row:has-text("Letter {number:02}")'


def choose(page: Page, *numbers: int) -> None:
    for number in numbers:
        page.locator(row(page, number)).locator("input[name=thread]").check(force=True)


def kinds(subject_order: int) -> str:
    newest = Message.objects.order_by("-received_at")[subject_order]
    return newest.folder.kind


def test_by_keys_alone_rows_are_moved_labelled_snoozed_and_brought_back(
    cast: Cast, origin: str
) -> None:
    fill(cast, 6)
    box = cast.amina.mailbox
    outer = folders.create(box, "โครงการ")
    folders.create(box, "งบประมาณ", parent=outer)
    labels.create(box, "มติคณะรัฐมนตรี", mailbox_key(box))
    with desk_of(cast.amina, origin) as desk:
        page = desk.open("/")
        choose(page, 0)
        page.keyboard.press("v")
        expect(page.locator('.bulk [data-menu="move"] [data-filter]')).to_be_focused()
        page.keyboard.press("Enter")
        page.keyboard.type("งบ")
        page.keyboard.press("Enter")
        expect(page.locator(".undo__text")).to_contain_text("1")
        expect(page.locator(row(page, 0))).to_have_count(0)
        assert in_thread(lambda: kinds(0)) == "own"
        focus = "document.activeElement.closest('.row').textContent.includes('Letter 01')"
        assert page.evaluate(focus), "the focus goes on to the next row"

        page.keyboard.press("x")
        page.keyboard.press("l")
        expect(page.locator('.bulk [data-menu="label"] [data-filter]')).to_be_focused()
        page.locator(".bulk [name=label_name]").fill("ด่วน")
        page.keyboard.press("Enter")
        expect(page.locator(row(page, 1)).locator(".chip--label")).to_have_text("ด่วน")
        expect(page.locator(".rail__labels .folder__name")).to_have_count(2)

        choose(page, 2)
        page.keyboard.press("b")
        page.locator(".bulk .menu__item", has_text="08:30").first.click()
        expect(page.locator(row(page, 2))).to_have_count(0)
        expect(page.locator('[data-place="snoozed"] .count')).to_contain_text("1")
        page.locator(".undo button").click()
        expect(page.locator(row(page, 2))).to_have_count(1)
        assert desk.strange == []


def test_rows_are_dragged_onto_a_folder_and_folders_fold(cast: Cast, origin: str) -> None:
    fill(cast, 4)
    outer = folders.create(cast.amina.mailbox, "โครงการ")
    folders.create(cast.amina.mailbox, "งบประมาณ", parent=outer)
    with desk_of(cast.amina, origin) as desk:
        page = desk.open("/")
        choose(page, 1, 2)
        page.drag_and_drop(row(page, 1), f'#folders [data-place="{outer.slug}"]')
        expect(page.locator("#rows .row")).to_have_count(2)
        assert in_thread(lambda: {kinds(1), kinds(2)}) == {"own"}

        inner = page.locator(".tree", has_text="งบประมาณ")
        expect(inner).to_be_visible()
        page.locator("[data-fold]").click()
        expect(inner).to_be_hidden()
        page.reload()
        expect(inner).to_be_hidden()
        assert desk.strange == []


def test_a_whole_list_is_handed_to_a_worker_shown_and_undone(cast: Cast, origin: str) -> None:
    fill(cast, 55)
    with desk_of(cast.amina, origin) as desk:
        page = desk.open("/")
        page.locator("[data-place=inbox]").first.wait_for()
        page.keyboard.press("Shift+Digit8")
        page.keyboard.press("a")
        # The next page may have come by then; all of what is there is chosen.
        expect(page.locator("[data-choose-all]")).to_be_checked()
        page.evaluate("document.querySelector('[data-everything-line]').hidden = false")
        page.locator("[data-everything]").click()
        page.locator('.bulk button[value="archive"]').click()
        expect(page.locator(".job")).to_contain_text("0")

        def work() -> None:
            for job in SortingJob.objects.exclude(due_at=None).select_related("mailbox", "folder"):
                jobs.work(job, now=timezone.now())

        in_thread(work)
        expect(page.locator(".job__text")).to_contain_text("55")
        expect(page.locator("#rows .row")).to_have_count(0)
        page.locator(".job button", has_text="Undo").click()
        expect(page.locator(".job progress")).to_be_visible()
        in_thread(work)
        expect(page.locator("#rows .row").first).to_be_visible()
        assert desk.strange == []


def test_without_scripts_labels_and_the_bar_work(cast: Cast, origin: str) -> None:
    fill(cast, 2)
    box = cast.amina.mailbox
    labels.create(box, "Budget", mailbox_key(box))
    with desk_of(cast.amina, origin, scripts=False) as desk:
        page = desk.open("/")
        page.locator(row(page, 0)).locator("input[name=thread]").check()
        page.locator('.bulk button[value="archive"]').click()
        expect(page.locator(".undo__text")).to_be_visible()
        expect(page.locator("#rows .row")).to_have_count(1)
        page.locator(row(page, 1)).locator(".row__link").click()
        page.locator('#reader .reader__verbs [data-key="label"]').click()
        page.locator(".reader__verbs label", has_text="Budget").click()
        page.locator('.reader__verbs button[value="labels"]').click()
        expect(page.locator(".chip--label")).to_have_text("Budget")
