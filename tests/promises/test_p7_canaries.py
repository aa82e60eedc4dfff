"""P7, class 8: whatever is written into a name, a header or an error stays text on every page.

Every address of the URLconf is visited for a page that lets a canary out as markup,
then Chromium opens them all: nothing may run and no request may leave.
"""

from __future__ import annotations

import sys
from html import unescape
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from mailbox.sealing.keyring import StoredKeyring
from tests.browser.desk import desk_of
from tests.cast import Cast, gather, signed_in
from tests.promises import canaries
from tests.promises.canaries import PLACES, SILENT, canary
from tests.promises.test_p6_what_you_may_not_see_does_not_exist import (
    ABOUT_PEOPLE,
    ADMIN,
    addresses,
)

SET_FREE = b"<img src=x onerror=alert("
# Going there ends the session, or changes what the others show.
# Streams, and what is no page.
LEFT_OUT = {"mailbox:live", "mailbox:live-of", "admin:jsi18n"} | {
    "account_logout",
    "admin:logout",
    "set_language",
}


@pytest.fixture
def people(transactional_db: None, keyring: StoredKeyring) -> Cast:
    return gather()


def paths(samples: dict[str, Any], *, of_admin: bool) -> dict[str, str]:
    """Every address whose arguments are known, by its name."""
    chosen = ADMIN if of_admin else [one for one in addresses() if one not in ADMIN]
    found = {one.name: one.filled(samples) for one in chosen if set(one.arguments) <= set(samples)}
    if not of_admin:
        # Pages about people and first keys show no mail, and the end of a delegation is no page;
        # P6 walks them with rows of their own.
        unknown = [one for one in chosen if one.name not in found]
        elsewhere = (*ABOUT_PEOPLE, "account/activate/", "mail/delegates/")
        assert [one.name for one in unknown if not one.route.startswith(elsewhere)] == []
        # Each attachment has a look of its own, and so has each list.
        for index in range(5):
            found[f"look {index}"] = f"/mail/message/{samples['message']}/attachment/{index}/look/"
            found[f"view {index}"] = (
                f"/mail/message/{samples['message']}/attachment/{index}/preview/"
            )
        for slug in ("inbox", "sent", "starred", "all"):
            found[slug] = f"/mail/{samples['mailbox']}/{slug}/"
        found["letter in its list"] = f"/mail/{samples['mailbox']}/inbox/t/{samples['thread']}/"
    return {name: path for name, path in found.items() if name not in LEFT_OUT}


def visit(client: Client, found: dict[str, str]) -> tuple[dict[str, str], str]:
    """Get every page; return those that are pages, and all their words."""
    pages, said = {}, []
    for name, path in found.items():
        answer = client.get(path)
        assert answer.status_code < 500, (name, path)
        body = b"".join(answer.streaming_content) if answer.streaming else answer.content  # type: ignore[arg-type]
        if answer.get("Content-Type", "").startswith("text/html"):
            assert SET_FREE not in body, f"{name} ({path}) lets a canary out"
            if answer.status_code == 200:
                pages[name] = path
        said.append(body.decode("utf-8", "replace"))
    return pages, unescape("\n".join(said))


def sings(client: Client, pages: dict[str, str], account: Any, origin: str) -> list[str]:
    """Open the pages in Chromium; what ran, left or broke."""
    wrong = []
    with desk_of(account, origin) as desk:
        page = desk.open("/account/second-factor/")
        for name, path in pages.items():
            page.goto(desk.origin + path, wait_until="load")
            if desk.strange:
                wrong.append(f"{name} ({path}): {desk.strange}")
                desk.strange.clear()
    return wrong


@pytest.mark.browser
def test_no_canary_sings_on_any_page(
    people: Cast, live_server: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    now = timezone.now()
    samples = canaries.plant(people, now)
    client, session = canaries.sign_in_strangely(people)
    pages, said = visit(client, paths(samples | session, of_admin=False))
    officer_samples = canaries.plant_for_officers(people, now)
    people.hana.is_superuser = True
    people.hana.save()
    officer = signed_in(people.hana)
    walked = _of_admin(people, samples | officer_samples)
    admin_pages, admin_said = visit(officer, walked)
    shown = said + admin_said
    unheard = {place for place in PLACES if f"alert({PLACES.index(place)})" not in shown}
    wrong = sings(client, pages, people.amina, live_server.url)
    wrong += sings(officer, admin_pages, people.hana, live_server.url)
    with capsys.disabled():
        numbers = f"{len(PLACES)} canaries, {len(pages) + len(admin_pages)} pages, {len(wrong)} ran"
        sys.stdout.write(f"\nP7, class 8: {numbers}\n")

    assert unheard <= SILENT, "canaries that no page shows prove nothing"
    assert len(pages) > 40
    assert len(admin_pages) > 5
    assert wrong == []


def _of_admin(people: Cast, samples: dict[str, Any]) -> dict[str, str]:
    """The lists and the forms of the administration, each with its canary."""
    things = {
        "mailbox_arrival": samples["arrival"],
        "mailbox_gateway": samples["gateway"],
        "mailbox_submission": samples["submission"],
        "mailbox_distributionlist": samples["group"],
        "mailbox_forwardpermission": samples["leave"],
        "mailbox_signingkey": samples["key"],
        "accounts_account": people.amina.pk,
        "accounts_agency": people.transport.pk,
        "accounts_official": people.amina.official_id,
    }
    gateway, ticket = samples["gateway"], samples["ticket"]
    found = {
        "admin:index": "/admin/",
        "mailbox:gateways": "/people/mail/gateways/",
        "mailbox:gateway-trial": f"/people/mail/gateways/{gateway}/test/{ticket}/",
        "mailbox:mail-queue": "/people/mail/",
        "mailbox:mail-letter": f"/people/mail/{samples['submission']}/",
        "mailbox:domains": "/people/mail/domains/",
    }
    for one in ADMIN:
        model = one.name.removeprefix("admin:").rpartition("_")[0]
        if one.arguments == () and one.name.endswith("_changelist"):
            found[one.name] = one.filled({})
        elif one.arguments == ("object_id",) and one.name.endswith("_change") and model in things:
            found[one.name] = one.filled({"object_id": things[model]})
    return found


def test_the_canary_sings_where_nothing_holds_it() -> None:
    assert SET_FREE.decode() in canary("subject")
