"""Hostile and honest HTML through the sanitiser, without a browser."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailbox.mime.safe_html import SafeHtml
from mailbox.mime.sanitise import MAX_HTML, sanitise, sanitise_or_text
from mailbox.mime.styles import clean_link, clean_style, words_of
from tests.mailbox.mime.hostile_html import FRAGMENTS

PIECES = words_of(
    """
    <p> <b> <i> <a/href=http://x.example> <table> <tr> <td> <div> <pre> </p> </b> </i> </a> </table>
    <svg> <math> <style> <script> <form> <font> <li> <ul> <h1> <center> </div> text &lt; &amp;lt;
    <!-- --> <img/src=cid:1> <select> <svg></p> <nobr> <dd> <button> <caption> <col> </td> </svg>
    """
) | {"\n", "\x00", " "}
_TAG = re.compile(r"<[a-z]+[^<>]*>")


def cleaned(html: str) -> str:
    return sanitise(html)[0].for_frame()


def test_hostile_fragments_settle_at_once_and_hold_nothing_active() -> None:
    for hostile in FRAGMENTS:
        safe = cleaned(hostile)
        assert cleaned(safe) == safe
        for tag in _TAG.findall(safe):
            assert not re.search(r"\son\w+=|javascript:|url\(|svg|math|position|\sid=", tag), tag


def test_honest_markup_stays_as_it_is() -> None:
    honest = (
        '<div style="color: #ff0000; margin: 0 auto"><p align="center">สวัสดี <b>โลก</b>'
        ' &amp; 1 &lt; 2</p><table border="1" width="100%"><tbody><tr><td colspan="2">x</td></tr>'
        "</tbody></table></div>"
    )
    assert cleaned(honest) == honest


def test_a_link_leads_out_in_a_page_of_its_own() -> None:
    assert cleaned('<a href="HTTPS://a.example/?b=1&amp;c=2" onclick=x()>x</a>') == (
        '<a href="HTTPS://a.example/?b=1&amp;c=2" rel="noopener noreferrer" target="_blank">x</a>'
    )


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        " java\tscript:alert(1)",
        "\x01javascript:x",
        "vbscript:x",
        "data:text/html,x",
        "//else.example",
        "/account/",
        "?next=x",
        "#top",
        "",
        "https:else.example",
        "https:/else.example",
        "https:\\\\else.example",
        "http://",
        "http:///x",
        "file:///etc/passwd",
        "blob:https://x",
        "feed:javascript:x",
        "about:blank",
        "intent://x",
        "mailto",
        "https://a\x00b",
        "https://a\\@b",
    ],
)
def test_other_addresses_lose_their_link(url: str) -> None:
    assert clean_link(url) is None


@pytest.mark.parametrize(
    "url", ["http://a.example", "https://a.example/ก?x#y", "mailto:a@b.example", "tel:+6621234567"]
)
def test_http_mail_and_telephone_stay(url: str) -> None:
    assert clean_link(f" {url}\n") == url


@pytest.mark.parametrize(
    ("style", "kept"),
    [
        ("color:red;background:url(//else)", "color: red"),
        ("COLOR: RGB(1, 2,3) !important", "color: RGB(1, 2,3) !important"),
        ("position:fixed;top:0;color:red", "color: red"),
        ("background:u\\72l(x);width:1px", "width: 1px"),
        ("width:expression(alert(1))", ""),
        ("-moz-binding:url(x);behavior:url(x)", ""),
        ("color:red}body{color:blue", ""),
        ("--x:1;color:var(--x)", ""),
        ("font-family:'TH Sarabun New',serif", "font-family: 'TH Sarabun New',serif"),
        ("content:'x';color:#fff", "color: #fff"),
        ("@import 'x';margin:0", "margin: 0"),
        ("background:image-set('x')", ""),
        ("color:re/**/d", ""),
    ],
)
def test_styles_keep_plain_values_of_known_properties(style: str, kept: str) -> None:
    once = clean_style(style)
    assert once.replace('"', "'") == kept
    assert clean_style(once) == once


def test_own_images_are_shown_and_remote_ones_counted() -> None:
    safe, remote = sanitise(
        '<img src="cid:logo@a" alt="ตรา"><img src="cid:other"><img src="https://else.example/1.gif">'
        '<table><td background="//else.example/2.png">x<img src="data:image/png;base64,AA==">',
        {"logo@a": 3},
    )
    assert remote == 2
    assert 'src="attachment/3/"' in safe.for_frame()
    assert 'src="data:image/png;base64,AA=="' in safe.for_frame()
    assert "else.example" not in safe.for_frame() and "cid:" not in safe.for_frame()


def test_forms_go_and_their_words_stay() -> None:
    assert cleaned("<form action=x><p>ชื่อ <input name=a><button>ส่ง</button></p></form>") == (
        "<p>ชื่อ ส่ง</p>"
    )


def test_styles_scripts_and_titles_never_show_as_text() -> None:
    html = "<title>t</title><style>p{}</style><script>x()</script><!-- c --><p>kept</p>"
    assert cleaned(html) == "<p>kept</p>"


@pytest.mark.parametrize(
    "html",
    [
        "<b>" * 200_000,
        "<div>" * 200_000 + "x",
        "<table>" * 20_000,
        "<p><b>" * 30_000,
        "".join(f"<b id={number}><p>" for number in range(20_000)),
        "".join(f"<a href=http://x/{number}>" for number in range(20_000)),
        "<p " + " ".join(f"a{number}=1" for number in range(100_000)) + ">x",
        "<" * 500_000,
        "<!--" * 200_000,
        "<![CDATA[" * 100_000,
        "&" * 500_000,
        "&#x;" * 100_000,
        "<p style='" + "color:red;" * 100_000 + "'>x",
        "<a href='" + "http://" * 100_000 + "'>x",
        "x" * (MAX_HTML + 1),
        "<svg>" * 30_000,
        "<select><option>" * 20_000,
        "<p>" + "<i><b><u>" * 15_000 + "</p>" * 15_000,
    ],
    ids=lambda html: f"{html[:12]}…{len(html)}",
)
def test_endless_markup_is_bounded_and_settles(html: str) -> None:
    safe, _, _ = sanitise_or_text(html)
    assert sanitise(safe.for_frame())[0] == safe


def test_markup_beyond_the_limits_is_shown_as_its_words_and_noted() -> None:
    safe, _, note = sanitise_or_text("<p>คำ</p>" * 40_000)
    assert note == "html-too-complex"
    assert "คำ" in safe.for_frame() and "<p>" not in safe.for_frame()


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            [
                "<p>",
                "<b>",
                "<i>",
                "<a",
                "href=http://x.example>",
                "<table>",
                "<tr>",
                "<td>",
                "<div>",
                "<pre>",
                "\n",
                "</p>",
                "</b>",
                "</i>",
                "</a>",
                "</table>",
                "<svg>",
                "<math>",
                "<style>",
                "<script>",
                "<form>",
                "<font>",
                "<li>",
                "<ul>",
                "<h1>",
                "<center>",
                "</div>",
                "text",
                "&lt;",
                "&amp;lt;",
                "<!--",
                "-->",
                "<img",
                "src=cid:1>",
                "<select>",
                "<svg></p>",
                "<nobr>",
                "<dd>",
                "<button>",
                "\x00",
            ]
        ),
        max_size=25,
    )
)
def test_any_soup_of_tags_settles(pieces: list[str]) -> None:
    safe = cleaned("".join(pieces))
    assert cleaned(safe) == safe


def test_nothing_but_the_frame_can_read_safe_html() -> None:
    safe = sanitise("<p>ลับ</p>")[0]
    with pytest.raises(TypeError):
        str(safe)
    with pytest.raises(TypeError):
        f"{safe}"
    with pytest.raises(TypeError):
        SafeHtml()
    assert "ลับ" not in repr(safe)
    assert not hasattr(safe, "__html__") and not hasattr(safe, "__add__")
    assert SafeHtml.from_json(safe.to_json()) == safe
