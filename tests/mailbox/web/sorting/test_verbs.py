"""Verbs of the forms: what each does, what it announces, and its way back."""

from __future__ import annotations

import re
from uuid import UUID

import pytest
from django.test import Client
from django.utils import timezone

from mailbox.models import Folder, Label, Labelling, MailReport, Message, Snooze, SortingJob, Thread
from mailbox.opening import mailbox_key
from mailbox.reading import folders, labels
from mailbox.reading.deeds import jobs
from tests.cast import Cast, signed_in
from tests.mailbox.web.post import deliver, letter

pytestmark = pytest.mark.django_db

HTMX = {"HX-Request": "true"}


@pytest.fixture
def message(cast: Cast) -> Message:
    return deliver(letter(), cast.amina)[0]


@pytest.fixture
def client(cast: Cast) -> Client:
    return signed_in(cast.amina)


def act(client: Client, message: Message, verb: str, **sent: str | list[str]) -> str:
    data = {"verb": verb, "thread": str(message.thread_id), "folder": "inbox", **sent}
    answer = client.post(f"/mail/{message.mailbox_id}/act/", data, headers=HTMX)
    assert answer.status_code == 200, answer.content.decode()[:400]
    return answer.content.decode()


def undo(client: Client, message: Message, toast: str) -> None:
    found = re.search(r'name="change" value="([^"]+)"', toast)
    assert found is not None
    client.post(f"/mail/{message.mailbox_id}/undo/", {"change": found[1]}, headers=HTMX)


def kind_of(message: Message) -> str:
    return Message.objects.select_related("folder").get(pk=message.pk).folder.kind


@pytest.mark.parametrize(
    ("verb", "kind"), [("snooze:tomorrow", "snoozed"), ("mute", "archive"), ("phishing", "spam")]
)
def test_what_leaves_says_so_and_comes_back(
    client: Client, message: Message, verb: str, kind: str
) -> None:
    toast = act(client, message, verb)
    assert kind_of(message) == kind
    undo(client, message, toast)
    assert kind_of(message) == "inbox"
    assert not Thread.objects.get().is_muted
    assert not Snooze.objects.exists()
    assert not MailReport.objects.exists()


def test_a_list_over_the_whole_mailbox_archives_what_lies_in_the_inbox(
    client: Client, message: Message
) -> None:
    act(client, message, "archive", folder="")
    assert kind_of(message) == "archive"
    act(client, message, "trash", folder="")
    assert kind_of(message) == "trash"


def test_the_boxes_of_the_menu_stick_and_take_off(client: Client, message: Message) -> None:
    box = message.mailbox
    one, two = [labels.create(box, name, mailbox_key(box)) for name in ("One", "Two")]
    labels.put(box, [message.thread_id], one)
    toast = act(client, message, "labels", label=[str(two.pk)], label_was=[str(one.pk)])
    assert labels.on(message.mailbox_id, [message.thread_id]) == {message.thread_id: [two.pk]}
    undo(client, message, toast)
    assert labels.on(message.mailbox_id, [message.thread_id]) == {message.thread_id: [one.pk]}


def test_a_new_label_is_made_and_stuck_in_one_go(client: Client, message: Message) -> None:
    act(client, message, "new-label", label_name="งบประมาณ")
    assert Labelling.objects.get().thread_id == message.thread_id
    answer = client.post(
        f"/mail/{message.mailbox_id}/act/",
        {"verb": "new-label", "thread": str(message.thread_id), "label_name": " "},
    )
    assert answer.status_code == 422
    assert Label.objects.count() == 1


def test_an_open_conversation_is_told_to_show_its_labels_anew(
    client: Client, message: Message
) -> None:
    data = {"verb": "new-label", "label_name": "x", "thread": str(message.thread_id)}
    answer = client.post(f"/mail/{message.mailbox_id}/act/", data, headers=HTMX)
    assert "portal:reread" in answer.headers["HX-Trigger"]
    page = client.get(f"/mail/{message.mailbox_id}/inbox/t/{message.thread_id}/")
    assert "chip--label" in page.content.decode()


def test_a_muted_conversation_says_so_and_is_muted_no_longer(
    client: Client, message: Message
) -> None:
    act(client, message, "mute")
    where = f"/mail/{message.mailbox_id}/archive/t/{message.thread_id}/"
    assert 'value="unmute"' in client.get(where).content.decode()
    act(client, message, "unmute", folder="archive")
    assert not Thread.objects.get().is_muted


def test_an_own_moment_of_the_buddhist_era_is_understood_and_nonsense_is_not(
    client: Client, message: Message
) -> None:
    year = timezone.now().year + 543
    later = f"{year + 1}-01-05T10:00"
    act(client, message, "snooze:own", until=later)
    assert Snooze.objects.get().until.year == year - 542
    data = {"verb": "snooze:own", "until": "soon", "thread": str(message.thread_id)}
    assert client.post(f"/mail/{message.mailbox_id}/act/", data).status_code == 422


