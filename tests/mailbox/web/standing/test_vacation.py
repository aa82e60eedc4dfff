from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import Account
from govmail_portal.dates import BANGKOK
from mailbox import opening
from mailbox.filing.absences import Texts
from mailbox.models import Mailbox, Vacation
from mailbox.standing import absences
from tests.cast import Cast, signed_in
from tests.mailbox.orders import be_away

pytestmark = pytest.mark.django_db

PAGE, END = "/mail/vacation/", "/mail/vacation/end/"


@pytest.fixture
def amina(cast: Cast) -> Client:
    return signed_in(cast.amina)


@pytest.fixture
def box(cast: Cast) -> Mailbox:
    return cast.mailbox_of(cast.amina)


def sheet(first: datetime, last: datetime, **changes: Any) -> dict[str, Any]:
    days = {
        f"{name}_{part}": getattr(day, part)
        for name, day in (("first", first), ("last", last))
        for part in ("day", "month", "year")
    }
    texts = {"subject": "", "inside": "ติดต่อฝ่ายแผน", "outside": "Away."}
    return {**days, **texts, "has_end": "1", **changes}


def today() -> datetime:
    return timezone.now().astimezone(BANGKOK)


def test_an_absence_lasts_whole_days_in_thailand(amina: Client, box: Mailbox) -> None:
    first, last = today(), today() + timedelta(days=3)
    assert amina.post(PAGE, sheet(first, last)).status_code == 302
    away = Vacation.objects.get()
    midnight = datetime(first.year, first.month, first.day, tzinfo=BANGKOK)
    assert away.starts_at == midnight.astimezone(UTC)
    assert away.ends_at == (midnight + timedelta(days=4)).astimezone(UTC)
    texts = absences.open_texts(away, opening.mailbox_key(box))
    assert texts == Texts("", "ติดต่อฝ่ายแผน", "Away.")
    assert absences.under_way(box, timezone.now()) == away


def test_years_are_shown_in_the_readers_era(amina: Client, cast: Cast) -> None:
    Account.objects.filter(pk=cast.amina.pk).update(language="th")
    page = amina.get(PAGE, headers={"accept-language": "th"})
    shown = dict(page.context["calendar"]["years"])
    assert shown[today().year] in {str(today().year + 543), str(today().year)}


def test_while_it_is_on_the_inbox_says_so_and_turns_it_off(
    amina: Client, box: Mailbox, cast: Cast
) -> None:
    assert "absence reply is on" not in amina.get("/").content.decode()
    be_away(box, timezone.now())
    assert "The absence reply is on" in amina.get("/").content.decode()
    assert amina.post(END, {"back": "inbox"})["Location"] == "/"
    assert "absence reply is on" not in amina.get("/").content.decode()
    page = amina.get(PAGE).content.decode()
    assert "Away until Monday." in page, "the text stays for the next time"


def test_without_an_end_it_is_on_until_it_is_switched_off(amina: Client, box: Mailbox) -> None:
    assert amina.post(PAGE, sheet(today(), today(), has_end="0")).status_code == 302
    assert Vacation.objects.get().ends_at is None
    assert "until you switch it off" in amina.get(PAGE).content.decode()


@pytest.mark.parametrize(
    "changes",
    [
        {"inside": "  "},
        {"first_day": "31", "first_month": "2"},
        {"last_year": "2001"},
        {"first_day": "x"},
        {"outside": "x" * 5_001},
    ],
)
def test_what_cannot_be_meant_is_not_kept_and_not_lost(
    amina: Client, changes: dict[str, Any]
) -> None:
    first = today()
    answer = amina.post(PAGE, sheet(first, first + timedelta(days=1), **changes))
    assert answer.status_code == 422 and not Vacation.objects.exists()
    assert changes.get("outside", "Away.") in answer.content.decode()


def test_nobody_elses_reply_is_touched(cast: Cast, box: Mailbox) -> None:
    be_away(box, timezone.now())
    bruno = signed_in(cast.bruno)
    assert bruno.post(END).status_code == 302
    assert Vacation.objects.get().is_enabled
    assert "Away until Monday." not in bruno.get(PAGE).content.decode()


def test_days_beyond_the_calendar_are_refused(amina: Client, box: Mailbox) -> None:
    now = timezone.now()
    for year in (9999, "9" * 30):
        answer = amina.post(PAGE, sheet(now, now) | {"has_end": "1", "last_year": year})
        assert answer.status_code == 422
    assert absences.of(box) is None
