from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any

import pytest

from mailbox.models import Content, Folder, Label, Labelling, Message, SearchText, Thread
from mailbox.opening import mailbox_key, seal_own
from mailbox.searching.plan import Places, plan
from mailbox.searching.query import parse
from mailbox.searching.stepping import walking
from mailbox.searching.stepping.scan import search
from mailbox.searching.stepping.steps import Limits, Step
from tests.cast import Cast
from tests.mailbox.web.post import deliver, letter

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
TODAY = date(2026, 11, 23)


def ask(cast: Cast, text: str, *, places: Places | None = None, **step: object) -> Step:
    mailbox = cast.mailbox_of(cast.amina)
    asked = plan(parse(text, today=TODAY), places or Places())
    return search(mailbox, asked, private_key=mailbox_key(mailbox), **step)  # type: ignore[arg-type]


def subjects(step: Step) -> Sequence[str]:
    return [hit.subject for hit in step.hits]


@pytest.fixture
def post(cast: Cast) -> dict[str, Message]:
    """Five letters, an hour apart, newest first: budget, photo, plan, water, old."""
    budget = letter(
        "งบประมาณ ๒๕๖๙", "ขอให้ส่งแผนภายในวันศุกร์", sender="สมชาย <somchai@interior.example>"
    )
    photo = letter("ภาพถ่าย", "ดูในไฟล์", to="bruno@transport.example")
    photo["Cc"] = "กองแผน <plan@transport.example>"
    photo.add_attachment(
        b"GIF89a" + b"x" * 90_000, maintype="image", subtype="gif", filename="สะพาน.gif"
    )
    scheme = letter("Plan", "A long text. " * 40 + "กระเจียวบานริมธาร " + "and more. " * 40)
    scheme.add_attachment(b"%PDF-1.4", maintype="application", subtype="pdf", filename="scheme.pdf")
    water = letter("น้ําประปา", "ต่าง ๆ นานา")
    old = letter("Old", "kangaroo")
    letters = {"budget": budget, "photo": photo, "plan": scheme, "water": water, "old": old}
    return {
        name: deliver(made, cast.amina, at=NOW - timedelta(hours=hours))[0]
        for hours, (name, made) in enumerate(letters.items())
    }


FOUND = {
    "": ["งบประมาณ ๒๕๖๙", "ภาพถ่าย", "Plan", "น้ําประปา", "Old"],
    "2569": ["งบประมาณ ๒๕๖๙"],
    "งบ": ["งบประมาณ ๒๕๖๙"],
    "น้ำประปา": ["น้ําประปา"],
    "ต่างๆ": ["น้ําประปา"],
    "กระเจียวบาน": ["Plan"],
    "somchai": ["งบประมาณ ๒๕๖๙"],
    "จาก:สมชาย": ["งบประมาณ ๒๕๖๙"],
    "from:สมชาย subject:งบ แผน": ["งบประมาณ ๒๕๖๙"],
    "to:bruno": ["ภาพถ่าย"],
    "cc:กองแผน": ["ภาพถ่าย"],
    "cc:bruno": [],
    "has:attachment": ["ภาพถ่าย", "Plan"],
    "has:image": ["ภาพถ่าย"],
    "has:pdf": ["Plan"],
    "ชื่อไฟล์:สะพาน": ["ภาพถ่าย"],
    "สะพาน": ["ภาพถ่าย"],
    "larger:50k": ["ภาพถ่าย"],
    "smaller:50k -has:pdf": ["งบประมาณ ๒๕๖๙", "น้ําประปา", "Old"],
    "kangaroo OR กระเจียว": ["Plan", "Old"],
    "kangaroo OR larger:50k": ["ภาพถ่าย", "Old"],
    "(kangaroo OR is:read) OR from:สมชาย": ["งบประมาณ ๒๕๖๙", "Old"],
    "-has:attachment -งบ": ["น้ําประปา", "Old"],
    "is:unread is:starred": [],
    "-is:starred plan": ["ภาพถ่าย", "Plan"],
    "after:วันนี้": ["งบประมาณ ๒๕๖๙", "ภาพถ่าย", "Plan", "น้ําประปา"],
    "before:วันนี้": ["Old"],
    "on:22/11/2569": ["Old"],
    "in:sent": [],
    "in:inbox kangaroo": ["Old"],
    "has:cat": [],
}


