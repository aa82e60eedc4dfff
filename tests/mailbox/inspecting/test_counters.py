from __future__ import annotations

import io
import json
import threading
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection, transaction
from django.utils import timezone

from accounts.audit import chain
from accounts.models import AuditEvent
from mailbox.filing.messages import lock
from mailbox.inspecting import counters
from mailbox.models import (
    Draft,
    Folder,
    Label,
    Labelling,
    Mailbox,
    Message,
    Placement,
    SearchIndex,
    SearchSegment,
    Submission,
    Thread,
    Upload,
)
from tests.cast import Cast
from tests.mailbox.post import MORNING, counts, file_raw, later, raw_letter

pytestmark = pytest.mark.django_db

BREAKS = {
    "conversation_count": "UPDATE mailbox_folder SET conversation_count = 7 WHERE kind = 'inbox'",
    "unread_count of a folder": "UPDATE mailbox_folder SET unread_count = -1 WHERE kind = 'inbox'",
    "message_count": "UPDATE mailbox_placement SET message_count = message_count + 1",
    "unread_count": "UPDATE mailbox_placement SET unread_count = 0",
    "star of a row": "UPDATE mailbox_placement SET is_starred = true",
    "urgency of a row": "UPDATE mailbox_placement SET urgency = 3",
    "date of a row": "UPDATE mailbox_placement SET latest_at = latest_at - interval '1 day'",
    "a row that is missing": "DELETE FROM mailbox_placement",
    "date of a conversation": "UPDATE mailbox_thread SET latest_at = latest_at - interval '1 h'",
    "star of a conversation": "UPDATE mailbox_thread SET is_starred = true",
    "a conversation not listed": "UPDATE mailbox_thread SET is_listed = false",
    "date of a label": "UPDATE mailbox_labelling SET latest_at = latest_at - interval '1 hour'",
    "used_bytes": "UPDATE mailbox_mailbox SET used_bytes = used_bytes + 5",
    "columns of an index": "UPDATE mailbox_searchindex SET columns = columns + 1",
    "tally of a letter": """UPDATE mailbox_submission SET tally = '{"filed": 3}'""",
    "failure of a letter": "UPDATE mailbox_submission SET has_failed = true",
    "octets of an upload": "UPDATE mailbox_upload SET received = 3",
}


@pytest.fixture
def box(cast: Cast) -> Mailbox:
    """A mailbox with something of everything that is counted."""
    box = cast.mailbox_of(cast.amina)
    file_raw(raw_letter("ก", name="1@x.example"), [box, cast.mailbox_of(cast.bruno)])
    file_raw(raw_letter("ข", answers="1@x.example"), [box], at=later(1))
    thread = Thread.objects.get(mailbox=box)
    label = Label.objects.create(mailbox=box, sealed_name=b"x")
    Labelling.objects.create(label=label, mailbox=box, thread=thread, latest_at=thread.latest_at)
    index = SearchIndex.objects.create(
        mailbox=box, state="in-use", scheme=1, sealed_key=b"", columns=3
    )
    for columns in (1, 2):
        SearchSegment.objects.create(
            mailbox=box, index=index, columns=columns, newest_at=MORNING, oldest_at=MORNING
        )
    message = Message.objects.filter(mailbox=box).earliest("received_at")
    letter = Submission.objects.create(
        mailbox=box, content_id=message.content_id, sealed_key_for_owner=b"", sealed_envelope=b"",
        size=1, created_at=MORNING, undo_until=MORNING, due_at=None, expires_at=MORNING,
        tally={"filed": 1},
    )  # fmt: skip
    letter.deliveries.create(position=0, sealed_address=b"", state="filed", changed_at=MORNING)
    draft = Draft.objects.create(mailbox=box, sealed_key=b"", sealed_body=b"", updated_at=MORNING)
    upload = Upload.objects.create(draft=draft, sealed_meta=b"", size=9, received=5)
    upload.pieces.create(start=0, size=5, row=b"12345")
    return box


