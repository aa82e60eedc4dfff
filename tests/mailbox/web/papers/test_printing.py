"""Paper: what is on it, that it stays inert, whose it is."""

from __future__ import annotations

import pytest
from django.urls import reverse

from mailbox.models import Folder
from mailbox.web.answers import passes
from tests.cast import Cast, signed_in
from tests.mailbox.web.post import deliver, keep_in_sent, letter

HOSTILE = '<img src=x onerror="alert(1)">'


def test_a_letter_is_printed_as_text_with_its_people_and_files(cast: Cast) -> None:
    made = letter(f"เรื่อง {HOSTILE}", f"เรียน ท่าน\n\n    ย่อหน้า {HOSTILE}")
    made["X-GovMail-Urgency"] = "3"
    made.add_attachment(b"x", maintype="application", subtype="pdf", filename="สำเนา.pdf")
    message = deliver(made, cast.amina)[0]
    answer = signed_in(cast.amina).get(reverse("mailbox:print", args=[message.pk]))
    text = answer.content.decode()

    assert "เรียน ท่าน\n\n    ย่อหน้า &lt;img src=x" in text
    assert HOSTILE not in text
    assert "piya@university.test" in text and "amina@transport.example" in text
    assert "สำเนา.pdf" in text
    assert "paper__urgency" in text


def test_own_letters_bear_their_writers_name_on_paper(cast: Cast) -> None:
    made = letter("Mine", sender=f"Amina Saengthong <{cast.amina.address}>", to="b@b.example")
    message = keep_in_sent(made, cast.amina)
    answer = signed_in(cast.amina).get(reverse("mailbox:print", args=[message.pk]))

    assert '<p class="paper__from">Amina Saengthong</p>' in answer.content.decode()


def test_a_conversation_is_printed_oldest_first_without_what_is_in_the_bin(cast: Cast) -> None:
    first = letter("Plan", "the first words")
    one = deliver(first, cast.amina)[0]
    answers = [
        deliver(letter("Re: Plan", text, answers=first["Message-ID"]), cast.amina)[0]
        for text in ("the second words", "thrown away")
    ]
    bin_ = Folder.objects.get(mailbox=one.mailbox, kind=Folder.Kind.TRASH)
    answers[1].folder = bin_
    answers[1].save()
    where = reverse("mailbox:print-conversation", args=[one.mailbox_id, one.thread_id])
    text = signed_in(cast.amina).get(where).content.decode()

    assert 0 < text.index("the first words") < text.index("the second words")
    assert "thrown away" not in text


def test_formatted_paper_is_as_inert_as_the_frame(cast: Cast) -> None:
    made = letter(f"S {HOSTILE}", "plain", html=f"<p style='color:red'>formatted</p>{HOSTILE}")
    message = deliver(made, cast.amina)[0]
    token = passes.issue(cast.amina.pk)
    answer = signed_in(cast.amina).get(reverse("mailbox:paper", args=[message.pk, token]))
    text = answer.content.decode()

    assert "formatted</p>" in text
    assert "onerror" not in text.replace("&lt;img src=x onerror", "")
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert "sandbox allow-popups" in answer.headers["Content-Security-Policy"]
    assert "<script" not in text


@pytest.mark.parametrize("name", ["print", "print-conversation", "paper"])
def test_the_paper_of_others_does_not_exist(cast: Cast, name: str) -> None:
    message = deliver(letter(), cast.amina)[0]
    arguments = {
        "print": [message.pk],
        "print-conversation": [message.mailbox_id, message.thread_id],
        "paper": [message.pk, passes.issue(cast.amina.pk)],
    }[name]
    where = reverse(f"mailbox:{name}", args=arguments)

    assert signed_in(cast.amina).get(where).status_code == 200
    assert signed_in(cast.chiara).get(where).status_code == 404
