from __future__ import annotations

import pytest

from mailbox.models import Folder, Mailbox
from mailbox.reading import folders, sorting
from tests.cast import Cast
from tests.mailbox.post import MORNING, counts, file_raw, folder_of, raw_letter

pytestmark = pytest.mark.django_db


@pytest.fixture
def amina(cast: Cast) -> Mailbox:
    return cast.mailbox_of(cast.amina)


def test_the_portals_folders_come_first_and_own_ones_by_name(amina: Mailbox) -> None:
    outer = folders.create(amina, "ข แผนงาน")
    folders.create(amina, "ปี 2551", parent=outer)
    folders.create(amina, "ก เอกสาร")
    shelves = folders.folders_of(amina)
    assert [shelf.folder.kind for shelf in shelves[:6]] == Folder.Kind.values[:6]
    assert [(shelf.folder.name, shelf.depth) for shelf in shelves[6:]] == [
        ("ก เอกสาร", 0),
        ("ข แผนงาน", 0),
        ("ปี 2551", 1),
    ]


def test_counts_beside_the_names_come_without_counting(
    amina: Mailbox, django_assert_num_queries: object
) -> None:
    file_raw(raw_letter(), [amina])
    with django_assert_num_queries(1):  # type: ignore[operator]  # a fixture
        assert folders.folders_of(amina)[0].count == 1


@pytest.mark.parametrize("name", ["", "   ", "x" * 101, "a\x00b", "a\u202eb"])
def test_names_that_cannot_be_used(amina: Mailbox, name: str) -> None:
    with pytest.raises(folders.FolderNameUnusable):
        folders.create(amina, name)


def test_no_two_folders_of_one_name_in_one_place(amina: Mailbox) -> None:
    first = folders.create(amina, "งาน")
    with pytest.raises(folders.FolderNameTaken):
        folders.create(amina, " งาน ")
    inner = folders.create(amina, "งาน", parent=first)
    folders.rename(inner, "งานย่อย")
    other = folders.create(amina, "อื่น")
    with pytest.raises(folders.FolderNameTaken):
        folders.rename(other, "งาน")


def test_the_portals_folders_stay(amina: Mailbox, cast: Cast) -> None:
    with pytest.raises(folders.NotYourOwnFolder):
        folders.delete(folder_of(amina, "inbox"), now=MORNING)
    with pytest.raises(folders.NotYourOwnFolder):
        folders.rename(folder_of(amina, "inbox"), "x")
    theirs = folders.create(cast.mailbox_of(cast.chiara), "ของเขา")
    with pytest.raises(Folder.DoesNotExist):
        folders.create(amina, "x", parent=theirs)


def test_folders_do_not_lie_endlessly_deep(amina: Mailbox) -> None:
    parent = None
    for _ in range(folders.DEEPEST):
        parent = folders.create(amina, "ลึก", parent=parent)
    with pytest.raises(folders.TooManyFolders):
        folders.create(amina, "ลึก", parent=parent)


def test_mail_of_a_deleted_folder_goes_to_the_bin(amina: Mailbox) -> None:
    outer = folders.create(amina, "นอก")
    inner = folders.create(amina, "ใน", parent=outer)
    file_raw(raw_letter(), [amina])
    inbox = folder_of(amina, "inbox")
    (thread,) = inbox.placements.values_list("thread_id", flat=True)
    sorting.move(inbox, [thread], to=inner, now=MORNING)

    assert folders.delete(outer, now=MORNING) == 1
    assert counts(amina) == {"trash": (1, 1)}
    assert not Folder.objects.filter(mailbox=amina, kind=Folder.Kind.OWN).exists()
    sorting.restore(folder_of(amina, "trash"), [thread])
    assert counts(amina) == {"inbox": (1, 1)}
