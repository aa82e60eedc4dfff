"""A letter's body and source: their own policies, nothing that acts, nobody else's."""

from __future__ import annotations

import pytest
from django.test import Client

from mailbox.models import Message
from mailbox.web.answers import passes
from tests.cast import Cast, signed_in
from tests.mailbox.web.post import deliver, letter

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000d4944415478da63fcffff3f0300050001ff5cc2c6d50000000049454e44ae426082"
)


def text(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return b"".join(answer.streaming_content if answer.streaming else [answer.content]).decode()


def with_picture(cast: Cast) -> Message:
    made = letter("News", "News", html='<p>Look</p><img src="cid:pic">')
    made.get_payload()[1].add_related(PNG, maintype="image", subtype="png", cid="<pic>")
    return deliver(made, cast.amina)[0]


def test_a_body_comes_under_a_policy_of_its_own(cast: Cast) -> None:
    message = deliver(letter(html="<p>Hello<script>alert(1)</script></p>"), cast.amina)[0]
    answer = signed_in(cast.amina).get(f"/mail/message/{message.pk}/body/")
    policy = answer.headers["Content-Security-Policy"]

    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    assert "sandbox allow-popups allow-popups-to-escape-sandbox" in policy
    assert "allow-same-origin" not in policy
    assert "alert" not in answer.content.decode()


def test_plain_text_has_links_in_the_same_frame(cast: Cast) -> None:
    message = deliver(letter(text="See https://www.university.test/plan today"), cast.amina)[0]
    body = text(signed_in(cast.amina), f"/mail/message/{message.pk}/body/")

    assert 'href="https://www.university.test/plan"' in body


def test_the_source_is_the_message_as_it_came_and_plain(cast: Cast) -> None:
    raw = b"From: a@b.test\r\nSubject: Raw\r\nMessage-ID: <r@b.test>\r\n\r\n<script>x</script>\r\n"
    message = deliver(raw, cast.amina)[0]
    answer = signed_in(cast.amina).get(f"/mail/message/{message.pk}/source/")

    assert b"".join(answer.streaming_content) == raw
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer.headers["Content-Security-Policy"]


def test_pictures_of_a_body_come_by_a_pass_and_not_without(cast: Cast) -> None:
    message = with_picture(cast)
    body = f"/mail/message/{message.pk}/body"
    nobody = Client()
    good, foreign = passes.issue(cast.amina.pk), passes.issue(cast.chiara.pk)

    assert f"{body}/" in signed_in(cast.amina).get(f"{body}/").request["PATH_INFO"]
    assert nobody.get(f"{body}/{good}/attachment/0/").status_code == 200
    assert nobody.get(f"{body}/{foreign}/attachment/0/").status_code == 404
    assert nobody.get(f"{body}/{good}x/attachment/0/").status_code == 404
    assert nobody.get(f"{body}/{good}/attachment/7/").status_code == 404


def test_a_pass_opens_pictures_only(cast: Cast) -> None:
    made = letter()
    made.add_attachment(b"secret", maintype="application", subtype="pdf", filename="a.pdf")
    message = deliver(made, cast.amina)[0]
    good = passes.issue(cast.amina.pk)

    assert Client().get(f"/mail/message/{message.pk}/body/{good}/attachment/0/").status_code == 404


def test_an_old_pass_is_no_pass(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    message = with_picture(cast)
    good = passes.issue(cast.amina.pk)
    monkeypatch.setattr(passes, "MINUTES", -1)

    address = f"/mail/message/{message.pk}/body/{good}/attachment/0/"
    assert Client().get(address).status_code == 404


@pytest.mark.parametrize("what", ["", "body/", "source/", "deliveries/"])
def test_letters_of_others_do_not_exist(cast: Cast, what: str) -> None:
    message = deliver(letter(), cast.amina)[0]
    address = f"/mail/message/{message.pk}/{what}"

    assert signed_in(cast.amina).get(address).status_code == 200
    assert signed_in(cast.chiara).get(address).status_code == 404
    assert Client().get(address).status_code == 302
