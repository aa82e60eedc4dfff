from __future__ import annotations

from datetime import timedelta

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Account, BackupCode, Session, TotpDevice
from accounts.signing_in import sealing, second_factor, totp
from tests.cast import PASSWORD, Cast, code_now, sign_in, signed_in

pytestmark = pytest.mark.django_db

LOGIN = "/account/login/"
STEP = "/account/second-factor/"
INSIDE = "/account/security/"


def give_password(client: Client, account: Account, password: str = PASSWORD, **extra: str) -> str:
    """Post the first form; return where it leads, or the page's text when it leads nowhere."""
    answer = client.post(LOGIN, {"login": account.address, "password": password, **extra})
    return answer["Location"] if answer.status_code == 302 else answer.content.decode()


def test_password_and_code_open_the_portal(client: Client, cast: Cast) -> None:
    sign_in(client, cast.amina)
    assert client.get(INSIDE).status_code == 200


def test_the_password_alone_reaches_no_page_but_the_second_step(client: Client, cast: Cast) -> None:
    assert give_password(client, cast.amina) == STEP
    for path in ("/", INSIDE, "/people/find/?q=a", "/admin/", "/nothing/here/"):
        answer = client.get(path)
        assert (answer.status_code, answer["Location"]) == (302, STEP), path
    assert client.get(STEP).status_code == 200


def test_an_address_in_capitals_is_the_same_address(client: Client, cast: Cast) -> None:
    answer = client.post(LOGIN, {"login": cast.amina.address.upper(), "password": PASSWORD})
    assert answer["Location"] == STEP


def test_a_wrong_password_and_an_unknown_address_get_the_same_answer(
    client: Client, cast: Cast
) -> None:
    wrong = give_password(client, cast.amina, "not the password at all")
    unknown = client.post(
        LOGIN, {"login": "nobody@transport.example", "password": PASSWORD}
    ).content.decode()
    sentence = "ที่อยู่หรือรหัสผ่านไม่ถูกต้อง", "The address or the password is not right."
    assert any(each in wrong for each in sentence)
    assert any(each in unknown for each in sentence)


def test_a_wrong_code_says_so_and_the_next_right_one_opens(client: Client, cast: Cast) -> None:
    give_password(client, cast.amina)
    wrong = f"{(int(code_now()) + 1) % 1_000_000:06d}"
    answer = client.post(STEP, {"code": wrong})
    assert answer.status_code == 200
    assert client.get(INSIDE).status_code == 302

    TotpDevice.objects.update(throttling_failure_timestamp=timezone.now() - timedelta(minutes=1))
    assert client.post(STEP, {"code": code_now()}).status_code == 302
    assert client.get(INSIDE).status_code == 200


def test_too_soon_after_a_wrong_code_the_page_says_how_long_to_wait(
    client: Client, cast: Cast
) -> None:
    client.post(reverse("set_language"), {"language": "en"})
    give_password(client, cast.amina)
    TotpDevice.objects.update(
        throttling_failure_count=5, throttling_failure_timestamp=timezone.now()
    )
    page = client.post(STEP, {"code": code_now()}).content.decode()
    assert "Wait 16 seconds, then try again." in page


def test_a_code_that_was_used_does_not_open_again(client: Client, cast: Cast) -> None:
    sign_in(client, cast.amina)
    other = Client()
    give_password(other, cast.amina)
    assert other.post(STEP, {"code": code_now()}).status_code == 200
    assert other.get(INSIDE).status_code == 302


def test_a_backup_code_opens_once(client: Client, cast: Cast) -> None:
    codes = second_factor.issue_backup_codes(cast.amina)
    give_password(client, cast.amina)
    answer = client.post(reverse("accounts:backup-code"), {"code": codes[0]})
    assert answer.status_code == 302
    assert client.get(INSIDE).status_code == 200
    assert BackupCode.objects.unused().count() == 9


def test_the_session_id_changes_at_both_steps_and_the_old_ones_are_dead(
    client: Client, cast: Cast
) -> None:
    client.post(reverse("set_language"), {"language": "en"})
    client.get(LOGIN)
    session = client.session
    session["from"] = "before"
    session.save()
    client.cookies[settings.SESSION_COOKIE_NAME] = session.session_key
    before = session.session_key
    give_password(client, cast.amina)
    between = client.session.session_key
    client.post(STEP, {"code": code_now()})
    after = client.session.session_key

    assert len({before, between, after}) == 3
    assert not Session.objects.get_queryset().filter(session_key__in=[before, between]).exists()


def test_signing_out_kills_the_session_on_the_server(client: Client, cast: Cast) -> None:
    sign_in(client, cast.amina)
    stolen = client.cookies[settings.SESSION_COOKIE_NAME].value
    answer = client.post(reverse("account_logout"))
    assert answer["Location"] == LOGIN
    assert "storage" in answer["Clear-Site-Data"]

    thief = Client()
    thief.cookies[settings.SESSION_COOKIE_NAME] = stolen
    assert thief.get(INSIDE).status_code == 302


