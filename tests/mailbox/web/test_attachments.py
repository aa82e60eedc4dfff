"""Attachments: whole and by range, by their names, never as a page."""

from __future__ import annotations

import hashlib

import pytest
from django.test import Client

from mailbox.models import Message
from tests.cast import Cast, signed_in
from tests.mailbox.web.post import deliver, letter

DATA = bytes(range(256)) * 5000  # 1.28 MB: many chunks, many base64 lines


def with_file(
    cast: Cast, data: bytes = DATA, kind: str = "application/pdf", name: str = "สำเนาหนังสือ.pdf"
) -> Message:
    made = letter("Files")
    main, _slash, sub = kind.partition("/")
    made.add_attachment(data, maintype=main, subtype=sub, filename=name)
    return deliver(made, cast.amina)[0]


def address(message: Message, what: str = "") -> str:
    return f"/mail/message/{message.pk}/attachment/0/{what}"


def got(client: Client, where: str, **headers: str) -> tuple[int, bytes, dict[str, str]]:
    answer = client.get(where, headers={name.replace("_", "-"): headers[name] for name in headers})
    body = b"".join(answer.streaming_content) if answer.streaming else answer.content
    return answer.status_code, body, dict(answer.headers)


def test_a_download_is_the_file_under_its_thai_name(cast: Cast) -> None:
    status, body, headers = got(signed_in(cast.amina), address(with_file(cast)))

    assert (status, body) == (200, DATA)
    assert headers["Content-Disposition"].startswith("attachment; filename*=utf-8''%E0%B8%AA")
    assert headers["ETag"] == f'"{hashlib.sha256(DATA).hexdigest()}"'
    assert headers["Accept-Ranges"] == "bytes"
    assert headers["Content-Length"] == str(len(DATA))
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Content-Security-Policy"].endswith("sandbox")


@pytest.mark.parametrize(
    ("asked", "start", "stop"),
    [
        ("bytes=0-0", 0, 1),
        ("bytes=100000-300000", 100_000, 300_001),
        ("bytes=1279999-", 1_279_999, 1_280_000),
        ("bytes=-500", 1_279_500, 1_280_000),
        ("bytes=0-99999999", 0, 1_280_000),
    ],
)
def test_a_range_is_answered_with_that_range(cast: Cast, asked: str, start: int, stop: int) -> None:
    status, body, headers = got(signed_in(cast.amina), address(with_file(cast)), range=asked)

    assert (status, body) == (206, DATA[start:stop])
    assert headers["Content-Range"] == f"bytes {start}-{stop - 1}/{len(DATA)}"


def test_a_range_beyond_the_end_is_refused(cast: Cast) -> None:
    status, _body, headers = got(
        signed_in(cast.amina), address(with_file(cast)), range="bytes=1280000-"
    )

    assert (status, headers["Content-Range"]) == (416, "bytes */1280000")


@pytest.mark.parametrize(
    "asked", ["bytes=5-2", "bytes=-", "lines=1-2", "bytes=0-1,5-6", "bytes=x-"]
)
def test_what_is_no_single_range_is_answered_with_the_whole(cast: Cast, asked: str) -> None:
    status, body, _headers = got(signed_in(cast.amina), address(with_file(cast)), range=asked)

    assert (status, len(body)) == (200, len(DATA))


def test_a_range_of_another_version_is_answered_with_the_whole(cast: Cast) -> None:
    client, where = signed_in(cast.amina), address(with_file(cast))
    etag = got(client, where)[2]["ETag"]

    assert got(client, where, range="bytes=0-9", if_range=etag)[0] == 206
    assert got(client, where, range="bytes=0-9", if_range='"other"')[0] == 200


@pytest.mark.parametrize("kind", ["text/html", "image/svg+xml", "text/xml", "application/x-evil"])
def test_pages_and_drawings_are_never_served_as_such(cast: Cast, kind: str) -> None:
    message = with_file(cast, b"<script>alert(1)</script>", kind, "page.html")
    client = signed_in(cast.amina)

    assert got(client, address(message))[2]["Content-Type"] == "application/octet-stream"
    assert client.get(address(message, "preview/")).status_code == 404


@pytest.mark.parametrize(
    ("kind", "policy"),
    [("image/png", "sandbox"), ("application/pdf", "object-src 'self'"), ("text/plain", "sandbox")],
)
def test_a_preview_is_of_safe_kinds_under_a_policy(cast: Cast, kind: str, policy: str) -> None:
    message = with_file(cast, b"plain bytes", kind, "a")
    status, _body, headers = got(signed_in(cast.amina), address(message, "preview/"))

    assert status == 200
    assert policy in headers["Content-Security-Policy"]
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"


def test_old_thai_text_is_shown_as_thai(cast: Cast) -> None:
    message = with_file(cast, "เรียน ท่านผู้อำนวยการ".encode("cp874"), "text/plain", "a.txt")
    _status, body, headers = got(signed_in(cast.amina), address(message, "preview/"))

    assert body.decode() == "เรียน ท่านผู้อำนวยการ"
    assert headers["Content-Type"] == "text/plain; charset=utf-8"


@pytest.mark.parametrize("what", ["", "preview/"])
def test_attachments_of_others_do_not_exist(cast: Cast, what: str) -> None:
    message = with_file(cast)

    assert signed_in(cast.amina).get(address(message, what)).status_code == 200
    assert signed_in(cast.chiara).get(address(message, what)).status_code == 404
    assert signed_in(cast.amina).get(address(message).replace("/0/", "/9/")).status_code == 404