@pytest.mark.parametrize(("text", "expected"), FOUND.items())
def test_a_search_finds_what_was_asked_newest_first(
    cast: Cast, post: dict[str, Message], text: str, expected: list[str]
) -> None:
    # 03:00 UTC less four hours is yesterday evening in UTC, and 06:00 today in Thailand.
    Message.objects.filter(pk=post["old"].pk).update(received_at=NOW - timedelta(hours=12))
    step = ask(cast, text)

    assert subjects(step) == expected
    assert step.is_finished
    assert step.broken == 0


def test_a_body_hit_shows_the_words_around_it(cast: Cast, post: dict[str, Message]) -> None:
    (hit,) = ask(cast, "กระเจียวบาน").hits

    assert "กระเจียวบาน" in hit.snippet
    assert hit.snippet.startswith("…")


def test_spam_and_bin_are_searched_only_when_asked_for(
    cast: Cast, post: dict[str, Message]
) -> None:
    mailbox = cast.mailbox_of(cast.amina)
    trash, _made = Folder.objects.get_or_create(mailbox=mailbox, kind=Folder.Kind.TRASH)
    Message.objects.filter(pk=post["old"].pk).update(folder=trash)

    assert subjects(ask(cast, "kangaroo")) == []
    assert subjects(ask(cast, "kangaroo -in:spam")) == []
    assert subjects(ask(cast, "kangaroo in:anywhere")) == ["Old"]
    assert subjects(ask(cast, "kangaroo ใน:ถังขยะ")) == ["Old"]


def test_own_folders_and_labels_are_places(cast: Cast, post: dict[str, Message]) -> None:
    mailbox = cast.mailbox_of(cast.amina)
    own = Folder.objects.create(mailbox=mailbox, name="โครงการ ก")
    Message.objects.filter(pk=post["old"].pk).update(folder=own)
    label = Label(mailbox=mailbox)
    label.sealed_name = seal_own(
        {"name": "x"}, mailbox_key(mailbox), purpose="label", row_id=label.pk
    )
    label.save()
    thread = Thread.objects.get(messages=post["plan"])
    Labelling.objects.create(mailbox=mailbox, label=label, thread=thread, latest_at=NOW)
    places = Places(mailbox.pk, {"โครงการ ก": [own.pk]}, {"ด่วนมาก": [label.pk]})

    assert subjects(ask(cast, 'in:"โครงการ ก"', places=places)) == ["Old"]
    assert subjects(ask(cast, "label:ด่วนมาก", places=places)) == ["Plan"]
    assert subjects(ask(cast, "label:ด่วนมาก OR kangaroo", places=places)) == ["Plan", "Old"]
    assert subjects(ask(cast, "-label:ด่วนมาก has:attachment", places=places)) == ["ภาพถ่าย"]


def test_a_place_that_is_not_there_is_told_and_searched_as_a_word(
    cast: Cast, post: dict[str, Message]
) -> None:
    asked = plan(parse("in:แผน label:kangaroo", today=TODAY), Places())

    assert [(one.kind, one.text) for one in asked.problems] == [
        ("place", "แผน"),
        ("label", "kangaroo"),
    ]
    assert subjects(ask(cast, "label:kangaroo")) == ["Old"]


