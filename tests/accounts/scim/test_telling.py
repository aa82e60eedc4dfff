from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.directory import applying
from accounts.models import (
    Account,
    ImportBatch,
    ImportRow,
    Official,
    PersonnelOrder,
    ScimResource,
    Source,
    SourceRecord,
)
from accounts.scim import telling
from accounts.scim.people import THAI_OFFICIAL
from tests.accounts.scim.clients import Idm, patch, source_of, token_of
from tests.cast import Cast

pytestmark = pytest.mark.django_db

State = ImportBatch.State
# So many that one who leaves is less than one in twenty.
COLLEAGUES = 21


@pytest.fixture
def idm(cast: Cast) -> Idm:
    return Idm(token_of(cast.transport, cast.hana))


def person(number: int = 0) -> dict[str, Any]:
    """What an identity system says of one planner."""
    return {
        "name": {"givenName": "นายก้อง", "familyName": f"สุขใจ{'กขคงจฉชซญฎฏฐณดตถทธนบป'[number]}"},
        "title": "นักวิเคราะห์นโยบายและแผน",
        THAI_OFFICIAL: {"positionNumber": f"P{number}", "unitPath": "กองแผนงาน/กลุ่มวิเคราะห์"},
    }


def tell(cast: Cast) -> ImportBatch | None:
    return telling.tell(source_of(cast.transport), now=timezone.now())


def colleagues(idm: Idm, cast: Cast, joined: int = 1) -> list[str]:
    """Twenty-one colleagues whom the source knows, some with accounts; returns their SCIM ids."""
    ids = [idm.make(f"u{number}", **person(number))["id"] for number in range(joined)]
    tell(cast)
    bruno, source, now = cast.bruno.official, source_of(cast.transport), timezone.now()
    joiners = Account.objects.filter(official__source_records__key__in=ids)
    joiners.update(state=Account.State.ACTIVE, first_signed_in_at=now)
    assert bruno is not None
    SourceRecord.objects.bulk_create(
        SourceRecord(source=source, key=f"another {number}", official=bruno, seen_at=now)
        for number in range(COLLEAGUES - joined)
    )
    return ids


def account_of(key: str) -> Account:
    return Account.objects.get(official__source_records__key=key)


def test_a_new_user_joins_with_post_office_and_a_reserved_address(cast: Cast, idm: Idm) -> None:
    key = idm.make("kong", **person())["id"]
    batch = tell(cast)
    assert batch is not None
    assert batch.state == State.APPLIED
    account = account_of(key)
    official = account.official
    assert official is not None
    assert (official.title_th, official.given_name_th) == ("นาย", "ก้อง")
    position = official.assignments.get().position
    assert position.position_number == "P0"
    assert position.unit is not None
    assert position.unit.name_th == "กลุ่มวิเคราะห์"
    assert account.agency == cast.transport
    assert account.state in (Account.State.RESERVED, Account.State.PROVISIONING)
    assert tell(cast) is None


def test_a_user_who_cannot_be_an_official_is_a_row_with_a_sentence(cast: Cast, idm: Idm) -> None:
    idm.make("robot")
    idm.make("born", **person() | {THAI_OFFICIAL: {"birthDate": "31 กุมภาพันธ์ 2530"}})
    before = Official.objects.count()
    tell(cast)
    rows = ImportRow.objects.order_by("number")
    assert [row.verdict for row in rows] == ["error", "error"]
    assert all(row.words and row.key for row in rows)
    assert Official.objects.count() == before


def test_an_inactive_user_is_suspended_an_active_one_taken_back(cast: Cast, idm: Idm) -> None:
    key = colleagues(idm, cast)[0]
    for active, state in ((False, Account.State.SUSPENDED), (True, Account.State.ACTIVE)):
        change = patch({"op": "replace", "path": "active", "value": active})
        assert idm.ask("PATCH", f"/Users/{key}", change).status_code in (200, 204)
        tell(cast)
        assert account_of(key).state == state


def test_a_deleted_user_leaves_the_service(cast: Cast, idm: Idm) -> None:
    key = colleagues(idm, cast)[0]
    assert idm.ask("DELETE", f"/Users/{key}").status_code == 204
    assert idm.ask("GET", f"/Users/{key}").status_code == 404
    tell(cast)
    order = PersonnelOrder.objects.get(official=account_of(key).official)
    assert order.kind == PersonnelOrder.Kind.RESIGNED
    assert tell(cast) is None