def test_deleting_for_ever_asks_first_and_takes_only_what_is_away(
    client: Client, message: Message
) -> None:
    where, data = f"/mail/{message.mailbox_id}/act/", {"thread": str(message.thread_id)}
    data |= {"verb": "erase", "folder": "trash"}
    assert client.post(where, data).status_code == 404
    client.post(where, data | {"sure": "yes", "folder": "inbox"})
    assert Message.objects.filter(pk=message.pk).exists()
    act(client, message, "trash")
    client.post(where, data | {"sure": "yes"})
    assert not Message.objects.filter(pk=message.pk).exists()


def test_a_verb_for_the_whole_list_becomes_a_job_and_is_undone(
    client: Client, message: Message, cast: Cast
) -> None:
    deliver(letter("Another"), cast.amina)
    bar = act(client, message, "archive", all="yes", show="unread")
    job = SortingJob.objects.get()
    assert f'id="job-{job.pk}"' in bar
    assert (job.expected, job.show) == (2, "unread")
    jobs.work(job, now=timezone.now())
    where = f"/mail/{message.mailbox_id}/job/{job.pk}/"
    assert "Done: 2 conversations." in client.get(where).content.decode()
    client.post(f"{where}undo/")
    jobs.work(SortingJob.objects.get(undoes=job), now=timezone.now())
    assert kind_of(message) == "inbox"
    assert client.post(f"{where}undo/").status_code == 404


def test_a_job_is_stopped_from_its_bar(client: Client, message: Message) -> None:
    act(client, message, "archive", all="yes")
    job = SortingJob.objects.get()
    bar = client.post(f"/mail/{message.mailbox_id}/job/{job.pk}/cancel/", headers=HTMX)
    assert "Stopped" in bar.content.decode()
    assert "hx-trigger" not in bar.content.decode()


@pytest.mark.parametrize(
    "sent",
    [
        {"verb": "explode"},
        {"verb": "erase", "folder": "trash"},
        {"verb": "archive", "show": "nonsense"},
        {"verb": "move:nowhere"},
        {"verb": "label:nonsense"},
        {"verb": "archive", "list_label": str(UUID(int=1))},
    ],
)
def test_a_job_of_nonsense_does_not_begin(
    client: Client, message: Message, sent: dict[str, str]
) -> None:
    answer = client.post(f"/mail/{message.mailbox_id}/act/", {"all": "yes", **sent})
    assert answer.status_code == 404
    assert not SortingJob.objects.exists()


def test_without_scripts_a_form_comes_back_to_its_list(client: Client, message: Message) -> None:
    box = message.mailbox
    label = labels.create(box, "Budget", mailbox_key(box))
    labels.put(box, [message.thread_id], label)
    data = {"verb": "star", "thread": str(message.thread_id), "list_label": str(label.pk)}
    answer = client.post(f"/mail/{box.pk}/act/", data)
    assert answer["Location"] == f"/mail/{box.pk}/label/{label.pk}/"
    data = {"verb": "star", "thread": str(message.thread_id), "folder": "", "show": "starred"}
    assert client.post(f"/mail/{box.pk}/act/", data)["Location"] == f"/mail/{box.pk}/starred/"


def test_labels_are_made_changed_and_deleted_on_their_page(
    client: Client, message: Message
) -> None:
    box = message.mailbox_id
    client.post(f"/mail/{box}/labels/", {"name": "Budget"})
    label = Label.objects.get()
    client.post(f"/mail/{box}/label/{label.pk}/rename/", {"name": "Budget 2552", "colour": "4"})
    page = client.get(f"/mail/{box}/labels/").content.decode()
    assert "Budget 2552" in page
    label.refresh_from_db()
    assert label.colour == 4
    for odd in ("8", "9" * 5_000):
        changed = {"name": "Budget 2552", "colour": odd}
        assert client.post(f"/mail/{box}/label/{label.pk}/rename/", changed).status_code == 302
        label.refresh_from_db()
        assert label.colour == 4
    client.post(f"/mail/{box}/label/{label.pk}/delete/")
    assert not Label.objects.exists()


def test_own_folders_are_put_into_each_other_but_not_into_themselves(
    client: Client, message: Message
) -> None:
    box = message.mailbox
    outer, inner = folders.create(box, "Outer"), folders.create(box, "Inner")
    where = f"/mail/{box.pk}/{inner.slug}/rename/"
    client.post(where, {"name": "Inner", "parent": outer.slug})
    inner.refresh_from_db()
    assert inner.parent == outer
    rail = client.get("/").content.decode()
    assert f'data-inside="{outer.slug}"' in rail
    answer = client.post(
        f"/mail/{box.pk}/{outer.slug}/rename/", {"name": "Outer", "parent": inner.slug}
    )
    assert answer.status_code == 422
    client.post(where, {"name": "Inner", "parent": ""})
    assert Folder.objects.get(pk=inner.pk).parent is None


def test_nobody_else_s_labels_or_jobs_are_there(cast: Cast, message: Message) -> None:
    box = message.mailbox
    label = labels.create(box, "Budget", mailbox_key(box))
    hers = deliver(letter(), cast.chiara)[0]
    client = signed_in(cast.chiara)
    data = {"verb": f"label:{label.pk}", "thread": str(hers.thread_id), "folder": ""}
    assert client.post(f"/mail/{hers.mailbox_id}/act/", data).status_code == 404
    assert not Labelling.objects.exists()
