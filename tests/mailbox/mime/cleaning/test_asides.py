"""What filing keeps beside a body: doubtful links, pictures from elsewhere, trackers."""

from __future__ import annotations

import pytest

from mailbox.mime.cleaning.asides import Asides, is_tracker
from mailbox.mime.plaintext import text_to_html
from mailbox.mime.sanitise import sanitise, sanitise_or_text
from mailbox.mime.trust.links import Links

AWAY = "https://img.else.example/a.png"


def filed(html: str) -> tuple[str, str, Asides]:
    asides = Asides()
    safe = sanitise_or_text(html, {}, asides)[0]
    return safe.for_frame(), asides.with_pictures.for_frame(), asides


def test_a_picture_from_elsewhere_is_in_the_other_body_only() -> None:
    plain, shown, asides = filed(f'<p>x</p><img src="{AWAY}" alt="a">')

    assert plain == '<p>x</p><img alt="a">'
    assert shown == f'<p>x</p><img src="{AWAY}" alt="a">'
    assert asides.trackers == 0


@pytest.mark.parametrize(
    "source",
    [
        "http://img.else.example/a.png",
        "//img.else.example/a.png",
        "ftp://img.else.example/a.png",
        "https://user@img.else.example/a.png",
        "https:img.else.example/a.png",
        "https://img.else.example/a.png\\x",
        "remote/0/",
        "link/0/",
        "https:///x",
    ],
)
def test_only_plain_https_is_kept_for_those_who_ask(source: str) -> None:
    plain, shown, asides = filed(f'<img src="{source}">')

    assert (plain, shown, asides.pictures) == ("<img>", "", [])


def test_a_place_of_ours_written_by_a_stranger_shows_nothing() -> None:
    _, shown, _ = filed(f'<img src="{AWAY}"><img src="remote/0/"><a href="link/0/">x</a>')

    assert shown == f'<img src="{AWAY}"><img><a>x</a>'


@pytest.mark.parametrize(
    "attributes",
    [
        {"width": "1", "height": "1"},
        {"width": "5px", "height": "0"},
        {"width": "1"},
        {"style": "width:1px;height:1px"},
        {"style": "max-width:9px; height: 0.5px; width: 2px"},
        {"style": "display:none", "width": "600"},
        {"style": "visibility: hidden"},
    ],
)
def test_a_picture_that_is_not_to_be_seen_is_a_tracker(attributes: dict[str, str]) -> None:
    assert is_tracker({"src": AWAY, **attributes})


@pytest.mark.parametrize(
    "attributes",
    [
        {},
        {"width": "6", "height": "6"},
        {"width": "600", "height": "1"},
        {"width": "100%", "height": "1"},
        {"style": "line-height:0;max-width:1px"},
        {"src": "cid:a", "width": "1", "height": "1"},
    ],
)
def test_a_picture_to_be_seen_is_none(attributes: dict[str, str]) -> None:
    assert not is_tracker({"src": AWAY, **attributes})


def test_trackers_are_taken_out_of_both_bodies_and_counted() -> None:
    plain, shown, asides = filed(f'<img src="{AWAY}" width="1" height="1"><img src="{AWAY}?b">x')

    assert (plain, shown, asides.trackers) == ("<img>x", f'<img src="{AWAY}?b">x', 1)


def test_a_doubtful_link_leads_to_our_question_and_back() -> None:
    html = '<a href="https://evil.example/x?a=1&amp;b=2">https://mot.example</a>'
    plain, _, asides = filed(html)
    back = sanitise(plain, restore=asides.links.targets)[0].for_frame()

    assert 'href="link/0/"' in plain and "evil" not in plain
    assert asides.links.targets == ["https://evil.example/x?a=1&b=2"]
    assert 'href="https://evil.example/x?a=1&amp;b=2"' in back


def test_a_link_that_was_never_put_aside_is_given_nothing_back() -> None:
    markup = '<a href="link/0/">a</a><a href="link/7/">b</a>'

    assert sanitise(markup)[0].for_frame() == "<a>a</a><a>b</a>"
    assert "href" not in sanitise(markup, restore=["javascript:x()"])[0].for_frame()


def test_links_of_plain_text_are_asked_about_too() -> None:
    links = Links()
    html = text_to_html("See http://192.0.2.1/a or https://mot.example/b", links).for_frame()

    assert 'href="link/0/"' in html and ">http://192.0.2.1/a</a>" in html
    assert 'href="https://mot.example/b"' in html
