"""The pages for what officers decide: cases, exemptions, attestations."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import (
    Account,
    Attestation,
    Exemption,
    MandateRule,
    Official,
    OrgUnit,
    Position,
)
from tests.accounts.mandate import scene
from tests.cast import Cast, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def hana(cast: Cast) -> Client:
    return signed_in(cast.hana)


def post_of(account: Account) -> Position:
    return Position.objects.get(assignments__official=account.official)


def page(client: Client, name: str, **query: str) -> str:
    answer = client.get(reverse(f"accounts:{name}"), query)
    assert answer.status_code == 200
    return answer.content.decode()


def test_an_officer_sees_the_cases_of_the_own_agency_alone(cast: Cast, hana: Client) -> None:
    seen = page(hana, "decisions")
    assert "Director of Planning" in seen
    assert "Policy analyst" not in seen


def test_who_serves_past_the_last_day_is_asked_about(cast: Cast, hana: Client) -> None:
    """By the rule for Bruno, by an order that is over for Hana; Chiara is another ministry's."""
    born = {"birth_date": date(1950, 1, 1)}
    for account in (cast.bruno, cast.chiara):
        Official.objects.filter(pk=account.official_id).update(**born)
    Official.objects.filter(pk=cast.hana.official_id).update(retires_on=date(2020, 9, 30))
    seen = page(hana, "decisions").partition('id="unexplained"')[2]
    assert "Bruno Wongsakul" in seen and "Hana Jaidee" in seen
    assert "Chiara" not in seen and "Amina" not in seen
    assert f"/admin/accounts/official/{cast.bruno.official_id}/change/" in seen
    form = f"{reverse('admin:accounts_personnelorder_add')}?official={cast.bruno.official_id}"
    assert f"{form}&amp;kind=retired" in seen and hana.get(form).status_code == 200


def test_once_the_extension_is_entered_nobody_is_asked(cast: Cast, hana: Client) -> None:
    until = timezone.localdate() + timedelta(days=400)
    Official.objects.filter(pk=cast.bruno.official_id).update(
        birth_date=date(1950, 1, 1), retires_on=until
    )
    assert 'id="unexplained"' not in page(hana, "decisions")


def test_a_case_is_decided_by_one_button(cast: Cast, hana: Client) -> None:
    post = post_of(cast.amina)
    answer = hana.post(reverse("accounts:decide"), {"post": post.pk, "answer": "yes"}, follow=True)
    post.refresh_from_db()
    assert post.is_director_or_above == "yes"
    assert cast.amina.official and cast.amina.official.obligations.count() == 2
    assert "1 post of “Director of Planning” is decided." in answer.content.decode()


def test_one_post_of_many_can_be_decided_alone(cast: Cast, hana: Client) -> None:
    post = post_of(cast.amina)
    twin = scene.official(cast.transport, director="decide")
    Position.objects.filter(assignments__official=twin).update(
        title_th=post.title_th, title_en=post.title_en
    )
    seen = page(hana, "decisions", like=str(post.pk))
    assert twin.name in seen and "Amina Saengthong" in seen
    hana.post(reverse("accounts:decide"), {"post": post.pk, "alone": "1", "answer": "no"})
    answers = Position.objects.filter(title_th=post.title_th).order_by("pk")
    assert list(answers.values_list("is_director_or_above", flat=True)) == ["no", "decide"]


def test_a_case_out_of_reach_cannot_be_decided(cast: Cast, hana: Client) -> None:
    post = post_of(cast.chiara)
    hana.post(reverse("accounts:decide"), {"post": post.pk, "answer": "yes"})
    post.refresh_from_db()
    assert post.is_director_or_above == "decide"
    assert hana.get(reverse("accounts:decisions"), {"like": post.pk}).status_code == 404


@pytest.mark.parametrize("name", ["decisions", "exemptions", "ask-exemption", "attestations"])
def test_for_an_official_these_pages_do_not_exist(cast: Cast, name: str) -> None:
    assert signed_in(cast.bruno).get(reverse(f"accounts:{name}")).status_code == 404


@pytest.mark.parametrize("like", ["x", "9" * 30, "0", "-1"])
def test_a_case_that_is_none_is_not_found(hana: Client, like: str) -> None:
    assert hana.get(reverse("accounts:decisions"), {"like": like}).status_code == 404