def run(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


def state() -> list[Any]:
    """All that is counted, as it stands."""
    return [
        list(Folder.objects.order_by("pk").values_list("conversation_count", "unread_count")),
        list(Placement.objects.order_by("thread").values_list(
            "thread", "folder", "latest", "latest_at", "message_count", "unread_count",
            "is_starred", "urgency")),
        list(Thread.objects.order_by("pk").values_list(
            "pk", "latest_at", "is_starred", "is_listed")),
        list(Labelling.objects.values_list("latest_at")),
        list(Mailbox.objects.order_by("pk").values_list("used_bytes")),
        list(SearchIndex.objects.values_list("columns")),
        list(Submission.objects.values_list("tally", "has_failed")),
        list(Upload.objects.values_list("received")),
    ]  # fmt: skip


def verify(*given: str) -> tuple[str, str]:
    """What the command says when all is right, and what when it is not."""
    out, err = io.StringIO(), io.StringIO()
    try:
        call_command("counters_verify", *given, stdout=out, stderr=err)
    except CommandError as error:
        return out.getvalue(), err.getvalue() + str(error)
    return out.getvalue(), ""


def test_what_is_right_is_said_to_be(box: Mailbox) -> None:
    before = state()
    out, wrong = verify()
    assert wrong == "" and "are right" in out
    assert counters.mend(box.pk, now=MORNING) == {}
    assert state() == before and not AuditEvent.objects.exists()


@pytest.mark.parametrize("broken", BREAKS)
def test_each_counter_that_is_broken_is_named_and_mended_and_then_there_is_nothing_to_do(
    box: Mailbox, broken: str
) -> None:
    right = state()
    run(BREAKS[broken])
    assert state() != right
    assert "says (" in verify()[1]

    out = io.StringIO()
    call_command("counters_repair", stdout=out, stderr=io.StringIO())
    assert out.getvalue().startswith("Would mend") and state() != right
    call_command("counters_repair", "--carry-out", stdout=out, stderr=io.StringIO())
    assert state() == right
    assert verify()[1] == ""
    told = AuditEvent.objects.count()
    assert told > 0 and list(chain.verify()) == []
    out = io.StringIO()
    call_command("counters_repair", "--carry-out", stdout=out, stderr=io.StringIO())
    assert out.getvalue().startswith("Mended 0 rows") and AuditEvent.objects.count() == told


def test_a_row_of_a_list_without_messages_and_an_empty_conversation_go(box: Mailbox) -> None:
    right = state()
    empty = Thread.objects.create(mailbox=box, latest_at=MORNING)
    inbox = Folder.objects.get(mailbox=box, kind="inbox")
    Placement.objects.create(
        mailbox=box,
        thread=empty,
        folder=inbox,
        latest=Message.objects.filter(mailbox=box).first(),
        latest_at=MORNING,
    )
    assert counters.mend(box.pk, now=MORNING)
    assert state() == right


def test_the_command_ends_with_json_and_with_status_1_and_names_no_address(box: Mailbox) -> None:
    run(BREAKS["used_bytes"])
    out, wrong = verify("--json")
    told = json.loads(out)
    assert (
        told["drifted"] == {"used_bytes": Mailbox.objects.count()}
        and told["mailboxes"] == Mailbox.objects.count()
    )
    assert "@" not in out + wrong and str(box.pk) in wrong


def test_a_run_goes_on_behind_a_mailbox_or_looks_at_one_address(box: Mailbox) -> None:
    run(BREAKS["used_bytes"])
    last = Mailbox.objects.latest("pk")
    assert verify("--after", str(last.pk))[1] == ""
    out, wrong = verify("amina@transport.example", "--json")
    assert json.loads(out)["mailboxes"] == 1 and str(box.pk) in wrong
    with pytest.raises(CommandError, match="leads to no mailbox"):
        call_command("counters_verify", "nobody@transport.example")


def test_a_mailbox_costs_the_same_statements_however_much_it_holds(
    box: Mailbox, django_assert_num_queries: Any
) -> None:
    with django_assert_num_queries(len(counters._KINDS)):
        assert counters.drifts(box.pk) == []


def test_more_than_a_round_is_mended_in_rounds(
    box: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(5):
        file_raw(raw_letter(f"เรื่อง {number}", name=f"n{number}@x.example"), [box])
    right = state()
    run(BREAKS["message_count"] + f" WHERE mailbox_id = '{box.pk}'")
    monkeypatch.setattr(counters, "MOST", 2)
    assert counters.mend(box.pk, now=MORNING)["placement"] == 6
    assert state() == right


@pytest.mark.django_db(transaction=True)
def test_mail_that_is_filed_while_counters_are_mended_is_counted(cast: Cast) -> None:
    box = cast.mailbox_of(cast.amina)
    file_raw(raw_letter("ก", name="1@x.example"), [box])
    begun = threading.Event()

    def file_more() -> None:
        try:
            for number in range(8):
                file_raw(raw_letter(f"ใหม่ {number}", name=f"m{number}@x.example"), [box])
                begun.set()
        finally:
            connection.close()

    run(BREAKS["conversation_count"])
    run(BREAKS["used_bytes"])
    filing = threading.Thread(target=file_more)
    filing.start()
    begun.wait(30)
    while filing.is_alive():
        run(BREAKS["message_count"].replace("+ 1", "+ 100"))
        counters.mend(box.pk, now=timezone.now())
    filing.join()
    counters.mend(box.pk, now=timezone.now())
    assert counters.drifts(box.pk) == []
    assert counts(box) == {"inbox": (9, 9)}
    box.refresh_from_db()
    assert box.used_bytes == sum(Message.objects.values_list("size", flat=True))


@pytest.mark.django_db(transaction=True)
def test_mending_waits_for_whoever_files_in_the_mailbox(cast: Cast) -> None:
    box = cast.mailbox_of(cast.amina)
    file_raw(raw_letter("ก"), [box])
    run(BREAKS["message_count"])
    said: list[str] = []

    def mend_impatiently() -> None:
        try:
            run("SET lock_timeout = '100ms'")
            counters.mend(box.pk, now=MORNING)
        except OperationalError as error:
            said.append(str(error))
        finally:
            connection.close()

    with transaction.atomic():
        lock([box.pk])
        mending = threading.Thread(target=mend_impatiently)
        mending.start()
        mending.join()
    assert "lock timeout" in said[0]
