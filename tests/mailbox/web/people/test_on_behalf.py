"""Both names of a letter that was written on behalf: shown where we know it, faked by nobody."""

from __future__ import annotations

import re
from datetime import datetime

import pytest
from django.utils import timezone, translation

from mailbox.models import Draft, Mailbox, Message, Submission
from mailbox.outbound import drafting
from mailbox.outbound.relay import relay
from mailbox.outbound.submission import send
from mailbox.web.answers import passes
from tests.cast import Cast, signed_in
from tests.mailbox.people.offices import hold, office
from tests.mailbox.web.post import address_of, deliver, letter

pytestmark = pytest.mark.django_db

BOTH = "Bruno Wongsakul on behalf of Central registry"
PROVEN = "dkim=pass header.d=transport.example; dmarc=pass header.from=transport.example"


@pytest.fixture
def registry(cast: Cast) -> Mailbox:
    """The ministry's saraban@, which Bruno holds."""
    box = office(cast.transport)
    hold(box, cast.bruno)
    return box


def written(cast: Cast, box: Mailbox, **values: object) -> Submission:
    """A letter of Bruno's from an office to Chiara, relayed."""
    now = timezone.now()
    with translation.override("en"):
        draft = drafting.start(box, by=cast.bruno, now=now)
        to = {"to": ["chiara@interior.example"], "subject": "Joint plan", "text": "y"}
        drafting.save(draft, to | values, version=1, now=now)
        draft.refresh_from_db()
        submission = send(draft, by=cast.bruno, now=now, undo_seconds=0)
    assert relay(submission, gateways=lambda _agency: [], now=now)
    return submission


def received(cast: Cast) -> Message:
    return Message.objects.get(mailbox__account=cast.chiara)


def froms(page: str) -> list[str]:
    """What stands where the sender's name stands."""
    found = re.findall(r'class="letter__from"[^>]*>([^<]*)', page)
    return [one.strip() for one in found]


def test_the_list_the_reader_and_the_paper_show_both_names(cast: Cast, registry: Mailbox) -> None:
    written(cast, registry, on_behalf=True)
    message, chiara = received(cast), signed_in(cast.chiara)
    formatted = f"/mail/message/{message.pk}/paper/{passes.issue(cast.chiara.pk)}/"
    letter_page = chiara.get(address_of(message)).content.decode()

    assert BOTH in chiara.get("/").content.decode()
    assert froms(letter_page) == [BOTH]
    assert "saraban@transport.example" in letter_page
    assert "Written by" in letter_page and "bruno@transport.example" in letter_page
    for path in (f"/mail/message/{message.pk}/print/", formatted):
        assert BOTH in chiara.get(path).content.decode(), path


def test_sent_as_the_office_it_names_the_office_alone(cast: Cast, registry: Mailbox) -> None:
    written(cast, registry)
    page = signed_in(cast.chiara).get(address_of(received(cast))).content.decode()

    assert froms(page) == ["Central registry"]
    assert "Bruno" not in page


def test_in_the_offices_own_copy_both_stand_too_and_not_me(cast: Cast, registry: Mailbox) -> None:
    copy = written(cast, registry, on_behalf=True).sent_copy
    assert copy is not None
    bruno = signed_in(cast.bruno)
    page = bruno.get(address_of(copy, "sent")).content.decode()

    assert froms(page) == [BOTH]
    assert BOTH in bruno.get(f"/mail/message/{copy.pk}/print/").content.decode()


def test_an_offices_letter_is_the_offices_and_not_me(cast: Cast, registry: Mailbox) -> None:
    copy = written(cast, registry).sent_copy
    assert copy is not None
    page = signed_in(cast.bruno).get(address_of(copy, "sent")).content.decode()

    assert froms(page) == ["Central registry"]


def test_an_answer_quotes_both(cast: Cast, registry: Mailbox) -> None:
    written(cast, registry, on_behalf=True)
    chiara = signed_in(cast.chiara)
    asked = {"mode": "reply", "message": received(cast).pk}
    begun = chiara.post("/mail/compose/", asked)
    body = drafting.open_draft(Draft.objects.get(pk=begun["Location"].split("/")[3]))

    assert body.quote is not None
    assert "<bruno@transport.example> on behalf of Central registry" in body.quote.attribution
    assert [who.address for who in body.to if not isinstance(who, str)] == [
        "saraban@transport.example"
    ]


