"""Attachments: whole and by range, by their names, never as a page."""

from __future__ import annotations

import hashlib
from email.message import EmailMessage as Message_
from urllib.parse import unquote

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


# Types that browsers open as pages, run, draw or sniff (webmail classes 9), and odd ones.
TYPES = [
    "text/html",
    "text/xml",
    "text/xsl",
    "text/css",
    "text/javascript",
    "text/ecmascript",
    "text/vbscript",
    "text/x-component",
    "text/html-sandboxed",
    "text/cache-manifest",
    "text/vtt",
    "text/rtf",
    "text/markdown",
    "text/csv",
    "text/calendar",
    "text/vcard",
    "text/x-server-parsed-html",
    "text/plainx",
    "application/xhtml+xml",
    "application/xml",
    "application/xslt+xml",
    "application/rss+xml",
    "application/atom+xml",
    "application/mathml+xml",
    "application/javascript",
    "application/x-javascript",
    "application/ecmascript",
    "application/json",
    "application/ld+json",
    "application/wasm",
    "application/x-shockwave-flash",
    "application/x-silverlight-app",
    "application/java-archive",
    "application/x-java-applet",
    "application/hta",
    "application/x-ms-application",
    "application/x-ms-xbap",
    "application/x-mspublisher",
    "application/vnd.wap.xhtml+xml",
    "application/x-evil",
    "application/octet-stream",
    "application/x-msdownload",
    "application/x-sh",
    "application/x-httpd-php",
    "application/vnd.mozilla.xul+xml",
    "application/x-chrome-extension",
    "application/x-xpinstall",
    "application/manifest+json",
    "application/pdfx",
    "application/postscript",
    "image/svg+xml",
    "image/svg",
    "image/bmp",
    "image/x-icon",
    "image/tiff",
    "image/avif",
    "image/x-xbitmap",
    "message/partial",
    "message/http",
    "message/external-body",
    "font/woff2",
    "image/heic",
    "model/vrml",
    "video/x-ms-asf",
    "audio/x-scpls",
    "x/y",
    "application/x-bittorrent",
]
PAGES = (
    b"<script>alert(1)</script>",
    b"GIF89a/*<svg onload=alert(1)>*/=1;//<html><script>alert(1)</script>",
    b'<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"><script>alert(1)</script>',
)


@pytest.mark.parametrize("kind", TYPES)
def test_what_a_stranger_sends_is_never_served_as_a_page(cast: Cast, kind: str) -> None:
    raw = (
        "From: a@b.example\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nx\r\n"
        + "".join(
            f"--b\r\nContent-Type: {kind}\r\nContent-Disposition: attachment; filename=a.html"
            f"\r\n\r\n{page.decode()}\r\n"
            for page in PAGES
        )
        + "--b--\r\n"
    )
    message = deliver(raw.encode(), cast.amina)[0]
    client = signed_in(cast.amina)
    assert len(TYPES) >= 60

    for index in range(len(PAGES)):
        where = f"/mail/message/{message.pk}/attachment/{index}/"
        status, _body, headers = got(client, where)
        if status == 404:  # a type that is no type at all: the part is text of the letter
            continue
        assert headers["Content-Type"] == "application/octet-stream"
        assert headers["Content-Disposition"].startswith("attachment; filename")
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Content-Security-Policy"].startswith("default-src 'none'")
        assert headers["Content-Security-Policy"].endswith("sandbox")
        assert client.get(f"{where}preview/").status_code == 404


NAMES = {
    "สำเนา หนังสือ (1).pdf": "สำเนา หนังสือ (1).pdf",
    'a"b\\c.pdf': "c.pdf",
    "../../etc/passwd": "passwd",
    "C:\\Windows\\a.exe": "a.exe",
    "photo\u202egpj.exe": "photogpj.exe",
    "a\u2066b\u2069.txt": "ab.txt",
    "a;b=c.txt": "a;b=c.txt",
    "100%25.txt": "100%25.txt",
    "ก" * 4_000 + ".pdf": "",
    "..": "attachment-1.bin",
    "a\tb.txt": "a b.txt",
}


@pytest.mark.parametrize("name", NAMES, ids=range(len(NAMES)))
def test_a_name_comes_back_as_it_was_but_harmless(cast: Cast, name: str) -> None:
    message = with_file(cast, b"x", "application/x-y", name)
    headers = got(signed_in(cast.amina), address(message))[2]
    shown = headers["Content-Disposition"]
    parsed = Message_()
    parsed["Content-Disposition"] = shown
    got_name = parsed.get_filename() or ""

    assert not set(got_name) & set("/\\\r\n\0\u202e\u2066")
    assert len(got_name.encode()) <= 255
    if NAMES[name]:
        assert got_name == NAMES[name]


@pytest.mark.parametrize(
    "parameter",
    [
        "filename*=utf-8''a%0d%0aSet-Cookie:%20x=y.txt",
        "filename*=utf-8''%2e%2e%2fa%00b.txt",
        "filename*=utf-8''a%E2%80%A8b%c2%85c.txt",
    ],
)
def test_a_name_cannot_write_headers(cast: Cast, parameter: str) -> None:
    raw = (
        f"From: a@b.example\r\nContent-Type: application/x-y\r\n"
        f"Content-Disposition: attachment; {parameter}\r\n\r\nx"
    )
    message = deliver(raw.encode(), cast.amina)[0]
    status, _body, headers = got(signed_in(cast.amina), address(message))

    assert status == 200
    assert "Set-Cookie" not in headers
    shown = headers["Content-Disposition"]
    assert not any(mark in unquote(shown) for mark in "\r\n\0/\x85\u2028")


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
