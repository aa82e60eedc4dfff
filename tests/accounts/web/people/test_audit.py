from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.db.models import Model
from django.test import Client
from django.urls import reverse

from accounts.audit import chain
from accounts.models import Account, AuditEvent
from accounts.people import two_officers
from accounts.people.roles import AUDITOR, OPERATOR
from accounts.web.people.acts import label_of, labels
from tests.cast import Cast, signed_in

NOW = datetime(2026, 11, 22, 17, 30, tzinfo=UTC)  # 23 November, half past midnight in Thailand
AUDIT = reverse("accounts:audit")
ROOT = Path(__file__).resolve().parents[4]
ENDS = ("asked", "agreed", "refused")


@pytest.fixture
def hana(cast: Cast) -> Client:
    return signed_in(cast.hana)


def made(account: Account, role: str) -> Account:
    """Give somebody a role of the administration."""
    account.is_staff = True
    account.save(update_fields=["is_staff"])
    account.groups.add(Group.objects.get(name=role))
    return account


def act(name: str, subject: Model, by: Account | None, **details: Any) -> AuditEvent:
    return chain.record(name, subject, by=by, now=NOW, details=details)


def page(client: Client, **query: object) -> str:
    answer = client.get(AUDIT, query)
    assert answer.status_code == 200
    return str(answer.content.decode())


def numbers(client: Client, **query: object) -> list[int]:
    answer: Any = client.get(AUDIT, query)
    return [each.event.number for each in answer.context["told"]]


def test_for_an_official_there_is_no_record_of_acts(cast: Cast) -> None:
    assert signed_in(cast.amina).get(AUDIT).status_code == 404


def test_it_says_who_did_what_to_whom_and_when(cast: Cast, hana: Client) -> None:
    act("changed", cast.amina, cast.hana, fields=["state"], values={"state": ["active", "x"]})
    shown = page(hana)
    assert "Changed" in shown and "Active → x" in shown
    assert cast.hana.address in shown and cast.amina.address in shown
    assert "23 Nov 2026 00:30" in shown


def test_an_officer_sees_their_agencies_and_their_own_acts_only(cast: Cast, hana: Client) -> None:
    here = act("account_suspended", cast.amina, None)
    own = act("changed", cast.chiara, cast.hana)
    act("account_suspended", cast.chiara, cast.chiara)
    assert numbers(hana) == [own.number, here.number]


def test_whoever_looks_after_every_agency_sees_everything(cast: Cast) -> None:
    cast.bruno.is_staff = cast.bruno.is_superuser = True
    cast.bruno.save()
    act("account_suspended", cast.chiara, None)
    act("gate_opened", cast.interior, None)
    assert numbers(signed_in(cast.bruno)) == [2, 1]


@pytest.mark.parametrize("role", [OPERATOR, AUDITOR])
def test_who_looks_after_the_whole_portal_reads_every_act(cast: Cast, role: str) -> None:
    act("account_suspended", cast.chiara, None)
    act("gate_opened", cast.interior, None)
    client = signed_in(made(cast.bruno, role))
    assert numbers(client) == [2, 1]
    shown = page(client)
    assert "in every agency" in shown
    assert f'href="{AUDIT}"' in shown  # the rail leads there


def test_an_auditor_acts_on_nobody_and_sees_no_names_elsewhere(cast: Cast) -> None:
    client = signed_in(made(cast.bruno, AUDITOR))
    assert client.get(AUDIT).status_code == 200
    for name in ("requests", "imports", "exemptions", "tokens", "letters"):
        assert client.get(reverse(f"accounts:{name}")).status_code == 404, name
    assert client.get(reverse("accounts:mandate-names", args=[1])).status_code == 404
    assert client.get("/admin/accounts/official/").status_code == 404


def test_a_role_without_the_administrations_door_reads_nothing(cast: Cast) -> None:
    cast.bruno.groups.add(Group.objects.get(name=AUDITOR))
    assert signed_in(cast.bruno).get(AUDIT).status_code == 404


def test_it_can_be_asked_by_person_act_and_day(cast: Cast, hana: Client) -> None:
    first = act("account_suspended", cast.amina, None).number
    second = act("account_activated", cast.bruno, cast.hana).number
    assert numbers(hana, words="amina") == [first]
    assert numbers(hana, words=cast.hana.address) == [second]
    assert numbers(hana, act="account_activated") == [second]
    assert numbers(hana, since="๒๓ พ.ย. ๒๕๖๙", until="23/11/2569") == [second, first]
    assert numbers(hana, since="24 พ.ย. 2569") == []
    assert numbers(hana, until="22 พ.ย. 2569") == []
    assert numbers(hana, kind="accounts.account", subject=cast.bruno.pk) == [second]


def test_a_day_that_cannot_be_read_is_said_beside_its_field(cast: Cast, hana: Client) -> None:
    shown = page(hana, since="ตุลาคม")
    assert "is not a day" in shown and 'aria-invalid="true"' in shown


def test_nothing_yet_and_nothing_found_are_two_sentences(cast: Cast, hana: Client) -> None:
    assert "Nothing has been done yet" in page(hana)
    assert "Nothing here fits" in page(hana, words="nobody")


def test_older_events_are_a_page_away_and_none_is_left_out(cast: Cast, hana: Client) -> None:
    chain.record_each("changed", [cast.amina] * 120, by=cast.hana, now=NOW)
    seen: list[int] = []
    query: dict[str, object] = {}
    for _page in range(3):
        seen += numbers(hana, **query)
        query = {"before": seen[-1]}
    assert seen == list(range(120, 0, -1))


def test_an_event_that_was_changed_is_marked(cast: Cast, hana: Client) -> None:
    act("account_suspended", cast.amina, None)
    act("account_activated", cast.amina, None)
    assert "does not hold" not in page(hana)
    AuditEvent.objects.filter(number=2).update(at=NOW + timedelta(days=1))
    assert page(hana).count("does not hold") == 1


def test_names_are_shown_as_text(cast: Cast, hana: Client) -> None:
    cast.transport.name_th = "<script>alert(1)</script>"
    act("changed", cast.transport, cast.hana, fields=["<b>x</b>"])
    shown = page(hana)
    assert "<script>alert" not in shown and "<b>x" not in shown


@pytest.mark.parametrize(
    "query", [{"before": "x"}, {"before": "9" * 30}, {"before": "9" * 5000}, {"words": "\0"}]
)
def test_nonsense_in_the_address_is_no_error(
    cast: Cast, hana: Client, query: dict[str, object]
) -> None:
    page(hana, **query)


def test_the_cost_of_a_page_does_not_grow_with_its_events(
    cast: Cast, hana: Client, django_assert_max_num_queries: Any
) -> None:
    chain.record_each("changed", [cast.amina] * 60, by=cast.hana, now=NOW)
    page(hana)
    with django_assert_max_num_queries(16):
        page(hana)


def test_an_act_nobody_has_named_yet_is_shown_as_written() -> None:
    assert label_of("something_new") == "Something new"


def test_every_act_of_the_code_has_a_name() -> None:
    said = re.compile(r"""(?:chain\.record(?:_each)?|_?note|_record)\(\s*"([A-Za-z_ ]+)\"""")
    sources = [file for app in ("accounts", "mailbox") for file in (ROOT / app).rglob("*.py")]
    acts = {act for file in sources for act in said.findall(file.read_text(encoding="utf-8"))}
    acts |= {f"{deed.name}_{end}" for deed in two_officers.deeds() for end in ENDS}
    assert len(acts) > 30
    assert acts - dict(labels()).keys() == set()
