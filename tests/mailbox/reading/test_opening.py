"""Conversations: which letters are open, in which order, and what a broken seal does."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone, translation

from accounts.models import Account
from govmail_portal.dates import Manner
from mailbox.models import Content, Folder, Message, Thread
from mailbox.opening import mailbox_key
from mailbox.reading import opening, sorting
from mailbox.reading.letters import Reader
from tests.cast import Cast
from tests.mailbox.web.post import deliver, keep_in_sent, letter

NOW = timezone.now()


def read(
    person: Account, message: Message, *, hidden: tuple[str, ...] = ()
) -> opening.Conversation:
    folders = Folder.objects.filter(mailbox=person.mailbox, kind__in=hidden)
    with translation.override("en"):
        found = opening.conversation(
            Thread.objects.get(pk=message.thread_id),
            private_key=mailbox_key(person.mailbox),
            reader=Reader(person.address, Manner.of("en"), NOW),
            hidden_folders=[folder.pk for folder in folders],
        )
    assert found is not None
    return found


def exchange(cast: Cast) -> Message:
    """A letter from outside, Amina's answer, and the answer to that."""
    first = letter("Course")
    deliver(first, cast.amina, at=NOW - timedelta(hours=3))
    own = letter(
        "Re: Course",
        "My answer",
        sender="Amina <amina@transport.example>",
        to="piya@university.test",
        answers=first["Message-ID"],
    )
    keep_in_sent(own, cast.amina, at=NOW - timedelta(hours=2))
    last = letter("Re: Course", "Thank you", answers=own["Message-ID"])
    return deliver(last, cast.amina, at=NOW - timedelta(hours=1))[0]


def test_own_letters_stand_in_the_conversation_oldest_first(cast: Cast) -> None:
    found = read(cast.amina, exchange(cast))

    assert [one.is_own for one in found.letters] == [False, True, False]
    assert found.letters[1].heading.sender == "Me"
    assert found.subject == "Course"


def test_read_letters_are_folded_and_the_newest_is_open(cast: Cast) -> None:
    newest = exchange(cast)
    sorting.mark_read(newest.folder, [newest.thread_id])

    assert [one.sheet is not None for one in read(cast.amina, newest).letters] == [
        False,
        False,
        True,
    ]


def test_unread_letters_are_open_too(cast: Cast) -> None:
    letters = read(cast.amina, exchange(cast)).letters

    assert [one.sheet is not None for one in letters] == [True, False, True]


def test_one_broken_letter_leaves_the_others_readable(cast: Cast) -> None:
    newest = exchange(cast)
    Content.objects.filter(pk=newest.content_id).update(row=bytes(200))
    found = read(cast.amina, newest)

    assert [one.is_broken for one in found.letters] == [False, False, True]
    assert found.letters[0].sheet is not None


def test_what_lies_in_the_bin_is_not_in_the_conversation(cast: Cast) -> None:
    first = exchange(cast)
    sorting.trash(first.folder, [first.thread_id], now=NOW)

    assert [one.is_own for one in read(cast.amina, first, hidden=("trash",)).letters] == [True]


def test_a_sender_is_outside_or_has_an_office_that_is_believed_if_it_is_proven(cast: Cast) -> None:
    outside = read(cast.amina, deliver(letter(), cast.amina)[0]).newest.heading
    claim = letter("Plan", sender="Chiara <chiara@interior.example>")
    message = deliver(claim, cast.amina)[0]
    claimed = read(cast.amina, message).newest.heading
    Message.objects.filter(pk=message.pk).update(origin=Message.Origin.PORTAL)
    known = read(cast.amina, message).newest.heading

    assert (outside.is_outside, outside.is_claimed, outside.tile) == (True, False, "")
    assert (claimed.is_outside, claimed.is_claimed, claimed.office) == (False, True, "")
    assert (known.is_outside, known.is_claimed) == (False, False)
    assert (known.tile, known.office) == ("มท", "Ministry of Interior")


def test_recipients_are_named_and_the_rest_counted(cast: Cast) -> None:
    many = ", ".join(["amina@transport.example", *(f"p{n}@interior.example" for n in range(9))])
    sheet = read(cast.amina, deliver(letter(to=many), cast.amina)[0]).newest.sheet

    assert sheet is not None
    assert sheet.recipients.startswith("To me, p0@interior.example")
    assert sheet.recipients.endswith("and 7 more")
    assert len(dict(sheet.people)["To"]) == 10
