"""The settings of signatures and templates, by forms alone."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from mailbox.models import LetterTemplate, Signature
from mailbox.outbound.stationery import templates
from mailbox.outbound.stationery.wording import Wording
from tests.cast import Cast, signed_in


@pytest.fixture
def client(cast: Cast) -> Client:
    return signed_in(cast.amina)


def page(client: Client, name: str) -> str:
    answer = client.get(reverse(f"mailbox:{name}"))
    assert answer.status_code == 200
    return answer.content.decode()


def test_a_signature_is_written_changed_and_deleted(cast: Cast, client: Client) -> None:
    place = reverse("mailbox:signatures")
    client.post(place, {"name": "Long", "text": "Amina <S.>", "is_for_new": "on"})
    assert "Amina &lt;S.&gt;" in page(client, "signatures")
    one = Signature.objects.get()
    assert one.is_for_new and not one.is_for_answers
    client.post(reverse("mailbox:signature-change", args=[one.pk]), {"name": "L", "text": "A."})
    assert "Amina &lt;S.&gt;" not in page(client, "signatures")
    client.post(reverse("mailbox:signature-delete", args=[one.pk]))
    assert not Signature.objects.exists()


def test_an_empty_signature_is_not_kept(client: Client) -> None:
    client.post(reverse("mailbox:signatures"), {"name": "x", "text": "  "})
    assert not Signature.objects.exists()
    assert "Write the text first" in page(client, "signatures")


def test_the_agencys_signature_is_shown_and_has_no_form(cast: Cast, client: Client) -> None:
    cast.transport.forced_signature = "Ministry <of> Transport"
    cast.transport.save()
    assert "<pre>Ministry &lt;of&gt; Transport</pre>" in page(client, "signatures")


def test_a_template_is_shared_with_the_office_and_changed_by_its_author_alone(
    cast: Cast, client: Client
) -> None:
    values = {"name": "Invitation", "subject": "Meeting", "text": "Please come", "is_shared": "1"}
    client.post(reverse("mailbox:templates"), values)
    one = LetterTemplate.objects.get()
    others = signed_in(cast.bruno)
    text = page(others, "templates")
    assert "Please come" in text
    assert reverse("mailbox:template-change", args=[one.pk]) not in text
    change = reverse("mailbox:template-change", args=[one.pk])
    assert others.post(change, {"text": "x"}).status_code == 404
    assert signed_in(cast.chiara).post(change, {"text": "x"}).status_code == 404
    listed = others.get(reverse("mailbox:template-list")).json()["templates"]
    assert [(each["name"], each["subject"], each["is_shared"]) for each in listed] == [
        ("Invitation", "Meeting", True)
    ]
    client.post(reverse("mailbox:template-delete", args=[one.pk]))
    assert not LetterTemplate.objects.exists()


def test_hostile_markup_comes_back_inert(cast: Cast, client: Client) -> None:
    box = cast.mailbox_of(cast.amina)
    values = {
        "name": "x",
        "text": "x",
        "html": "<p>a<img src=x onerror=alert(1)></p><svg onload=x>",
    }
    templates.keep(Wording.typed(values), by=cast.amina, mailbox=box, is_shared=False)
    (listed,) = client.get(reverse("mailbox:template-list")).json()["templates"]
    assert "onerror" not in listed["html"] and "svg" not in listed["html"]
