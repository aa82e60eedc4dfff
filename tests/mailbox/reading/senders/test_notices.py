"""What the page says about a sender, at the head and at the foot."""

from __future__ import annotations

import pytest
from django.utils import translation

from govmail_portal.dates import Manner
from mailbox.mime.rendition import Address, Rendition
from mailbox.mime.trust.authentication import Authentication
from mailbox.reading.correspondents import Office
from mailbox.reading.senders.notices import Notice, Sender, notices_of, proof_of

OFFICE = Office("มท", "Ministry of Interior")
PROVEN = Authentication(
    is_checked=True, dkim="pass", spf="pass", dmarc="pass", aligned="b.example", is_signed=True
)


@pytest.fixture(autouse=True)
def _in_english() -> object:
    with translation.override("en"):
        yield


def letter(**fields: object) -> Rendition:
    return Rendition(senders=(Address("A", "a@b.example"),), **fields)  # type: ignore[arg-type]


def notices(rendition: Rendition, sender: Sender, *notes: str, shown: bool = False) -> list[Notice]:
    return notices_of(rendition, sender, Manner.of("en"), shows_images=shown, notes=notes)[0]


def test_a_proven_colleague_has_no_notice_and_a_grey_line() -> None:
    sender = Sender(OFFICE, is_proven=True)
    proof = proof_of(letter(authentication=PROVEN), sender)

    assert notices(letter(authentication=PROVEN), sender) == []
    assert proof.tone == "full"
    assert list(proof.parts) == [
        "Sender verified: b.example",
        "DKIM passed",
        "SPF passed",
        "DMARC passed",
    ]


def test_an_office_that_nothing_proves_is_a_claim() -> None:
    (notice,) = notices(letter(), Sender(OFFICE))

    assert (notice.kind, notice.tone) == ("sender", "warning")
    assert notice.lead == "The sender claims to be Ministry of Interior and is not verified."


def test_a_stranger_is_outside_and_said_to_write_for_the_first_time() -> None:
    (notice,) = notices(letter(), Sender(None, is_first_contact=True))

    assert notice.lead == "The sender is outside government."
    assert notice.text.startswith("This is the first letter from this address to you.")


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        (
            {"authentication": Authentication(is_checked=True, dmarc="fail")},
            "could not be verified",
        ),
        ({"sender_marks": ("address-in-name",)}, "shows an address"),
        ({"sender_marks": ("mixed-scripts",)}, "look alike"),
        ({"sender_marks": ("hidden-characters",)}, "hidden characters"),
    ],
)
def test_trouble_is_red_and_comes_first(fields: dict[str, object], words: str) -> None:
    found = notices(letter(**fields), Sender(None))

    assert [one.tone for one in found] == ["danger", "warning"]
    assert words in found[0].lead


def test_a_domain_that_resembles_another_is_named() -> None:
    found = notices(letter(), Sender(None, imitated="mot.example"))

    assert found[0].lead == "The address resembles mot.example and is not it."


def test_answers_that_go_elsewhere_are_said_whoever_wrote() -> None:
    elsewhere = letter(reply_to=(Address("", "x@thief.example"),), authentication=PROVEN)
    below = letter(reply_to=(Address("", "x@desk.b.example"),), authentication=PROVEN)
    inside = Sender(OFFICE, is_proven=True)

    assert "x@thief.example" in notices(elsewhere, inside)[0].text
    assert "x@thief.example" in notices(elsewhere, Sender(None))[0].text
    assert notices(below, inside) == []


def test_images_are_counted_without_the_trackers_that_were_taken_out() -> None:
    one = letter(remote_images=5, trackers=2)
    inside = Sender(OFFICE, is_proven=True)

    assert notices(one, inside)[0].text == (
        "3 images from outside are not shown. 2 tracking images were removed."
    )
    assert notices(one, inside, shown=True)[0].text == "2 tracking images were removed."


def test_there_are_three_notices_at_most_and_the_rest_is_said_below() -> None:
    one = letter(remote_images=1, sender_marks=("mixed-scripts",))
    shown, below = notices_of(
        one, Sender(None), Manner.of("en"), shows_images=False, notes=["First", "Second"]
    )
    calm, rest = notices_of(
        letter(), Sender(None, is_portal=True), Manner.of("en"), shows_images=False, notes=["First"]
    )

    assert [notice.kind for notice in shown] == ["danger", "sender", "images"]
    assert below == ["First", "Second"]
    assert [notice.text for notice in calm] == ["First"] and rest == []


@pytest.mark.parametrize("sender", [Sender(OFFICE, is_own=True), Sender(OFFICE, is_portal=True)])
def test_what_was_sent_within_the_portal_is_said_so(sender: Sender) -> None:
    failed = letter(authentication=Authentication(is_checked=True, dmarc="fail"))

    assert list(proof_of(failed, sender).parts) == ["Sent within the portal"]
    assert notices(failed, sender) == []


@pytest.mark.parametrize(
    ("found", "lead"),
    [
        (Authentication(), "The sender was not checked."),
        (Authentication(is_checked=True), "Sender not verified: b.example"),
        (Authentication(is_checked=True, dmarc="fail"), "Sender not verified: b.example"),
        (
            Authentication(is_checked=True, spf="pass", aligned="b.example"),
            "Sender verified in part: b.example",
        ),
    ],
)
def test_less_than_all_is_not_called_verified(found: Authentication, lead: str) -> None:
    proof = proof_of(letter(authentication=found), Sender(None))

    assert proof.parts[0] == lead and proof.tone != "full"