def test_a_step_that_ends_early_says_where_and_the_next_goes_on(
    cast: Cast, post: dict[str, Message]
) -> None:
    first = ask(cast, "kangaroo", limits=Limits(candidates=2))
    assert (subjects(first), first.searched, first.is_finished) == ([], 2, False)
    assert first.place == (post["photo"].received_at, post["photo"].pk)

    second = ask(cast, "kangaroo", after=first.place)
    assert (subjects(second), second.searched, second.is_finished) == (["Old"], 3, True)


def test_a_step_ends_when_its_time_is_over_but_never_without_a_message(
    cast: Cast, post: dict[str, Message]
) -> None:
    clock = count(step=10).__next__
    step = ask(cast, "kangaroo", limits=Limits(seconds=1), clock=clock)

    assert (step.searched, step.is_finished) == (1, False)


def test_a_conversation_is_shown_once_over_all_steps(cast: Cast, post: dict[str, Message]) -> None:
    root = letter("Series", "kangaroo one")
    deliver(root, cast.amina, at=NOW - timedelta(days=3))
    for number in range(3):
        answer = letter("Re: Series", f"kangaroo {number}", answers=str(root["Message-ID"]))
        deliver(answer, cast.amina, at=NOW - timedelta(days=2, hours=number))
    found: list[str] = []
    place = None
    for _ in range(20):
        step = ask(cast, "kangaroo", after=place, limits=Limits(candidates=1))
        found += subjects(step)
        place = step.place
        if place is None:
            break

    assert found == ["Old", "Re: Series"]


def test_of_a_long_conversation_no_more_is_looked_at_again_than_there_is_time(
    cast: Cast, post: dict[str, Message], monkeypatch: pytest.MonkeyPatch
) -> None:
    root = letter("Series", "kangaroo")
    first = deliver(root, cast.amina, at=NOW - timedelta(days=3))[0]
    for number in range(5):
        answer = letter("Re: Series", f"newer {number}", answers=str(root["Message-ID"]))
        deliver(answer, cast.amina, at=NOW - timedelta(days=2, hours=number))
    monkeypatch.setattr(walking, "_AGAIN", 1)
    monkeypatch.setattr(walking, "MOST_AGAIN", 2)
    looked = list[Message]()
    opened = walking.Walk._opened

    def opens(walk: walking.Walk, one: walking.Candidate, *more: Any) -> Any:
        looked.append(one.message)
        return opened(walk, one, *more)

    monkeypatch.setattr(walking.Walk, "_opened", opens)
    place = (first.received_at + timedelta(seconds=1), first.pk)
    ticks = count(step=10).__next__
    step = ask(cast, "kangaroo", after=place, limits=Limits(seconds=1), clock=ticks)

    assert subjects(step) == ["Series"]
    assert len(looked) == 1 + 2


def test_broken_seals_are_counted_and_the_rest_is_found(
    cast: Cast, post: dict[str, Message]
) -> None:
    Message.objects.filter(pk=post["budget"].pk).update(sealed_summary=bytes(120))
    Content.objects.filter(pk=post["water"].content_id).update(row=bytes(500))
    SearchText.objects.filter(pk=post["water"].content_id).update(row=bytes(500))
    step = ask(cast, "kangaroo")

    assert subjects(step) == ["Old"]
    assert (step.broken, step.searched) == (2, 5)


def test_nobody_finds_in_anothers_mailbox(cast: Cast, post: dict[str, Message]) -> None:
    mailbox = cast.mailbox_of(cast.chiara)
    step = search(
        mailbox, plan(parse("kangaroo", today=TODAY), Places()), private_key=mailbox_key(mailbox)
    )

    assert (step.hits, step.searched) == ([], 0)


def test_words_that_do_not_open_are_made_of_the_letter_and_its_files_count_as_unread(
    cast: Cast, post: dict[str, Message]
) -> None:
    SearchText.objects.all().update(row=bytes(500))
    step = ask(cast, "กระเจียวบาน")

    assert subjects(step) == ["Plan"]
    assert (step.broken, step.partial) == (0, 2)
