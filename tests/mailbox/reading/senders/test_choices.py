"""What a reader decided about senders: sealed, found again, taken back."""

from __future__ import annotations

from mailbox.mime.rendition import Address, Rendition
from mailbox.mime.safe_html import SafeHtml
from mailbox.mime.sanitise import sanitise
from mailbox.mime.trust.authentication import Authentication
from mailbox.models import SenderChoice
from mailbox.opening import mailbox_key
from mailbox.reading.senders import choices
from tests.cast import Cast

HTML: SafeHtml = sanitise("<p>x</p>")[0]
SIGNED = Authentication(
    is_checked=True, dkim="pass", dkim_domain="news.example", aligned="news.example", is_signed=True
)


def news(address: str = "a@news.example", found: Authentication = SIGNED) -> Rendition:
    return Rendition(senders=(Address("", address),), html=HTML, authentication=found)


def test_images_are_for_the_domain_that_signed_and_for_no_other(cast: Cast) -> None:
    box = cast.amina.mailbox
    key = mailbox_key(box)
    choices.always_show_images(box, key, "news.example")
    signed, unsigned = news(), news(found=Authentication(is_checked=True, spf="pass"))
    found = choices.chosen_for(box.pk, key, [signed, unsigned])

    assert found[id(signed)].images and not found[id(unsigned)].images
    assert choices.images_domain(unsigned) == ""


def test_a_signature_that_another_check_refutes_shows_nothing() -> None:
    refuted = Authentication(**{**SIGNED.to_json(), "dmarc": "fail"})

    assert choices.images_domain(news(found=refuted)) == ""


def test_paper_is_for_the_address_and_the_last_word_counts(cast: Cast) -> None:
    box = cast.amina.mailbox
    key = mailbox_key(box)
    choices.choose_paper(box, key, "a@news.example", white=True)
    choices.choose_paper(box, key, "a@news.example", white=False)
    one, other = news("A@News.example"), news("b@news.example")
    found = choices.chosen_for(box.pk, key, [one, other])

    assert found[id(one)].on_white is False
    assert found[id(other)].on_white is None
    assert SenderChoice.objects.count() == 1


def test_choices_are_listed_from_their_seals_and_are_ones_own(cast: Cast) -> None:
    box = cast.amina.mailbox
    choices.always_show_images(box, mailbox_key(box), "news.example")
    row = SenderChoice.objects.get()

    assert [one.name for one in choices.listed(box, mailbox_key(box))] == ["news.example"]
    assert b"news" not in bytes(row.sealed_name) + bytes(row.digest)
    assert choices.listed(cast.bruno.mailbox, mailbox_key(cast.bruno.mailbox)) == []
