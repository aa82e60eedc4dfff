from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest
from django.utils import timezone

from mailbox.models import (
    Folder,
    Label,
    Labelling,
    Mailbox,
    Message,
    Placement,
    SortingJob,
    SortingJobPart,
)
from mailbox.reading import sorting
from mailbox.reading.deeds import jobs
from mailbox.reading.lists import List
from mailbox.sealing.keyring import StoredKeyring, using
from mailbox.tasks import sort_list
from tests.cast import Cast
from tests.mailbox.post import counts, file_raw, folder_of, raw_letter

pytestmark = pytest.mark.django_db


@pytest.fixture
def amina(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> Mailbox:
    """Seven conversations, of a few minutes ago; a piece takes three."""
    monkeypatch.setattr(jobs, "PIECE", 3)
    box = cast.mailbox_of(cast.amina)
    now = timezone.now()
    for number in range(7):
        at = now - timedelta(minutes=10 - number)
        file_raw(raw_letter(f"เรื่อง {number}", name=f"{number}@x.example"), [box], at=at)
    return box


def inbox(box: Mailbox) -> List:
    return List(box, folder_of(box, "inbox"))


def begin(one: List, verb: str, target: str = "") -> SortingJob:
    return jobs.begin(one, verb, target=target, now=timezone.now())


def finish(job: SortingJob) -> SortingJob:
    jobs.work(SortingJob.objects.get(pk=job.pk), now=timezone.now())
    job.refresh_from_db()
    return job


def test_a_worker_does_a_verb_to_a_whole_list_in_pieces(
    amina: Mailbox, key_set: dict[str, StoredKeyring]
) -> None:
    job = begin(inbox(amina), "archive")
    assert job.expected == 7
    with using(key_set["worker"]):
        sort_list(str(job.pk))
    job.refresh_from_db()
    assert (job.done, job.due_at) == (7, None)
    assert job.finished_at is not None
    assert SortingJobPart.objects.filter(job=job).count() == 3
    assert counts(amina) == {"archive": (7, 7)}


@pytest.mark.parametrize(
    ("verb", "folders"),
    [("read", {"inbox": (7, 0)}), ("trash", {"trash": (7, 7)}), ("spam", {"spam": (7, 7)})],
)
def test_verbs_that_leave_rows_and_verbs_that_do_not_reach_each_once(
    amina: Mailbox, verb: str, folders: dict[str, tuple[int, int]]
) -> None:
    assert finish(begin(inbox(amina), verb)).done == 7
    assert counts(amina) == folders


def test_only_what_matches_the_filter_is_touched(amina: Mailbox) -> None:
    some = list(Placement.objects.values_list("thread_id", flat=True))[:2]
    sorting.mark_read(folder_of(amina, "inbox"), some)
    one = List(amina, folder_of(amina, "inbox"), show="unread")
    job = begin(one, "archive")
    assert job.expected == 5
    finish(job)
    assert counts(amina) == {"inbox": (2, 0), "archive": (5, 5)}


def test_nothing_newer_than_the_job_is_touched(amina: Mailbox) -> None:
    job = begin(inbox(amina), "archive")
    at = timezone.now() + timedelta(minutes=1)
    file_raw(raw_letter("ใหม่", name="new@x.example"), [amina], at=at)
    finish(job)
    assert counts(amina) == {"inbox": (1, 1), "archive": (7, 7)}


def test_a_whole_label_moves_and_a_whole_folder_gets_a_label(amina: Mailbox) -> None:
    label = Label.objects.create(mailbox=amina, sealed_name=b"sealed")
    finish(begin(inbox(amina), "label", str(label.pk)))
    assert Labelling.objects.filter(label=label).count() == 7
    own = Folder.objects.create(mailbox=amina, name="โครงการ")
    finish(begin(List(amina, label=label), "move", own.slug))
    assert counts(amina) == {own.slug: (7, 7)}


def test_the_whole_job_is_undone_from_its_parts(amina: Mailbox) -> None:
    job = finish(begin(inbox(amina), "trash"))
    back = finish(jobs.take_back(job, now=timezone.now()))
    assert (back.done, back.expected) == (7, 7)
    assert counts(amina) == {"inbox": (7, 7)}
    assert not Message.objects.filter(trashed_at__isnull=False).exists()


class Killed(BaseException):
    """What happens to a worker that is killed: nothing of it is caught."""


def dies_in_piece(number: int) -> Callable[..., sorting.Change]:
    whole = sorting.archive
    calls: list[int] = []

    def archive(*args: object, **names: object) -> sorting.Change:
        calls.append(1)
        change = whole(*args, **names)  # type: ignore[arg-type]
        if len(calls) == number:
            raise Killed
        return change

    return archive


def test_a_worker_killed_in_mid_job_leaves_it_to_the_next_and_nothing_is_done_twice(
    amina: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = begin(inbox(amina), "archive")
    with monkeypatch.context() as patch:
        patch.setattr(sorting, "archive", dies_in_piece(2))
        with pytest.raises(Killed):
            finish(job)
    job.refresh_from_db()
    assert job.done == 3
    assert counts(amina) == {"inbox": (4, 4), "archive": (3, 3)}

    finish(job)
    assert job.done == 3, "its lease still runs"
    SortingJob.objects.filter(pk=job.pk).update(due_at=timezone.now())
    finish(job)
    assert job.done == 7
    assert counts(amina) == {"archive": (7, 7)}
    named = [pk for part in job.parts.all() for pk, *_ in part.before["before"]]
    assert len(named) == len(set(named)) == 7


def test_what_keeps_going_wrong_is_not_tried_for_ever(
    amina: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_args: object, **_names: object) -> sorting.Change:
        raise ValueError("broken")

    job = begin(inbox(amina), "archive")
    monkeypatch.setattr(sorting, "archive", broken)
    for _try in range(jobs.MOST_FAILURES):
        job.refresh_from_db()
        assert not job.has_failed
        SortingJob.objects.filter(pk=job.pk).update(due_at=timezone.now())
        sort_list(str(job.pk))
    job.refresh_from_db()
    assert (job.has_failed, job.due_at, job.done) == (True, None, 0)


def test_cancelling_stops_after_a_piece_and_what_was_done_can_be_undone(
    amina: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "PIECES_A_TURN", 1)
    job = begin(inbox(amina), "archive")
    finish(job)
    assert jobs.cancel(job, now=timezone.now())
    finish(job)
    assert counts(amina) == {"inbox": (4, 4), "archive": (3, 3)}
    finish(jobs.take_back(job, now=timezone.now()))
    assert counts(amina) == {"inbox": (7, 7)}


def test_two_workers_do_not_do_one_piece(amina: Mailbox) -> None:
    job = begin(inbox(amina), "archive")
    stale = SortingJob.objects.get(pk=job.pk)
    finish(job)
    jobs.work(stale, now=timezone.now())
    assert SortingJob.objects.get(pk=job.pk).done == 7


def test_a_job_whose_folder_is_deleted_ends(amina: Mailbox) -> None:
    own = Folder.objects.create(mailbox=amina, name="โครงการ")
    job = begin(inbox(amina), "move", own.slug)
    own.delete()
    assert finish(job).cancelled_at is not None
    assert counts(amina) == {"inbox": (7, 7)}


def test_the_bin_is_emptied_for_ever(amina: Mailbox) -> None:
    finish(begin(inbox(amina), "trash"))
    job = finish(begin(List(amina, folder_of(amina, "trash")), jobs.ERASE))
    assert job.done == 7
    assert not Message.objects.filter(mailbox=amina).exists()
    amina.refresh_from_db()
    assert amina.used_bytes == 0


def test_a_piece_costs_the_same_wherever_it_is(
    amina: Mailbox, monkeypatch: pytest.MonkeyPatch, django_assert_max_num_queries: object
) -> None:
    monkeypatch.setattr(jobs, "PIECES_A_TURN", 1)
    job = begin(inbox(amina), "read")
    for _piece in range(2):
        with django_assert_max_num_queries(25):  # type: ignore[operator]  # a fixture
            finish(job)


def test_jobs_long_finished_are_forgotten(amina: Mailbox) -> None:
    job = finish(begin(inbox(amina), "read"))
    assert jobs.forget_finished(timezone.now()) == 0
    jobs.forget_finished(timezone.now() + jobs.KEPT * 2)
    assert not SortingJob.objects.filter(pk=job.pk).exists()


def test_an_unknown_verb_or_a_label_of_others_begins_nothing(cast: Cast, amina: Mailbox) -> None:
    others = Label.objects.create(mailbox=cast.mailbox_of(cast.chiara), sealed_name=b"x")
    with pytest.raises(SortingJob.DoesNotExist):
        begin(inbox(amina), "explode")
    with pytest.raises(Label.DoesNotExist):
        begin(inbox(amina), "label", str(others.pk))
    assert not SortingJob.objects.exists()


def test_a_list_of_the_starred_is_worked_on_too(amina: Mailbox) -> None:
    some: list[UUID] = list(Placement.objects.values_list("thread_id", flat=True))[:4]
    sorting.star(folder_of(amina, "inbox"), some)
    job = finish(begin(List(amina, show="starred"), "unstar"))
    assert job.done == 4
    assert not Message.objects.filter(is_starred=True).exists()
