"""The files of a letter: their cards, one looked at, all of them in one archive."""

from __future__ import annotations

import io
import zipfile

import pytest
from django.test import Client

from mailbox.models import Message
from mailbox.reading import files
from mailbox.web.papers import enclosed
from tests.cast import Cast, signed_in
from tests.mailbox.web.post import address_of, deliver, letter
from tests.mailbox.web.test_letters import PNG

HOSTILE = '<img src=x onerror="alert(1)">'


def with_files(cast: Cast) -> Message:
    made = letter("Files")
    made.add_attachment(PNG, maintype="image", subtype="png", filename="ห้องประชุม.png")
    made.add_attachment(b"PK", maintype="application", subtype="zip", filename="a.zip")
    made.add_attachment(b"%PDF-1.4", maintype="application", subtype="pdf", filename="b.pdf")
    made.add_attachment(f"{HOSTILE} ก".encode(), maintype="text", subtype="plain", filename="c.txt")
    return deliver(made, cast.amina)[0]


def page(client: Client, message: Message, index: int, **headers: str) -> str:
    answer = client.get(f"/mail/message/{message.pk}/attachment/{index}/look/", headers=headers)
    assert answer.status_code == 200
    return answer.content.decode()


def test_the_strip_shows_each_file_with_the_ways_to_it(cast: Cast) -> None:
    message = with_files(cast)
    text = signed_in(cast.amina).get(address_of(message)).content.decode()
    base = f"/mail/message/{message.pk}/attachment"

    assert f'<img class="file__image" src="{base}/0/preview/"' in text
    assert f'href="{base}/0/look/"' in text
    assert f'href="{base}/1/look/"' not in text
    assert text.count(f'href="{base}/1/"') == 2
    assert f'href="/mail/message/{message.pk}/attachments.zip"' in text


def test_looking_walks_over_what_can_be_looked_at(cast: Cast) -> None:
    client, message = signed_in(cast.amina), with_files(cast)
    base = f"/mail/message/{message.pk}/attachment"

    first, second, last = (page(client, message, index) for index in (0, 2, 3))
    assert f'<img src="{base}/0/preview/"' in first
    assert f'href="{base}/2/look/"' in first and "data-look-previous" not in first
    assert f'<iframe src="{base}/2/preview/"' in second
    assert f'href="{base}/0/look/"' in second and f'href="{base}/3/look/"' in second
    assert "data-look-next" not in last
    assert client.get(f"{base}/1/look/").status_code == 404
    assert client.get(f"{base}/9/look/").status_code == 404


def test_a_text_is_shown_as_text_on_the_page_and_in_the_dialog(cast: Cast) -> None:
    client, message = signed_in(cast.amina), with_files(cast)

    for text in (page(client, message, 3), page(client, message, 3, **{"HX-Request": "true"})):
        assert HOSTILE not in text
        assert "&lt;img src=x onerror=&quot;alert(1)&quot;&gt; ก" in text
    assert page(client, message, 3, **{"HX-Request": "true"}).lstrip().startswith("<dialog")


def test_a_long_text_is_cut_and_says_so(cast: Cast) -> None:
    made = letter("Long")
    data = ("ก" * (enclosed.SHOWN_TEXT + 5)).encode()
    made.add_attachment(data, maintype="text", subtype="plain", filename="long.txt")
    text = page(signed_in(cast.amina), deliver(made, cast.amina)[0], 0)

    assert text.count("ก" * 100) < enclosed.SHOWN_TEXT // 100 + 5
    assert "look__cut" in text


def test_a_picture_too_large_to_show_is_only_downloaded(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "LARGEST_PICTURE", len(PNG) - 1)
    client, message = signed_in(cast.amina), with_files(cast)

    for what in ("look", "preview"):
        where = f"/mail/message/{message.pk}/attachment/0/{what}/"
        assert client.get(where).status_code == 404
    assert client.get(f"/mail/message/{message.pk}/attachment/0/").status_code == 200


def test_all_files_come_in_one_archive(cast: Cast) -> None:
    message = with_files(cast)
    answer = signed_in(cast.amina).get(f"/mail/message/{message.pk}/attachments.zip")
    archive = zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content)))

    assert archive.testzip() is None
    assert archive.namelist() == ["ห้องประชุม.png", "a.zip", "b.pdf", "c.txt"]
    assert archive.read("ห้องประชุม.png") == PNG
    assert answer.headers["Content-Security-Policy"].endswith("sandbox")
    assert answer.headers["Content-Disposition"].endswith('-attachments.zip"')


def test_too_much_for_one_archive_is_refused_before_anything_is_sent(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(enclosed, "LARGEST_ZIP", 10)
    monkeypatch.setattr(files, "LARGEST_ZIP", 10)
    client, message = signed_in(cast.amina), with_files(cast)

    assert client.get(f"/mail/message/{message.pk}/attachments.zip").status_code == 413
    assert "attachments.zip" not in client.get(address_of(message)).content.decode()


@pytest.mark.parametrize("what", ["attachments.zip", "attachment/0/look/"])
def test_files_of_others_do_not_exist(cast: Cast, what: str) -> None:
    where = f"/mail/message/{with_files(cast).pk}/{what}"

    assert signed_in(cast.amina).get(where).status_code == 200
    assert signed_in(cast.chiara).get(where).status_code == 404