def ask(client: Client, cast: Cast, **changes: str) -> str:
    today = timezone.localdate()
    form = {
        "rule": str(MandateRule.objects.all()[0].pk),
        "reason": "leave",
        "letter_no": "คค 1/2",
        "starts_on": f"{today.day}/{today.month}/{today.year + 543}",
        "expires_on": f"{today + timedelta(days=30)}",
    }
    address = f"{reverse('accounts:ask-exemption')}?official={cast.bruno.official_id}"
    return client.post(address, form | changes, follow=True).content.decode()


def test_an_officer_finds_whom_to_exempt(cast: Cast, hana: Client) -> None:
    unit = OrgUnit.objects.create(agency=cast.transport, name_th="กองบรูโน่", name_en="Bruno's")
    seen = page(hana, "ask-exemption", q="bruno")
    assert f"?official={cast.bruno.official_id}" in seen
    assert f"?unit={unit.pk}" in seen
    assert "Nobody within your reach" in page(hana, "ask-exemption", q="chiara")


def test_an_exemption_asked_for_waits_for_another(cast: Cast, hana: Client) -> None:
    seen = ask(hana, cast)
    assert Exemption.objects.get().starts_on == timezone.localdate()
    assert "Bruno Wongsakul" in seen
    # She asked: there is no button to agree.
    assert reverse("accounts:agree-exemption", args=[Exemption.objects.get().pk]) not in seen


def test_what_is_wrong_stands_beside_what_was_typed(cast: Cast, hana: Client) -> None:
    late = timezone.localdate() + timedelta(days=300)
    seen = ask(hana, cast, expires_on=f"{late}")
    assert "180 days at most" in seen and "คค 1/2" in seen
    assert not Exemption.objects.exists()


def test_a_second_officer_agrees_on_the_page(cast: Cast, hana: Client) -> None:
    ask(hana, cast)
    second = signed_in(second_officer(cast))
    exemption = Exemption.objects.get()
    address = reverse("accounts:agree-exemption", args=[exemption.pk])
    assert address in page(second, "exemptions")
    assert second.post(address, follow=True).status_code == 200
    exemption.refresh_from_db()
    assert exemption.approved_at is not None


def second_officer(cast: Cast) -> Account:
    amina = cast.amina
    amina.is_staff = True
    amina.save(update_fields=["is_staff"])
    amina.groups.set(cast.hana.groups.all())
    return amina


def test_an_officer_writes_down_a_heads_letter(cast: Cast, hana: Client) -> None:
    assert "Ministry of Transport" in page(hana, "attestations", q="transport")
    form = {"agency": cast.transport.pk, "letter_no": "คค 1/3"}
    answer = hana.post(reverse("accounts:attest"), form, follow=True)
    assert "คค 1/3" in answer.content.decode()
    assert Attestation.objects.get().by == cast.hana


def test_without_the_letters_number_it_is_refused_with_a_sentence(cast: Cast, hana: Client) -> None:
    answer = hana.post(reverse("accounts:attest"), {"agency": cast.transport.pk})
    assert answer.status_code == 422
    assert "number of the letter" in answer.content.decode()


def test_the_head_of_a_unit_attests_and_takes_it_back(cast: Cast) -> None:
    unit = OrgUnit.objects.create(agency=cast.transport, name_th="กองแผนงาน", name_en="Planning")
    Position.objects.filter(pk=post_of(cast.amina).pk).update(unit=unit, is_head_of_unit=True)
    amina = signed_in(cast.amina)
    assert "I attest it" in page(amina, "attestations")
    amina.post(reverse("accounts:attest"), {"unit": unit.pk})
    seen = page(amina, "attestations")
    assert "Attested" in seen and "I attest it" not in seen
    found = Attestation.objects.get()
    amina.post(reverse("accounts:withdraw-attestation", args=[found.pk]))
    found.refresh_from_db()
    assert found.withdrawn_at is not None


def test_an_officer_out_of_reach_can_attest_nothing(cast: Cast, hana: Client) -> None:
    form = {"agency": cast.interior.pk, "letter_no": "x"}
    assert hana.post(reverse("accounts:attest"), form).status_code == 404
    assert not Attestation.objects.exists()
