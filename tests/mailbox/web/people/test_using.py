"""Using a mailbox that is not one's own: an office's, or another's as their delegate."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from email import message_from_bytes
from email.policy import default
from uuid import UUID

import pytest
from asgiref.sync import sync_to_async
from django.db import connection, connections
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from mailbox import opening
from mailbox.filing.placements import announce
from mailbox.mime.rendition import read_raw, unpack_head
from mailbox.models import Delegation, Draft, Folder, Mailbox, Message, Submission
from mailbox.opening import mailbox_key
from mailbox.outbound import drafting
from mailbox.outbound.enclosures import attach, enclosures
from mailbox.outbound.outbox import submission_of
from mailbox.web.live import events
from tests.cast import Cast, signed_in
from tests.mailbox.people.offices import delegate, hold, office
from tests.mailbox.web.post import address_of, deliver, letter

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def inbox(box: Mailbox) -> str:
    return f"/mail/{box.pk}/inbox/"


def begin(client: Client, box: Mailbox) -> Draft:
    answer = client.post("/mail/compose/", {"mode": "new", "mailbox": box.pk})
    return Draft.objects.get(pk=answer["Location"].split("/")[3])


def form(draft: Draft, **fields: str) -> dict[str, str]:
    draft.refresh_from_db()
    to = {"to": "chiara@interior.example", "subject": "x", "text": "y"}
    return {"version": str(draft.version), **to, **fields}


def send(client: Client, draft: Draft, **fields: str) -> Submission:
    answer = client.post(f"/mail/compose/{draft.pk}/send/", form(draft, **fields))
    assert answer.status_code == 302, answer.content.decode()[:500]
    return Submission.objects.get(draft=draft)


def headers_of(submission: Submission) -> dict[str, str]:
    """The letter as it leaves, by its copy in Sent."""
    copy = submission.sent_copy
    assert copy is not None
    read = opening.reader(copy, mailbox_key(copy.mailbox)).read
    raw = message_from_bytes(read_raw(read, unpack_head(read)), policy=default)
    return {name: str(raw[name] or "") for name in ("From", "Sender", "Message-ID")}


# --- The rail -------------------------------------------------------------


def test_the_rail_offers_every_mailbox_within_reach_with_its_unread(
    registry: Mailbox, bruno: Client
) -> None:
    assert registry.account is not None
    deliver(letter(), registry.account)
    page = bruno.get("/").content.decode()

    assert inbox(registry) in page and "Central registry" in page
    assert "saraban@transport.example" in page


def test_with_one_mailbox_there_is_nothing_to_change_to(cast: Cast) -> None:
    page = signed_in(cast.amina).get("/").content.decode()

    assert "Change the mailbox" not in page


def test_the_page_of_an_office_still_names_who_is_signed_in(
    registry: Mailbox, bruno: Client
) -> None:
    page = bruno.get(inbox(registry)).content.decode()

    assert "Bruno Wongsakul" in page and f"/mail/{registry.pk}/live/" in page


def test_an_official_without_a_mailbox_begins_in_the_one_they_may_use(
    cast: Cast, registry: Mailbox, bruno: Client
) -> None:
    Mailbox.objects.filter(account=cast.bruno).update(is_open=False)

    assert "saraban@transport.example" in bruno.get("/").content.decode()


@pytest.mark.parametrize("mailboxes", [1, 4])
def test_more_mailboxes_cost_no_more_queries(cast: Cast, bruno: Client, mailboxes: int) -> None:
    boxes = [office(cast.transport, f"office{number}") for number in range(mailboxes)]
    for box in boxes:
        hold(box, cast.bruno)
    bruno.get(inbox(boxes[0]))
    with CaptureQueriesContext(connection) as asked:
        assert bruno.get(inbox(boxes[0])).status_code == 200

    assert len(asked) == 11, [one["sql"][:80] for one in asked]


# --- Reading and sorting --------------------------------------------------


def test_the_holder_reads_and_sorts_the_offices_mail(registry: Mailbox, bruno: Client) -> None:
    assert registry.account is not None
    message = deliver(letter("To the registry"), registry.account)[0]
    page = bruno.get(address_of(message)).content.decode()
    asked = {"verb": "archive", "folder": "inbox", "thread": message.thread_id}
    answer = bruno.post(f"/mail/{registry.pk}/act/", asked)
    message.refresh_from_db()

    assert "To the registry" in page and answer.status_code == 302
    assert message.folder is not None and message.folder.kind == Folder.Kind.ARCHIVE


def test_a_delegate_who_only_reads_changes_nothing_not_even_by_reading(
    cast: Cast, bruno: Client
) -> None:
    message = deliver(letter("For Amina"), cast.amina)[0]
    delegate(cast.mailbox_of(cast.amina), cast.bruno)
    page = bruno.get(address_of(message)).content.decode()
    asked = {"verb": "archive", "folder": "inbox", "thread": message.thread_id}
    answer = bruno.post(f"/mail/{message.mailbox_id}/act/", asked)
    message.refresh_from_db()

    assert "For Amina" in page and "You may read here, not write." in page
    assert answer.status_code == 404
    assert not message.is_read


def test_a_delegate_who_only_reads_can_search(cast: Cast, bruno: Client) -> None:
    deliver(letter("Needle in Amina's hay"), cast.amina)
    box = cast.mailbox_of(cast.amina)
    delegate(box, cast.bruno)
    answer = bruno.post("/mail/search/", {"q": "needle", "mailbox": box.pk}, follow=True)

    assert "Needle in Amina" in answer.content.decode()


@pytest.mark.parametrize("end", ["ended", "over"])
def test_for_an_ended_delegate_the_mailbox_does_not_exist(
    cast: Cast, bruno: Client, end: str
) -> None:
    message = deliver(letter(), cast.amina)[0]
    given = delegate(cast.mailbox_of(cast.amina), cast.bruno, may_write=True)
    assert bruno.get(address_of(message)).status_code == 200
    changed = (
        {"ended_at": timezone.now()} if end == "ended" else {"valid_to": timezone.localdate() - DAY}
    )
    Delegation.objects.filter(pk=given.pk).update(**changed)

    for path in (address_of(message), f"/mail/message/{message.pk}/body/", inbox(message.mailbox)):
        assert bruno.get(path).status_code == 404


def test_settings_stay_those_of_ones_own_mailbox(
    cast: Cast, registry: Mailbox, bruno: Client
) -> None:
    Mailbox.objects.filter(account=cast.bruno).update(is_open=False)

    for path in ("/mail/vacation/", "/mail/filters/", "/mail/signatures/"):
        assert bruno.get(path).status_code in (404, 200)
    assert bruno.get("/mail/vacation/").status_code == 404


# --- Writing --------------------------------------------------------------


def test_the_holder_sends_as_the_office_and_the_copy_stays_there(
    cast: Cast, registry: Mailbox, bruno: Client
) -> None:
    sent = send(bruno, begin(bruno, registry))
    headers = headers_of(sent)

    assert "saraban@transport.example" in headers["From"] and not headers["Sender"]
    assert headers["Message-ID"].endswith("@transport.example>")
    assert sent.sent_copy is not None and sent.sent_copy.mailbox == registry
    assert sent.written_by == cast.bruno


def test_on_behalf_both_stand_in_the_letter(cast: Cast, registry: Mailbox, bruno: Client) -> None:
    value = {"from": f"{registry.pk}:behalf"}
    headers = headers_of(send(bruno, begin(bruno, registry), **value))

    assert "saraban@transport.example" in headers["From"]
    assert "bruno@transport.example" in headers["Sender"]


def test_who_may_only_send_on_behalf_is_named_whatever_was_asked(cast: Cast, bruno: Client) -> None:
    box = cast.mailbox_of(cast.amina)
    delegate(box, cast.bruno, may_write=True, may_send_on_behalf=True)
    headers = headers_of(send(bruno, begin(bruno, box), **{"from": f"{box.pk}:as"}))

    assert "amina@" in headers["From"] and "bruno@" in headers["Sender"]


def test_who_may_write_but_not_send_keeps_a_draft(cast: Cast, bruno: Client) -> None:
    box = cast.mailbox_of(cast.amina)
    delegate(box, cast.bruno, may_write=True)
    draft = begin(bruno, box)
    answer = bruno.post(f"/mail/compose/{draft.pk}/send/", form(draft))

    assert answer.status_code == 422
    assert not Submission.objects.exists() and Draft.objects.filter(pk=draft.pk).exists()


def test_a_right_that_ended_while_writing_sends_nothing(cast: Cast, bruno: Client) -> None:
    box = cast.mailbox_of(cast.amina)
    delegate(box, cast.bruno, may_write=True, may_send_as=True)
    draft = begin(bruno, box)
    Delegation.objects.update(ended_at=timezone.now())

    assert bruno.post(f"/mail/compose/{draft.pk}/send/", form(draft)).status_code == 404
    assert not Submission.objects.exists()


def test_choosing_another_sender_takes_the_draft_and_its_files_along(
    cast: Cast, registry: Mailbox, bruno: Client
) -> None:
    draft = begin(bruno, cast.mailbox_of(cast.bruno))
    attach(draft, name="plan.pdf", type="application/pdf", data=b"%PDF-1.4")
    answer = bruno.post(f"/mail/compose/{draft.pk}/", form(draft, **{"from": f"{registry.pk}:as"}))
    moved = Draft.objects.select_related("mailbox").get(pk=draft.pk)

    assert answer.status_code == 302 and moved.mailbox == registry
    assert drafting.open_draft(moved).text == "y"
    assert [one.name for one in enclosures(moved, drafting.draft_key(moved))] == ["plan.pdf"]


def test_a_draft_cannot_be_put_where_one_may_not_write(cast: Cast, bruno: Client) -> None:
    draft = begin(bruno, cast.mailbox_of(cast.bruno))
    box = cast.mailbox_of(cast.amina)
    delegate(box, cast.bruno)
    answer = bruno.post(f"/mail/compose/{draft.pk}/", form(draft, **{"from": f"{box.pk}:as"}))

    assert answer.status_code == 404
    assert Draft.objects.get(pk=draft.pk).mailbox.account == cast.bruno


def test_the_compose_page_offers_every_way_to_send(registry: Mailbox, bruno: Client) -> None:
    draft = begin(bruno, registry)
    page = bruno.get(f"/mail/compose/{draft.pk}/").content.decode()

    assert page.count("<option value=") >= 3
    assert f'value="{registry.pk}:as" selected' in page
    assert "signed by Bruno Wongsakul" in page


def test_a_reply_from_the_office_goes_back_to_the_office(
    cast: Cast, registry: Mailbox, bruno: Client
) -> None:
    assert registry.account is not None
    message = deliver(letter(), registry.account)[0]
    begun = bruno.post("/mail/compose/", {"mode": "reply", "message": message.pk})
    draft = Draft.objects.get(pk=begun["Location"].split("/")[3])

    assert draft.mailbox == registry


def test_the_outbox_of_an_office_says_who_sent_a_letter(
    cast: Cast, registry: Mailbox, bruno: Client
) -> None:
    sent = send(bruno, begin(bruno, registry))

    assert "by Bruno Wongsakul" in bruno.get(f"/mail/outbox/{sent.pk}/").content.decode()
    assert Message.objects.filter(mailbox__account=cast.bruno).count() == 0
    copy = sent.sent_copy
    assert copy is not None and submission_of(copy) == sent


# --- Live -----------------------------------------------------------------


@pytest.mark.asyncio
@pytest.mark.django_db(transaction=True)
async def test_a_stream_ends_with_the_delegation(cast: Cast) -> None:
    box, given = await sync_to_async(_delegated)(cast)
    stream: AsyncIterator[bytes] = events(box, cast.bruno)
    assert b"open" in await anext(stream)
    await sync_to_async(_tell)(box)
    assert b"mail" in await asyncio.wait_for(anext(stream), 10)
    await sync_to_async(_end)(given)
    await sync_to_async(_tell)(box)

    with pytest.raises(StopAsyncIteration):
        await asyncio.wait_for(anext(stream), 10)


def _delegated(cast: Cast) -> tuple[UUID, UUID]:
    box = cast.mailbox_of(cast.amina)
    return box.pk, delegate(box, cast.bruno).pk


def _end(given: UUID) -> None:
    Delegation.objects.filter(pk=given).update(ended_at=timezone.now())


def _tell(box: UUID) -> None:
    announce([box])
    connections.close_all()
