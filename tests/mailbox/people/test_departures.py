"""What each change of standing means for mail; `docs/life-cycle.md` names these."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from accounts.audit import chain
from accounts.models import Account, AuditEvent
from accounts.people import consequences, standing
from mailbox import opening
from mailbox.filing.absences import Request, Texts, texts_for_worker
from mailbox.models import (
    AutoReply,
    Delegation,
    Forwarding,
    Mailbox,
    Message,
    Submission,
    Vacation,
)
from mailbox.outbound import drafting
from mailbox.outbound.automatic import vacation
from mailbox.outbound.relay import relay
from mailbox.outbound.submission import send
from mailbox.sealing import infos
from mailbox.sealing.key_files import Role
from mailbox.sealing.keyring import StoredKeyring, current, using
from mailbox.standing import absences
from tests.cast import Cast
from tests.mailbox.people.offices import delegate, office
from tests.mailbox.web.post import deliver, letter

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
INSIDER = "Hana <hana@transport.example>"


def sent_by(account: Account, box: Mailbox, now: datetime, **values: object) -> Submission:
    draft = drafting.start(box, by=account, now=now)
    to = {"to": ["bruno@transport.example"], "subject": "x", "text": "y", **values}
    drafting.save(draft, to, version=1, now=now)
    draft.refresh_from_db()
    return send(draft, by=account, now=now, undo_seconds=0)


def is_due(submission: Submission, now: datetime) -> bool:
    return Submission.objects.due(now).filter(pk=submission.pk).exists()


def texts_of(box: Mailbox) -> Texts:
    return texts_for_worker(Vacation.objects.get(mailbox=box))


# --- Suspended, reinstated ------------------------------------------------


def test_a_suspended_officials_queued_mail_is_held(cast: Cast, now: datetime) -> None:
    submission = sent_by(cast.amina, cast.mailbox_of(cast.amina), now)
    consequences.carry_out("suspended", cast.amina, now=now)

    assert not is_due(submission, now + DAY)
    submission.refresh_from_db()
    assert not submission.claim(now, now + DAY)


def test_what_was_held_leaves_after_reinstatement_with_its_time_to_try(
    cast: Cast, now: datetime
) -> None:
    submission = sent_by(cast.amina, cast.mailbox_of(cast.amina), now)
    consequences.carry_out("suspended", cast.amina, now=now)
    later = now + 30 * DAY
    consequences.carry_out("reinstated", cast.amina, now=later)
    held_until = Submission.objects.get(pk=submission.pk)

    assert is_due(submission, later)
    assert held_until.expires_at - later == submission.expires_at - now
    assert relay(held_until, gateways=lambda _agency: [], now=later)


def test_being_suspended_twice_holds_from_the_first_moment(cast: Cast, now: datetime) -> None:
    submission = sent_by(cast.amina, cast.mailbox_of(cast.amina), now)
    consequences.carry_out("suspended", cast.amina, now=now)
    consequences.carry_out("suspended", cast.amina, now=now + DAY)

    assert Submission.objects.get(pk=submission.pk).held_at == now


def test_what_a_suspended_delegate_sent_from_an_office_is_held_and_nothing_else_there(
    cast: Cast, now: datetime
) -> None:
    box = office(cast.transport)
    delegate(box, cast.amina, may_write=True, may_send_as=True)
    delegate(box, cast.bruno, may_write=True, may_send_as=True)
    hers, his = sent_by(cast.amina, box, now), sent_by(cast.bruno, box, now)
    consequences.carry_out("suspended", cast.amina, now=now)

    assert (is_due(hers, now), is_due(his, now)) == (False, True)


def test_what_a_suspended_official_had_planned_from_an_office_waits(
    cast: Cast, now: datetime
) -> None:
    box = office(cast.transport)
    delegate(box, cast.amina, may_write=True, may_send_as=True)
    draft = drafting.start(box, by=cast.amina, now=now)
    drafting.save(draft, {"to": ["bruno@transport.example"]}, version=1, now=now)
    draft.refresh_from_db()
    planned = send(draft, by=cast.amina, now=now, at=now + timedelta(hours=1))
    standing.suspend(cast.amina, now=now)

    assert not relay(planned, gateways=lambda _agency: [], now=now + timedelta(hours=1))
    assert not Message.objects.filter(mailbox__account=cast.bruno).exists()


def test_what_a_suspension_holds_is_the_suspended_officials_alone(
    cast: Cast, now: datetime
) -> None:
    submission = sent_by(cast.bruno, cast.mailbox_of(cast.bruno), now)
    consequences.carry_out("suspended", cast.amina, now=now)

    assert is_due(submission, now)


# --- Left -----------------------------------------------------------------


def test_who_writes_to_somebody_who_left_is_told_the_address_of_the_position(
    cast: Cast, now: datetime
) -> None:
    desk = office(cast.transport, "planning")
    assert desk.account is not None
    position = desk.account.position
    consequences.carry_out("retained", cast.amina, now=now, position=position, until=now + 90 * DAY)
    texts = texts_of(cast.mailbox_of(cast.amina))

    assert "planning@transport.example" in texts.inside
    assert texts.inside == texts.outside
    assert "อามีนา แสงทอง" in texts.inside and "Amina Saengthong" in texts.inside


def test_without_a_mailbox_of_the_position_the_agencys_saraban_is_named(
    cast: Cast, now: datetime
) -> None:
    office(cast.transport)
    consequences.carry_out("retained", cast.amina, now=now)

    assert "saraban@transport.example" in texts_of(cast.mailbox_of(cast.amina)).inside


def test_the_office_is_named_for_ninety_days(cast: Cast, now: datetime) -> None:
    consequences.carry_out("retained", cast.amina, now=now)
    row = Vacation.objects.get(mailbox=cast.mailbox_of(cast.amina))

    assert row.is_under_way(now + 90 * DAY - timedelta(seconds=1))
    assert not row.is_under_way(now + 90 * DAY)


def test_the_portal_answers_though_the_account_is_closed_and_without_its_key(
    cast: Cast, now: datetime, key_set: dict[Role, StoredKeyring]
) -> None:
    Account.objects.filter(pk=cast.amina.pk).update(state=Account.State.SUSPENDED)
    with using(key_set["worker"]):
        consequences.carry_out("retained", cast.amina, now=now)
    deliver(letter(sender=INSIDER), cast.amina)
    reply = _owed(cast.mailbox_of(cast.amina), "hana@transport.example", now)
    with using(key_set["worker"]):
        assert vacation.answer(reply, now=now)

    assert Submission.objects.filter(mailbox__account=cast.amina, is_automatic=True).count() == 1


def test_being_retained_again_gives_nobody_a_second_reply(cast: Cast, now: datetime) -> None:
    consequences.carry_out("retained", cast.amina, now=now, until=now + 90 * DAY)
    before = Vacation.objects.get(mailbox__account=cast.amina).period_at
    consequences.carry_out("retained", cast.amina, now=now + DAY, until=now + 90 * DAY)

    assert Vacation.objects.get(mailbox__account=cast.amina).period_at == before


def test_what_a_leaver_had_sent_before_still_leaves(cast: Cast, now: datetime) -> None:
    submission = sent_by(cast.amina, cast.mailbox_of(cast.amina), now)
    consequences.carry_out("suspended", cast.amina, now=now)
    consequences.carry_out("retained", cast.amina, now=now)

    assert is_due(submission, now)


def test_a_leaver_is_nobodys_delegate_any_more_and_the_chain_says_so(
    cast: Cast, now: datetime
) -> None:
    given = delegate(cast.mailbox_of(cast.bruno), cast.amina)
    consequences.carry_out("retained", cast.amina, now=now)

    assert Delegation.objects.get(pk=given.pk).ended_at == now
    assert not list(chain.verify())


@pytest.mark.parametrize("change", ["retained", "transferred", "died", "handed_over"])
def test_what_a_leaver_gave_ends_and_what_officers_gave_does_not(
    cast: Cast, now: datetime, moved: Account, change: str
) -> None:
    box = cast.mailbox_of(cast.amina)
    own = delegate(box, cast.bruno, may_write=True, may_send_as=True, granted_by=cast.amina)
    officers = delegate(box, cast.hana)
    details = {"to": moved, "until": now + 90 * DAY} if change == "transferred" else {}
    consequences.carry_out(change, cast.amina, now=now, **details)

    assert Delegation.objects.get(pk=own.pk).ended_at == now
    assert Delegation.objects.get(pk=officers.pk).ended_at is None


def test_who_was_told_to_leave_for_good_leaves_no_delegate_behind(
    cast: Cast, now: datetime
) -> None:
    own = delegate(cast.mailbox_of(cast.amina), cast.bruno, granted_by=cast.amina)
    consequences.carry_out("suspended", cast.amina, now=now)
    assert Delegation.objects.get(pk=own.pk).ended_at is None  # for a time only
    consequences.carry_out("suspended", cast.amina, now=now, for_good=True)

    assert Delegation.objects.get(pk=own.pk).ended_at == now


def test_whoever_comes_back_answers_for_themselves(cast: Cast, now: datetime) -> None:
    box = cast.mailbox_of(cast.amina)
    consequences.carry_out("retained", cast.amina, now=now)
    consequences.carry_out("reinstated", cast.amina, now=now)

    assert absences.of(box) is None


# --- Transferred ----------------------------------------------------------


def test_mail_to_the_old_address_comes_to_the_new_mailbox_too(
    cast: Cast, now: datetime, moved: Account
) -> None:
    consequences.carry_out("transferred", cast.amina, now=now, to=moved, until=now + 90 * DAY)
    deliver(letter("After the move"), cast.amina, at=now)
    copies = Message.objects.filter(mailbox__account__in=[cast.amina, moved])
    key = opening.mailbox_key(Mailbox.objects.get(account=moved))

    assert copies.count() == 2
    mine = copies.get(mailbox__account=moved)
    assert opening.open_summary(mine, key).subject == "After the move"


def test_old_mail_stays_with_the_old_agency(cast: Cast, now: datetime, moved: Account) -> None:
    deliver(letter("Before"), cast.amina)
    consequences.carry_out("transferred", cast.amina, now=now, to=moved, until=now + 90 * DAY)

    assert not Message.objects.filter(mailbox__account=moved).exists()


def test_after_ninety_days_nothing_is_passed_on(cast: Cast, now: datetime, moved: Account) -> None:
    consequences.carry_out("transferred", cast.amina, now=now, to=moved, until=now + 90 * DAY)
    deliver(letter(), cast.amina, at=now + 90 * DAY)

    assert not Message.objects.filter(mailbox__account=moved).exists()


def test_only_colleagues_are_told_the_new_address(
    cast: Cast, now: datetime, moved: Account
) -> None:
    office(cast.transport)
    consequences.carry_out("transferred", cast.amina, now=now, to=moved, until=now + 90 * DAY)
    texts = texts_of(cast.mailbox_of(cast.amina))

    assert moved.address in texts.inside
    assert moved.address not in texts.outside and "saraban@" in texts.outside


def test_a_letter_is_kept_while_the_new_mailbox_is_not_there_yet(cast: Cast, now: datetime) -> None:
    later = Account.objects.create_user("soon@interior.example", agency=cast.interior)
    consequences.carry_out("transferred", cast.amina, now=now, to=later, until=now + 90 * DAY)
    deliver(letter(), cast.amina)

    assert Message.objects.filter(mailbox__account=cast.amina).count() == 1


def test_a_transfer_carried_out_again_lasts_no_longer(
    cast: Cast, now: datetime, moved: Account
) -> None:
    for moment in (now, now + DAY):
        consequences.carry_out(
            "transferred", cast.amina, now=moment, to=moved, until=now + 90 * DAY
        )
    row = Forwarding.objects.get()

    assert (row.starts_at, row.until) == (now, now + 90 * DAY)


# --- Died, dismissed ------------------------------------------------------


@pytest.mark.parametrize(("change", "writes"), [("died", False), ("handed_over", True)])
def test_the_superior_may_look_after_what_was_left_for_ninety_days(
    cast: Cast, now: datetime, change: str, writes: bool
) -> None:
    consequences.carry_out(change, cast.amina, now=now, superior=cast.bruno)
    given = Delegation.objects.get()

    assert (given.account, given.mailbox.account) == (cast.bruno, cast.amina)
    assert (given.may_write, given.may_send_as, given.may_send_on_behalf) == (writes, False, False)
    assert given.valid_to == timezone.localdate(now + 90 * DAY)


def test_a_delegate_of_before_is_let_in_as_the_superior_for_ninety_days(
    cast: Cast, now: datetime
) -> None:
    delegate(cast.mailbox_of(cast.amina), cast.bruno, granted_by=cast.amina)
    consequences.carry_out("handed_over", cast.amina, now=now, superior=cast.bruno)
    given = Delegation.objects.get(ended_at=None)

    assert given.may_write and given.valid_to == timezone.localdate(now + 90 * DAY)


def test_who_was_dismissed_is_told_whom_the_mailbox_was_opened_to(
    cast: Cast, now: datetime
) -> None:
    for _time in range(2):
        consequences.carry_out("handed_over", cast.amina, now=now, superior=cast.bruno)
    (told,) = Message.objects.filter(mailbox__account=cast.amina).select_related("content")
    text = opening.open_rendition(told, opening.mailbox_key(told.mailbox)).text

    assert "Bruno Wongsakul, bruno@transport.example" in text
    assert AuditEvent.objects.filter(act="hand_over_told").count() == 1


def test_who_serves_elsewhere_by_then_is_told_there(
    cast: Cast, now: datetime, moved: Account
) -> None:
    Account.objects.filter(pk=cast.amina.pk).update(
        official=None, former_official=moved.official, state=Account.State.SUSPENDED
    )
    consequences.carry_out(
        "handed_over", Account.objects.get(pk=cast.amina.pk), now=now, superior=cast.bruno
    )

    assert Message.objects.get().mailbox.account == moved


def test_an_order_that_forbids_it_is_obeyed_and_on_record(cast: Cast, now: datetime) -> None:
    consequences.carry_out("handed_over", cast.amina, now=now, superior=cast.bruno, quiet=True)

    assert not Message.objects.exists()
    assert AuditEvent.objects.filter(act="hand_over_not_told").count() == 1
    assert Delegation.objects.count() == 1


def test_the_superior_is_let_in_once(cast: Cast, now: datetime) -> None:
    for _time in range(2):
        consequences.carry_out("died", cast.amina, now=now, superior=cast.bruno)

    assert Delegation.objects.count() == 1


def test_without_a_superior_nobody_is_let_in_and_the_mail_is_held(
    cast: Cast, now: datetime
) -> None:
    submission = sent_by(cast.amina, cast.mailbox_of(cast.amina), now)
    consequences.carry_out("died", cast.amina, now=now, superior=None)

    assert not Delegation.objects.exists()
    assert not is_due(submission, now)


def test_a_change_of_an_account_without_a_mailbox_changes_no_mail(
    cast: Cast, now: datetime
) -> None:
    bare = Account.objects.create_user("bare@transport.example", agency=cast.transport)
    for change in consequences.CHANGES:
        has_new = change in ("transferred", "released")
        details = {"to": cast.amina, "until": now + DAY} if has_new else {}
        consequences.carry_out(change, bare, now=now, **details)

    assert not Vacation.objects.exists() and not Forwarding.objects.exists()
    assert not Delegation.objects.exists()


def _owed(box: Mailbox, to: str, now: datetime) -> AutoReply:
    """The reply that filing owes; made by hand, for `deliver` knows no return path."""
    pk, period_at = uuid.uuid4(), Vacation.objects.get(mailbox=box).period_at
    key_id, sealed = current().seal_to(
        "ingest", Request(to, "x", "m@transport.example").to_bytes(), infos.for_auto_reply(pk)
    )
    return AutoReply.objects.create(
        pk=pk,
        mailbox=box,
        digest=b"x",
        period_at=period_at,
        ingest_key_id=key_id,
        sealed_request=sealed,
        due_at=now,
    )
