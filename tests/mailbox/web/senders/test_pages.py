"""Looking at a letter differently: its quote, its images, its paper, its links."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from mailbox.models import Message, SenderChoice
from mailbox.web.answers import passes
from tests.cast import Cast, signed_in
from tests.mailbox.web.post import address_of, deliver, letter

AWAY = "https://img.else.example/a.png"
NEWS = f'<p style="color:#900">News</p><img src="{AWAY}" width="300" height="90">'
SIGNED = "dkim=pass header.d=university.test"
HTMX = {"HX-Request": "true"}


def body_of(message: Message, query: str = "") -> str:
    return f"/mail/message/{message.pk}/body/{query}"


def html_of(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return answer.content.decode()


def frame_of(page: str) -> str:
    """The address of the frame in a page."""
    return re.findall(r'src="([^"]*/body/[^"]*)"', page)[0].replace("&amp;", "&")


def policy_of(client: Client, address: str) -> str:
    return client.get(address).headers["Content-Security-Policy"]


def news(cast: Cast, found: str = SIGNED) -> Message:
    return deliver(letter("News", "News", html=NEWS), cast.amina, found=found)[0]


def test_images_from_outside_stay_away_twice_until_they_are_asked_for(cast: Cast) -> None:
    message, client = news(cast), signed_in(cast.amina)
    body = body_of(message)

    assert AWAY not in html_of(client, body) and "https:" not in policy_of(client, body)
    assert AWAY in html_of(client, body + "?images=1")
    assert "img-src 'self' data: https:;" in policy_of(client, body + "?images=1")
    assert "https:" not in policy_of(client, body)


def test_a_letter_without_such_images_keeps_the_strict_policy_whatever_is_asked(
    cast: Cast,
) -> None:
    message = deliver(letter(html="<p>x</p>"), cast.amina)[0]

    assert "https:" not in policy_of(signed_in(cast.amina), body_of(message, "?images=1"))


def test_showing_once_is_one_page_and_changes_nothing(cast: Cast) -> None:
    message, client = news(cast), signed_in(cast.amina)
    page = html_of(client, f"{address_of(message)}?open={message.pk}&images=1")

    assert "?images=1" in frame_of(page)
    assert "images=1" not in frame_of(html_of(client, address_of(message)))
    assert SenderChoice.objects.count() == 0


def test_always_is_for_the_domain_that_signed(cast: Cast) -> None:
    message, client = news(cast), signed_in(cast.amina)
    answer = client.post(f"/mail/message/{message.pk}/sender/images/", headers=HTMX)

    assert answer.status_code == 200 and "images=1" in answer.content.decode()
    assert "images=1" in frame_of(html_of(client, f"/mail/message/{news(cast).pk}/"))
    unsigned = html_of(client, f"/mail/message/{news(cast, 'spf=none').pk}/")
    assert "images=1" not in frame_of(unsigned)


def test_without_a_signature_there_is_no_always(cast: Cast) -> None:
    message, client = news(cast, "spf=pass smtp.mailfrom=university.test"), signed_in(cast.amina)

    assert "Show once" in html_of(client, f"/mail/message/{message.pk}/")
    assert "Always show" not in html_of(client, f"/mail/message/{message.pk}/")
    assert client.post(f"/mail/message/{message.pk}/sender/images/").status_code == 404
    assert SenderChoice.objects.count() == 0


def test_choices_are_listed_and_taken_back(cast: Cast) -> None:
    message, client = news(cast), signed_in(cast.amina)
    client.post(f"/mail/message/{message.pk}/sender/images/")
    client.post(f"/mail/message/{message.pk}/sender/paper/", {"paper": "screen"})
    page = html_of(client, "/mail/senders/")

    assert "university.test" in page and "piya@university.test" in page
    for choice in SenderChoice.objects.all():
        assert signed_in(cast.bruno).post(f"/mail/senders/{choice.pk}/forget/").status_code == 404
        assert client.post(f"/mail/senders/{choice.pk}/forget/").status_code == 302
    assert SenderChoice.objects.count() == 0


def test_a_letter_with_colours_lies_on_white_until_it_is_adapted(cast: Cast) -> None:
    message, client = news(cast), signed_in(cast.amina)
    before = html_of(client, f"/mail/message/{message.pk}/")
    client.post(f"/mail/message/{message.pk}/sender/paper/", {"paper": "screen"}, headers=HTMX)
    after = html_of(client, f"/mail/message/{message.pk}/")

    assert "paper=white" in before and "letter__frame--paper" in before
    assert "paper=screen" in after and "letter__frame--paper" not in after
    assert "background:transparent!important" in html_of(client, body_of(message, "?paper=screen"))


def test_the_quote_is_hidden_until_it_is_asked_for(cast: Cast) -> None:
    text = "Mine\n\nOn Monday, A wrote:\n> Theirs\n> More"
    message, client = deliver(letter(text=text), cast.amina)[0], signed_in(cast.amina)
    shut, opened = html_of(client, body_of(message)), html_of(client, body_of(message, "?quote=1"))
    page = html_of(client, f"/mail/message/{message.pk}/")

    assert ".quoted{display:none}" in shut and "Theirs" in shut
    assert ".quoted{display:none}" not in opened
    assert "Quoted text (3 lines)" in page and 'aria-expanded="false"' in page
    assert 'aria-expanded="true"' in html_of(client, f"/mail/message/{message.pk}/?quote=1")


@pytest.mark.parametrize("html", ["", '<a href="http://192.0.2.7/x?a=1&amp;b=2">mot.example</a>'])
def test_a_doubtful_link_is_asked_about_with_its_whole_host(cast: Cast, html: str) -> None:
    made = letter(text="See http://192.0.2.7/x?a=1&b=2 now", html=html)
    message, client = deliver(made, cast.amina)[0], signed_in(cast.amina)
    page = html_of(client, body_of(message, "link/0/"))

    assert 'href="link/0/"' in html_of(client, body_of(message))
    assert "<b>192.0.2.7</b>" in page
    assert 'href="http://192.0.2.7/x?a=1&amp;b=2" rel="noreferrer noopener"' in page
    assert client.get(body_of(message, "link/1/")).status_code == 404
    good = passes.issue(cast.amina.pk)
    assert client.get(body_of(message, f"{good}/link/0/")).status_code == 200
    assert signed_in(cast.bruno).get(body_of(message, "link/0/")).status_code == 404


def test_a_site_that_reads_like_another_is_spelt_out(cast: Cast) -> None:
    message = deliver(letter(text="https://xn--mt-fmc.example/"), cast.amina)[0]
    page = html_of(signed_in(cast.amina), body_of(message, "link/0/"))

    assert "xn--mt-fmc.example" in page and "mоt.example" in page


def test_the_full_address_of_a_sender_is_always_there(cast: Cast) -> None:
    made = letter(sender='"director@transport.example" <thief@else.test>')
    page = html_of(signed_in(cast.amina), address_of(deliver(made, cast.amina)[0]))

    assert "thief@else.test" in page
    assert "notice--danger" in page and "shows an address" in page.replace("&#x27;", "'")
