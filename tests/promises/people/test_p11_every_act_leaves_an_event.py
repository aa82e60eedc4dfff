"""P11: every administrative act leaves an audit event, and the chain of events proves none was
changed or removed.

The walk takes every action of every page from the registry: one without a sample fails it, so
that a new action cannot be forgotten.
"""

from __future__ import annotations

from collections.abc import Callable
from io import StringIO
from typing import Any

import pytest
from django.contrib import admin
from django.core.management import CommandError, call_command
from django.db import DatabaseError
from django.db.models import Model
from django.test import Client
from django.utils import timezone

from accounts.admin.audited import Audited
from accounts.audit import chain
from accounts.models import Account, Assignment, AuditEvent, Official, PersonnelOrder, Position
from accounts.people import orders
from tests.accounts.admin.rows import DAY, NOW, one_of_each
from tests.cast import PASSWORD, Cast, signed_in

pytestmark = pytest.mark.django_db

OFFICIALS = "/admin/accounts/official/"
INLINES = ("assignments", "obligations", "orders", "exemptions")


@pytest.fixture
def root(cast: Cast) -> Client:
    """Chiara with every right there is: what she may not do, nobody may."""
    cast.chiara.is_staff = cast.chiara.is_superuser = True
    cast.chiara.save()
    return signed_in(cast.chiara)


def no_rows(*prefixes: str) -> dict[str, Any]:
    ends = {"TOTAL_FORMS": "0", "INITIAL_FORMS": "0"}
    return {f"{prefix}-{end}": value for prefix in prefixes for end, value in ends.items()}


def form_of(official: Official, **changes: str) -> dict[str, Any]:
    names = ("given_name_th", "family_name_th", "given_name_en", "family_name_en")
    return {name: getattr(official, name) for name in names} | no_rows(*INLINES) | changes


def newest() -> AuditEvent:
    return AuditEvent.objects.latest("number")


def verified() -> str:
    said = StringIO()
    call_command("audit_verify", stdout=said, stderr=said)
    return said.getvalue()


def test_every_page_of_the_administration_writes_events() -> None:
    silent = [page for page in admin.site._registry.values() if not isinstance(page, Audited)]
    assert len(admin.site._registry) > 20
    assert silent == []


def test_adding_says_what_was_added_with_its_rows(cast: Cast, root: Client) -> None:
    position = Position.objects.get(agency=cast.transport, title_en="Civil engineer")
    values = {"given_name_th": "สมหญิง", "family_name_th": "ใจงาม"} | no_rows(*INLINES)
    values |= {
        "assignments-TOTAL_FORMS": "1",
        "assignments-0-position": position.pk,
        "assignments-0-kind": "substantive",
        "assignments-0-valid_from": "๑ ต.ค. ๒๕๖๙",
    }
    answer = root.post(f"{OFFICIALS}add/", values)
    assert answer.status_code == 302, answer.context["errors"]
    event = AuditEvent.objects.get(act="added", kind="accounts.official")
    assert (event.object_name, event.actor) == ("สมหญิง ใจงาม", cast.chiara)
    assert event.details["fields"] == ["given_name_th", "family_name_th"]
    assert len(event.details["assignment added"]) == 1
    assert event.agency == cast.transport


def test_changing_says_which_fields_and_plain_values_before_and_after(
    cast: Cast, root: Client
) -> None:
    official = cast.amina.official
    assert official is not None
    values = form_of(official, hides_phone="on", phone="02 123 4567", birth_date="2 ต.ค. 2520")
    assert root.post(f"{OFFICIALS}{official.pk}/change/", values).status_code == 302
    event = AuditEvent.objects.get(act="changed", kind="accounts.official")
    assert set(event.details["fields"]) == {"hides_phone", "phone", "birth_date"}
    # A birth date and a telephone are named, not told.
    assert event.details["values"] == {"hides_phone": [False, True]}
    assert event.object_id == str(official.pk)


def test_deleting_from_a_page_and_from_a_list_is_told(cast: Cast, root: Client) -> None:
    first, second = Assignment.objects.order_by("pk")[:2]
    root.post(f"/admin/accounts/assignment/{first.pk}/delete/", {"post": "yes"})
    chosen = {"action": "delete_selected", "_selected_action": [second.pk], "post": "yes"}
    root.post("/admin/accounts/assignment/", chosen)
    told = AuditEvent.objects.filter(act="deleted", kind="accounts.assignment")
    assert set(told.values_list("object_id", flat=True)) == {str(first.pk), str(second.pk)}
    assert not Assignment.objects.filter(pk__in=[first.pk, second.pk]).exists()


def test_setting_a_password_is_told_and_the_password_is_not(cast: Cast, root: Client) -> None:
    values = {"password1": PASSWORD, "password2": PASSWORD, "usable_password": "true"}
    answer = root.post(f"/admin/accounts/account/{cast.amina.pk}/password/", values)
    assert answer.status_code == 302
    event = newest()
    assert (event.act, event.object_id) == ("changed", str(cast.amina.pk))
    assert event.details["fields"] == ["password"]
    assert PASSWORD not in str(event.details)


def _requested(rows: dict[str, Model]) -> Model:
    Account.objects.filter(pk=rows["account"].pk).update(state=Account.State.REQUESTED)
    rows["provisioningjob"].delete()
    return rows["account"]


def _suspended(rows: dict[str, Model]) -> Model:
    Account.objects.filter(pk=rows["account"].pk).update(state=Account.State.SUSPENDED)
    return rows["account"]


def _never_seen(rows: dict[str, Model]) -> Model:
    rows["secondopinion"].delete()
    return rows["account"]