def test_a_system_gone_mad_waits_for_two_officers_and_nobody_is_locked_out(
    cast: Cast, idm: Idm
) -> None:
    keys = colleagues(idm, cast, joined=4)
    for key in keys[:3]:
        idm.ask(
            "PATCH", f"/Users/{key}", patch({"op": "replace", "path": "active", "value": False})
        )
    batch = tell(cast)
    assert batch is not None
    assert (batch.state, batch.counts["leaves"]) == (State.PLANNED, 3)
    # What comes after it waits behind it, and is not lost.
    idm.ask(
        "PATCH", f"/Users/{keys[3]}", patch({"op": "replace", "path": "title", "value": "นิติกร"})
    )
    assert tell(cast) is None
    assert not Account.objects.filter(state=Account.State.SUSPENDED).exists()
    applying.withdraw(batch, by=cast.hana, now=timezone.now())
    after = tell(cast)
    assert after is not None
    assert after.rows.get().key == keys[3]


def test_a_system_gone_mad_slowly_waits_for_two_officers_too(cast: Cast, idm: Idm) -> None:
    keys = colleagues(idm, cast, joined=3)
    states = []
    for key in keys:
        change = patch({"op": "replace", "path": "active", "value": False})
        idm.ask("PATCH", f"/Users/{key}", change)
        batch = tell(cast)
        states.append(batch and batch.state)
    assert states == [State.APPLIED, State.PLANNED, None]
    assert Account.objects.filter(state=Account.State.SUSPENDED).count() == 1


def test_letters_that_nobody_sees_are_left_out_of_what_a_system_says(cast: Cast, idm: Idm) -> None:
    name = {"givenName": "ก้\u200bอง", "familyName": "สุข\u00a0 ใจ", "honorificPrefix": "นาย\ufeff"}
    phone = [{"type": "work", "value": "๐๒ ๑๒๓"}]
    key = idm.make("kong", **person() | {"name": name, "phoneNumbers": phone})["id"]
    tell(cast)
    official = account_of(key).official
    assert official is not None
    assert (official.title_th, official.given_name_th) == ("นาย", "ก้อง")
    assert (official.family_name_th, official.phone) == ("สุข ใจ", "02 123")


def test_whoever_was_quicker_with_a_plan_is_not_stumbled_over(
    cast: Cast, idm: Idm, monkeypatch: pytest.MonkeyPatch
) -> None:
    idm.make("kong", **person())
    approve = applying.approve

    def too_late(batch: ImportBatch, **more: Any) -> ImportBatch:
        approve(batch, **more)
        return approve(batch, **more)

    monkeypatch.setattr(applying, "approve", too_late)
    batch = tell(cast)
    assert batch is not None
    assert ImportBatch.objects.get().state == State.APPROVED


def test_a_patch_during_an_import_is_kept_and_follows_it(cast: Cast, idm: Idm) -> None:
    key = colleagues(idm, cast)[0]
    files = Source.objects.create(agency=cast.transport, kind=Source.Kind.FILE, name="files")
    now = timezone.now()
    running = ImportBatch.objects.create(source=files, state=State.APPLYING, created_at=now)
    change = patch({"op": "replace", "path": "title", "value": "นิติกร"})
    assert idm.ask("PATCH", f"/Users/{key}", change).status_code in (200, 204)
    assert tell(cast) is None
    assert ScimResource.objects.due(timezone.now()).count() == 1
    running.state = State.APPLIED
    running.save()
    batch = tell(cast)
    assert batch is not None
    assert batch.state == State.APPLIED
    assert not ScimResource.objects.due(timezone.now()).exists()


def test_a_plan_nobody_took_up_after_a_kill_is_taken_up(
    cast: Cast, idm: Idm, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = idm.make("kong", **person())["id"]

    def killed(*args: Any, **words: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(applying, "approve", killed)
        tell(cast)
    assert ImportBatch.objects.get().state == State.PLANNED
    assert list(telling.owed(timezone.now())) == [source_of(cast.transport)]
    tell(cast)
    assert account_of(key).agency == cast.transport
    assert ImportBatch.objects.count() == 1


def test_a_user_changed_while_the_plan_is_made_is_still_owed(
    cast: Cast, idm: Idm, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = idm.make("kong", **person())["id"]
    make = telling.plan.make

    def and_changed(*args: Any, **words: Any) -> ImportBatch:
        batch = make(*args, **words)
        change = patch({"op": "replace", "path": "title", "value": "นิติกร"})
        assert idm.ask("PATCH", f"/Users/{key}", change).status_code in (200, 204)
        return batch

    monkeypatch.setattr(telling.plan, "make", and_changed)
    tell(cast)
    assert list(ScimResource.objects.due(timezone.now()).values_list("version", flat=True)) == [2]


def test_a_deleted_user_is_forgotten_a_month_after_the_plan_heard_of_it(
    cast: Cast, idm: Idm
) -> None:
    key = idm.make("robot")["id"]
    idm.ask("DELETE", f"/Users/{key}")
    tell(cast)
    assert ScimResource.objects.count() == 1
    telling.tell(source_of(cast.transport), now=timezone.now() + timedelta(days=31))
    assert not ScimResource.objects.exists()
