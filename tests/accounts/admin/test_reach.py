from __future__ import annotations

from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group, Permission
from django.db.models import Model
from django.test import Client, RequestFactory
from django.urls import reverse

from accounts.admin.reach import WithinReach
from accounts.models import Account, Assignment, AuditEvent, Official
from accounts.people.roles import HR_OFFICER, OPERATOR
from tests.accounts.admin.rows import one_of_each, tables
from tests.cast import Cast, signed_in

# Pages whose rows belong to nobody's agency, or that have no list of their own.
EVERYBODYS = {"gradescheme", "grade", "officialholiday", "mandate", "mandaterule"}


@pytest.fixture
def theirs(cast: Cast) -> dict[str, Model]:
    """Everything of Chiara's agency, which Hana must not meet."""
    return one_of_each(cast.chiara, by=cast.chiara)


@pytest.fixture
def ours(cast: Cast) -> dict[str, Model]:
    return one_of_each(cast.amina, by=cast.bruno)


@pytest.fixture
def mighty_hana(cast: Cast) -> Client:
    """Hana with every right over people there is, so that reach alone holds her back."""
    every = Permission.objects.filter(content_type__app_label="accounts")
    cast.hana.user_permissions.set(every.exclude(codename="administer_every_agency"))
    return signed_in(cast.hana)


def pages() -> dict[str, WithinReach]:
    """The pages of people in the administration, by the names of their models."""
    return {
        str(model._meta.model_name): page
        for model, page in admin.site._registry.items()
        if model._meta.app_label == "accounts" and isinstance(page, WithinReach)
    }


def test_every_page_of_people_has_a_row_to_try(cast: Cast, ours: dict[str, Model]) -> None:
    assert len(pages()) > 15
    assert set(pages()) - EVERYBODYS - set(ours) == set()


@pytest.mark.parametrize("kind", ["change", "delete", "history"])
def test_no_address_opens_what_is_out_of_reach(
    cast: Cast, mighty_hana: Client, theirs: dict[str, Model], ours: dict[str, Model], kind: str
) -> None:
    tried = 0
    for model in pages():
        if model in EVERYBODYS:
            continue
        address = reverse(f"admin:accounts_{model}_{kind}", args=[theirs[model].pk])
        for answer in (mighty_hana.get(address), mighty_hana.post(address, {"post": "yes"})):
            assert answer.status_code == 404, address
        tried += 1
    assert tried >= 15


def test_nobody_sets_a_password_out_of_reach(cast: Cast, mighty_hana: Client) -> None:
    for account, status in ((cast.chiara, 404), (cast.amina, 200)):
        address = reverse("admin:auth_user_password_change", args=[account.pk])
        assert mighty_hana.get(address).status_code == status


def test_what_is_within_reach_opens(
    cast: Cast, mighty_hana: Client, ours: dict[str, Model]
) -> None:
    for model in pages():
        if model in EVERYBODYS:
            continue
        for kind in ("change", "history"):
            address = reverse(f"admin:accounts_{model}_{kind}", args=[ours[model].pk])
            assert mighty_hana.get(address).status_code == 200, address


def test_no_list_and_no_search_shows_what_is_out_of_reach(
    cast: Cast, mighty_hana: Client, theirs: dict[str, Model], ours: dict[str, Model]
) -> None:
    for model in pages():
        if model in EVERYBODYS:
            continue
        address = reverse(f"admin:accounts_{model}_changelist")
        for query in ({}, {"q": "มั่นคง"}, {"q": "chiara"}, {"all": ""}):
            answer = mighty_hana.get(address, query)
            assert answer.status_code == 200, (address, query)
            listed = {row.pk for row in answer.context["cl"].result_list}
            assert theirs[model].pk not in listed, (address, query)
            if not query:
                assert ours[model].pk in listed, address


def test_no_autocomplete_offers_what_is_out_of_reach(
    cast: Cast, mighty_hana: Client, theirs: dict[str, Model]
) -> None:
    tried = 0
    everything = list(pages().values())
    inlines = [inline(page.model, admin.site) for page in everything for inline in page.inlines]
    for page in (*everything, *inlines):
        for field in page.autocomplete_fields:
            related = page.model._meta.get_field(field).related_model
            answer = mighty_hana.get(
                reverse("admin:autocomplete"),
                {
                    "term": "",
                    "app_label": "accounts",
                    "model_name": page.model._meta.model_name,
                    "field_name": field,
                },
            )
            assert answer.status_code == 200, (page, field)
            offered = {each["id"] for each in answer.json()["results"]}
            assert str(theirs[related._meta.model_name].pk) not in offered, (page, field)
            tried += 1
    assert tried >= 10