def test_what_is_looked_at_before_sending_says_the_same(cast: Cast, registry: Mailbox) -> None:
    now, bruno = timezone.now(), signed_in(cast.bruno)
    draft = drafting.start(registry, by=cast.bruno, now=now)
    drafting.save(draft, {"subject": "x", "text": "y", "on_behalf": True}, version=1, now=now)

    assert BOTH in bruno.get(f"/mail/compose/{draft.pk}/preview/").content.decode()


@pytest.mark.parametrize("found", ["", PROVEN], ids=["unproven", "proven"])
def test_a_sender_field_from_elsewhere_is_nobodys_word(
    cast: Cast, registry: Mailbox, found: str
) -> None:
    fake = letter(sender="Central registry <saraban@transport.example>", html="<p>x</p>")
    fake["Sender"] = "Bruno Wongsakul <bruno@transport.example>"
    (message,) = deliver(fake, cast.chiara, found=found)
    chiara = signed_in(cast.chiara)
    formatted = f"/mail/message/{message.pk}/paper/{passes.issue(cast.chiara.pk)}/"
    page = chiara.get(address_of(message)).content.decode()

    assert froms(page) == ["Central registry"]
    assert "not proven" in page
    for path in ("/", f"/mail/message/{message.pk}/print/", formatted):
        assert "on behalf of" not in chiara.get(path).content.decode(), path


@pytest.mark.parametrize(
    "name",
    [
        "Bruno Wongsakul on behalf of Central registry",
        "Bruno ON  BEHALF-OF Central registry",
        "Bruno o\u200bn behalf of Central registry",
        "Bruno ｏｎ ｂｅｈａｌｆ ｏｆ Central registry",
        "บรูโน่ วงศ์สกุล ในนามของ งานสารบรรณกลาง",
    ],
)
def test_a_name_from_elsewhere_that_says_so_is_not_shown(cast: Cast, name: str) -> None:
    (message,) = deliver(letter(sender=f'"{name}" <x@evil.test>'), cast.chiara)
    chiara = signed_in(cast.chiara)

    assert froms(chiara.get(address_of(message)).content.decode()) == ["x@evil.test"]
    listed = chiara.get("/").content.decode()
    assert "x@evil.test" in listed and "Central registry" not in listed
    assert "ในนาม" not in listed


def test_a_formatted_letter_on_paper_says_who_wrote(cast: Cast) -> None:
    (message,) = deliver(letter(html="<p>Hello</p>"), cast.amina)
    amina, token = signed_in(cast.amina), passes.issue(cast.amina.pk)
    page = amina.get(f"/mail/message/{message.pk}/paper/{token}/").content.decode()

    assert "Piya Wattana &lt;piya@university.test&gt;" in page


def test_the_preview_has_the_lines_of_the_agency_that_sends(cast: Cast) -> None:
    box, now = office(cast.interior), timezone.now()
    hold(box, cast.bruno)
    cast.interior.forced_signature = "Interior's own lines"
    cast.interior.save(update_fields=["forced_signature"])
    draft = drafting.start(box, by=cast.bruno, now=now)
    token = passes.issue(cast.bruno.pk)
    page = signed_in(cast.bruno).get(f"/mail/compose/{draft.pk}/preview/{token}/")

    assert "own lines" in page.content.decode()


def test_nobody_sends_for_who_has_left(cast: Cast, registry: Mailbox, now: datetime) -> None:
    owner = registry.account
    assert owner is not None
    owner.state = owner.State.SUSPENDED
    owner.save(update_fields=["state"])
    draft = drafting.start(registry, by=cast.bruno, now=now)
    drafting.save(draft, {"to": ["chiara@interior.example"]}, version=1, now=now)
    answer = signed_in(cast.bruno).post(
        f"/mail/compose/{draft.pk}/send/", {"version": "2", "to": "chiara@interior.example"}
    )

    assert answer.status_code == 422 and not Submission.objects.exists()


@pytest.fixture
def now() -> datetime:
    return timezone.now()