def _transfer(rows: dict[str, Model]) -> Model:
    official, root = rows["official"], Account.objects.get(is_superuser=True)
    assert isinstance(official, Official)
    PersonnelOrder.objects.filter(official=official).delete()
    kind, to = PersonnelOrder.Kind.TRANSFERRED, root.agency
    by = Account.objects.get(address__startswith="hana")
    return orders.record(kind, official, effective_on=DAY, to_agency=to, by=by, now=NOW)


def _no_order(rows: dict[str, Model]) -> Model:
    PersonnelOrder.objects.all().delete()
    return rows["official"]


def _dismissed(rows: dict[str, Model]) -> Model:
    official = rows["official"]
    assert isinstance(official, Official)
    PersonnelOrder.objects.filter(official=official).delete()
    now = timezone.now()
    orders.record("dismissed", official, effective_on=timezone.localdate(now), by=None, now=now)
    return rows["account"]


def _gone_elsewhere(rows: dict[str, Model]) -> Model:
    official, root = rows["official"], Account.objects.get(is_superuser=True)
    assert isinstance(official, Official)
    Account.objects.filter(pk=rows["account"].pk).update(
        official=None, former_official=official, state=Account.State.SUSPENDED
    )
    Account.objects.create_user(
        "new@interior.example",
        official=official,
        agency=root.agency,
        state=Account.State.ACTIVE,
    )
    return rows["account"]


# What makes a row ready for an action, by "model.action"; others take it as it is.
READY: dict[str, Callable[[dict[str, Model]], Model]] = {
    "account.approve": _requested,
    "account.activate": _suspended,
    "account.reset_second_factor": _never_seen,
    "account.ask_for_superior": _dismissed,
    "account.ask_for_release": _gone_elsewhere,
    "official.transfer": _no_order,
    "personnelorder.agree": _transfer,
}


def answers_for(name: str, cast: Cast, rows: dict[str, Model]) -> dict[str, Any]:
    """What the page that asks first is answered."""
    days = {"effective_on": "1 ม.ค. 2650", "starts_on": "1/1/2650", "expires_on": "1/2/2650"}
    position = Position.objects.filter(agency=cast.interior).first()
    assert position is not None
    return {
        "official.transfer": {"to_agency": cast.interior.pk, "order_no": "๑/๒๕๖๙", **days},
        "official.exempt": {
            "rule": rows["mandaterule"].pk,
            "letter_no": "คค ๐๑/๑",
            **days,
            "reason": "leave",
        },
        "personnelorder.agree": {"position": position.pk},
        "account.ask_for_superior": {"superior": cast.hana.address, "reason": "งานค้าง"},
    }.get(name, {"reason": "โทรศัพท์หาย", "post": "yes"})


def actions() -> list[tuple[str, str]]:
    return [
        (str(model._meta.model_name), action if isinstance(action, str) else action.__name__)
        for model, page in admin.site._registry.items()
        if model._meta.app_label == "accounts"
        for action in page.actions or ()
    ]


@pytest.mark.parametrize(("model", "action"), actions())
def test_every_action_leaves_an_event(cast: Cast, root: Client, model: str, action: str) -> None:
    rows = one_of_each(cast.amina, by=cast.bruno)
    row = READY.get(f"{model}.{action}", lambda found: found[model])(rows)
    before = AuditEvent.objects.count()
    chosen = {"action": action, "_selected_action": [row.pk], "answered": "yes"}
    more = answers_for(f"{model}.{action}", cast, rows)
    answer = root.post(f"/admin/accounts/{model}/", {**chosen, **more}, follow=True)
    said = [str(each) for each in answer.context["messages"]] if answer.context else []
    assert AuditEvent.objects.filter(number__gt=before, actor=cast.chiara).exists(), said


def test_an_act_that_cannot_be_told_is_not_done(
    cast: Cast, root: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(events: list[AuditEvent]) -> None:
        raise DatabaseError("no space left")

    monkeypatch.setattr(chain, "_append", full)
    root.raise_request_exception = False
    chosen = {"action": "suspend", "_selected_action": [cast.amina.pk]}
    assert root.post("/admin/accounts/account/", chosen).status_code == 500
    official = cast.amina.official
    assert official is not None
    root.post(f"{OFFICIALS}{official.pk}/change/", form_of(official, phone="02 123 4567"))
    cast.amina.refresh_from_db()
    official.refresh_from_db()
    assert cast.amina.state == Account.State.ACTIVE
    assert official.phone == ""


def test_a_deed_that_is_refused_leaves_neither_change_nor_event(cast: Cast, root: Client) -> None:
    """Two requests approved at once, of which one is none: nothing is half-done."""
    Account.objects.filter(pk=cast.amina.pk).update(state=Account.State.REQUESTED)
    before = AuditEvent.objects.count()
    chosen = {"action": "approve", "_selected_action": [cast.amina.pk, cast.bruno.pk]}
    answer = root.post("/admin/accounts/account/", chosen, follow=True)
    cast.amina.refresh_from_db()
    assert cast.amina.state == Account.State.REQUESTED
    assert AuditEvent.objects.count() == before
    assert [each.level_tag for each in answer.context["messages"]] == ["error"]


def test_altering_one_row_is_named_by_audit_verify(cast: Cast, root: Client) -> None:
    chosen = {"_selected_action": [cast.amina.pk, cast.bruno.pk]}
    for action in ("suspend", "activate"):
        root.post("/admin/accounts/account/", {"action": action, **chosen})
    assert "The audit is whole: 4 events" in verified()
    AuditEvent.objects.filter(number=2).update(actor_name="somebody@else.example")
    said = StringIO()
    with pytest.raises(CommandError, match="broken in 1 place"):
        call_command("audit_verify", stdout=said, stderr=said)
    assert "Event 2 was changed" in said.getvalue()