def test_no_action_reaches_what_is_out_of_reach(
    cast: Cast, mighty_hana: Client, theirs: dict[str, Model]
) -> None:
    answers = {"answered": "yes", "reason": "x", "post": "yes"}
    before = AuditEvent.objects.count()
    for model, page in pages().items():
        if model in EVERYBODYS:
            continue
        address = reverse(f"admin:accounts_{model}_changelist")
        for action in page.actions or ():
            chosen = {"action": action, "_selected_action": [theirs[model].pk], **answers}
            mighty_hana.post(address, chosen)
    assert AuditEvent.objects.count() == before


def test_a_form_takes_nothing_out_of_reach_even_if_its_key_is_known(
    cast: Cast, mighty_hana: Client, theirs: dict[str, Model]
) -> None:
    values = {"official": cast.amina.official_id, "kind": "acting"}
    values["position"] = theirs["position"].pk
    answer = mighty_hana.post("/admin/accounts/assignment/add/", values)
    assert answer.status_code == 200
    assert "position" in answer.context["adminform"].form.errors
    assert not Assignment.objects.filter(kind="acting").exists()


def test_rows_inside_a_page_are_those_within_reach(
    cast: Cast, mighty_hana: Client, theirs: dict[str, Model]
) -> None:
    amina = cast.amina.official
    assert amina is not None
    lent = amina.assignments.create(position=theirs["position"], kind="secondment")
    page = mighty_hana.get(f"/admin/accounts/official/{amina.pk}/change/")
    shown = {form.instance.pk for form in page.context["inline_admin_formsets"][0].formset.forms}
    assert lent.pk not in shown


def test_the_host_looks_at_whom_it_borrows_and_changes_nothing(
    cast: Cast, mighty_hana: Client
) -> None:
    chiara, amina = cast.chiara.official, cast.amina.official
    assert chiara is not None and amina is not None
    position = amina.assignments.get().position
    chiara.assignments.create(position=position, kind="secondment")
    address = f"/admin/accounts/official/{chiara.pk}/change/"
    assert mighty_hana.get(address).status_code == 200
    assert mighty_hana.post(address, {"given_name_th": "อื่น"}).status_code == 404


def test_whose_post_here_has_ended_is_out_of_reach(cast: Cast, mighty_hana: Client) -> None:
    chiara, amina = cast.chiara.official, cast.amina.official
    assert chiara is not None and amina is not None
    position = amina.assignments.get().position
    chiara.assignments.create(position=position, kind="secondment", valid_to="2020-01-01")
    assert mighty_hana.get(f"/admin/accounts/official/{chiara.pk}/change/").status_code == 404


def test_an_hr_officer_reaches_agencies_below_their_own(cast: Cast, mighty_hana: Client) -> None:
    cast.interior.parent = cast.transport
    cast.interior.save()
    assert mighty_hana.get(f"/admin/accounts/account/{cast.chiara.pk}/change/").status_code == 200


@pytest.mark.parametrize("language", ["th", "en"])
@pytest.mark.parametrize("role", [HR_OFFICER, OPERATOR])
def test_every_list_form_and_page_opens_for_its_officers(
    cast: Cast, ours: dict[str, Model], language: str, role: str
) -> None:
    officer = cast.hana if role == HR_OFFICER else cast.chiara
    officer.is_staff, officer.language = True, language
    officer.save()
    officer.groups.set([Group.objects.get(name=role)])
    client = signed_in(Account.objects.get(pk=officer.pk))
    for model in pages():
        if model == "mandaterule":
            continue
        row = {**ours, **tables()}[model]
        lists = client.get(reverse(f"admin:accounts_{model}_changelist"), {"q": "๑"})
        page = client.get(reverse(f"admin:accounts_{model}_change", args=[row.pk]))
        assert (lists.status_code, page.status_code) == (200, 200), model
    assert client.get("/admin/").status_code == 200


def test_how_far_an_officer_reaches_is_asked_once_for_many_rows(
    cast: Cast, rf: RequestFactory, django_assert_num_queries: Any
) -> None:
    request = rf.get("/")
    request.user = Account.objects.get(pk=cast.hana.pk)
    page = pages()["official"]
    officials = list(Official.objects.select_related("account").exclude(account=cast.hana))
    assert page.has_change_permission(request, officials[0])
    with django_assert_num_queries(0):
        may = [page.has_change_permission(request, each) for each in officials]
    assert True in may and False in may
