from __future__ import annotations

from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import TotpDevice
from accounts.signing_in import sealing, sessions, totp
from tests.cast import PASSWORD, Cast, signed_in

INSIDE = "/account/security/"


def confirm_password(client: Client, target: str) -> None:
    answer = client.post(
        f"{reverse('account_reauthenticate')}?next={target}", {"password": PASSWORD}
    )
    assert answer["Location"] == target


def test_the_page_lists_ones_own_sessions_and_no_others(cast: Cast) -> None:
    client, _elsewhere, _bruno = signed_in(cast.amina), signed_in(cast.amina), signed_in(cast.bruno)
    page = client.get(INSIDE)
    assert len(page.context["sessions"]) == 2
    assert client.session.session_key not in page.content.decode()


def test_a_session_can_be_ended_from_another_one(cast: Cast) -> None:
    client, elsewhere = signed_in(cast.amina), signed_in(cast.amina)
    assert elsewhere.get(INSIDE).status_code == 200
    row = sessions.of(cast.amina).get(session_key=elsewhere.session.session_key)
    client.post(reverse("accounts:end-session", args=[row.public_id]))
    assert elsewhere.get(INSIDE).status_code == 302
    assert client.get(INSIDE).status_code == 200


def test_somebody_elses_session_cannot_be_ended(cast: Cast) -> None:
    client, bruno = signed_in(cast.amina), signed_in(cast.bruno)
    row = sessions.of(cast.bruno).get()
    assert client.post(reverse("accounts:end-session", args=[row.public_id])).status_code == 404
    assert bruno.get(INSIDE).status_code == 200


def test_all_other_sessions_can_be_ended_at_once(cast: Cast) -> None:
    client, elsewhere, bruno = signed_in(cast.amina), signed_in(cast.amina), signed_in(cast.bruno)
    client.post(reverse("accounts:end-other-sessions"))
    assert client.get(INSIDE).status_code == 200
    assert elsewhere.get(INSIDE).status_code == 302
    assert bruno.get(INSIDE).status_code == 200


def test_the_password_changes_only_with_the_present_one_and_ends_the_other_sessions(
    cast: Cast,
) -> None:
    client, elsewhere = signed_in(cast.amina), signed_in(cast.amina)
    fresh = "five young herons by the old canal"
    form = {"oldpassword": "wrong", "password1": fresh, "password2": fresh}
    assert client.post(reverse("account_change_password"), form).status_code == 200
    cast.amina.refresh_from_db()
    assert cast.amina.check_password(PASSWORD)

    form["oldpassword"] = PASSWORD
    assert client.post(reverse("account_change_password"), form)["Location"] == INSIDE
    cast.amina.refresh_from_db()
    assert cast.amina.check_password(fresh)
    assert client.get(INSIDE).status_code == 200
    assert elsewhere.get(INSIDE).status_code == 302


def test_a_short_password_is_refused_with_a_reason(cast: Cast) -> None:
    client = signed_in(cast.amina)
    form = {"oldpassword": PASSWORD, "password1": "Sh0rt!pass", "password2": "Sh0rt!pass"}
    page = client.post(reverse("account_change_password"), form).content.decode()
    assert "15" in page
    cast.amina.refresh_from_db()
    assert cast.amina.check_password(PASSWORD)


def test_thai_letters_open_the_door_composed_or_not(cast: Cast) -> None:
    cast.amina.set_password("café au lait à la gare")
    assert cast.amina.check_password("cafe\u0301 au lait a\u0300 la gare")


def test_backup_codes_and_app_change_only_after_the_password_once_more(cast: Cast) -> None:
    client = signed_in(cast.amina)
    for name in ("accounts:new-codes", "accounts:replace-app"):
        answer = client.get(reverse(name))
        assert answer["Location"].startswith(reverse("account_reauthenticate"))


def test_new_backup_codes_are_shown_once(cast: Cast) -> None:
    client = signed_in(cast.amina)
    address = reverse("accounts:new-codes")
    confirm_password(client, address)
    assert "data-codes" not in client.get(address).content.decode()
    assert client.post(address).content.decode().count("<li>") == 10
    assert "data-codes" not in client.get(address).content.decode()


def test_a_new_app_ends_the_other_sessions_and_keeps_this_one(cast: Cast) -> None:
    client, elsewhere = signed_in(cast.amina), signed_in(cast.amina)
    address = reverse("accounts:replace-app")
    confirm_password(client, address)
    assert client.get(address).status_code == 200
    fresh = TotpDevice.objects.get(user=cast.amina, confirmed=False)
    secret = sealing.open_secret(fresh.sealed_secret, cast.amina)
    code = totp.code_at(secret, totp.step_at(timezone.now()))
    assert client.post(address, {"code": code})["Location"] == INSIDE
    assert client.get(INSIDE).status_code == 200
    assert elsewhere.get(INSIDE).status_code == 302


def test_the_language_follows_the_person_to_every_computer(cast: Cast) -> None:
    client = signed_in(cast.amina)
    client.post(reverse("set_language"), {"language": "th", "next": INSIDE})
    elsewhere = signed_in(cast.amina)
    assert '<html lang="th"' in elsewhere.get(INSIDE).content.decode()


def test_the_theme_follows_the_person_and_next_stays_in_the_portal(cast: Cast) -> None:
    client = signed_in(cast.amina)
    away = {"theme": "dark", "next": "https://elsewhere.example/"}
    assert client.post(reverse("accounts:theme"), away)["Location"] == "/"
    assert 'data-theme="dark"' in signed_in(cast.amina).get(INSIDE).content.decode()