def test_an_account_that_is_not_active_cannot_sign_in(client: Client, cast: Cast) -> None:
    Account.objects.filter(pk=cast.amina.pk).update(state=Account.State.SUSPENDED)
    assert give_password(client, cast.amina) == reverse("account_inactive")
    assert client.get(reverse("account_inactive")).status_code == 200
    assert client.get(INSIDE)["Location"].startswith(LOGIN)


def test_after_five_wrong_passwords_even_the_right_one_must_wait(
    client: Client, cast: Cast
) -> None:
    for _ in range(5):
        give_password(client, cast.amina, "not the password at all")
    assert give_password(client, cast.amina) != STEP
    assert give_password(Client(), cast.bruno) == STEP


@pytest.mark.parametrize(
    ("wanted", "reached"),
    [
        ("/account/security/", "/account/security/"),
        ("https://elsewhere.example/", "/"),
        ("//elsewhere.example/", "/"),
        ("/\\elsewhere.example/", "/"),
        ("javascript:alert(1)", "/"),
    ],
)
def test_only_a_path_of_the_portal_follows_a_sign_in(
    client: Client, cast: Cast, wanted: str, reached: str
) -> None:
    give_password(client, cast.amina, next=wanted)
    assert client.post(STEP, {"code": code_now()})["Location"] == reached


def test_the_first_sign_in_sets_up_the_app_and_shows_the_backup_codes_once(
    client: Client, cast: Cast
) -> None:
    TotpDevice.objects.filter(user=cast.amina).delete()
    give_password(client, cast.amina)
    assert client.get(STEP)["Location"] == reverse("accounts:enrol")
    page = client.get(reverse("accounts:enrol")).content.decode()
    device = TotpDevice.objects.get(user=cast.amina, confirmed=False)
    secret = sealing.open_secret(device.sealed_secret, cast.amina)
    assert totp.secret_text(secret) in page
    assert 'src="data:image/svg+xml' in page
    assert client.get(INSIDE)["Location"] == STEP

    right = totp.code_at(secret, totp.step_at(timezone.now()))
    shown = client.post(reverse("accounts:enrol"), {"code": right}).content.decode()
    assert shown.count("<li>") == 10
    assert client.get(INSIDE)["Location"] == STEP
    again = client.get(reverse("accounts:first-codes")).content.decode()
    assert "<li>" not in again

    client.post(reverse("accounts:first-codes"), {"kept": "yes"})
    assert client.get(INSIDE).status_code == 200


def test_an_hour_without_a_click_ends_the_session_and_says_so(cast: Cast) -> None:
    client = signed_in(cast.amina)
    assert client.get(INSIDE).status_code == 200
    session = client.session
    session["seen_at"] = (timezone.now() - settings.SESSION_IDLE - timedelta(seconds=1)).isoformat()
    session.save()

    answer = client.get(INSIDE)
    assert answer["Location"] == f"{LOGIN}?ended=idle&next=%2Faccount%2Fsecurity%2F"
    assert 'role="status"' in client.get(answer["Location"]).content.decode()
    assert client.get(INSIDE).status_code == 302


def test_a_session_ends_after_its_hours_however_busy(cast: Cast) -> None:
    client = signed_in(cast.amina)
    session = client.session
    session["signed_in_at"] = (timezone.now() - timedelta(hours=12, seconds=1)).isoformat()
    session.save()
    assert "ended=age" in client.get(INSIDE)["Location"]


def test_a_session_without_its_second_factor_is_no_session(cast: Cast) -> None:
    client = Client()
    client.force_login(cast.amina)
    assert client.get(INSIDE)["Location"].startswith(LOGIN)
    assert "_auth_user_id" not in client.session


def test_scripts_are_told_and_not_sent_to_a_page(cast: Cast) -> None:
    client = Client()
    json = client.get("/people/find/?q=a", headers={"accept": "application/json"})
    assert json.status_code == 401
    assert json.json()["sign_in"] == LOGIN or json.json()["sign_in"].startswith(LOGIN)
    htmx = client.get("/", headers={"hx-request": "true"})
    assert htmx.status_code == 401
    assert htmx["HX-Redirect"].startswith(LOGIN)
    frame = client.get("/", headers={"sec-fetch-dest": "iframe"})
    assert frame.status_code == 401


def test_libraries_pages_of_signing_up_and_resetting_are_not_there() -> None:
    client = Client()
    for path in ("signup/", "email/", "password/reset/", "confirm-email/", "password/set/"):
        answer = client.get(f"/account/{path}")
        assert answer.status_code == 302
        assert answer["Location"].startswith(LOGIN)
