"""The document of the frame: its paper, its height."""

from __future__ import annotations

from mailbox.mime import frame
from mailbox.mime.plaintext import text_to_html
from mailbox.mime.sanitise import sanitise


def test_plain_text_follows_the_theme_and_coloured_mail_stays_on_paper() -> None:
    plain = text_to_html("Hello")
    coloured, _images = sanitise('<p style="color:#333333">Hello</p>')

    assert 'content="dark"' in frame.document(plain, language="th", theme="dark")
    assert "prefers-color-scheme" in frame.document(plain, language="th")
    assert 'content="light"' in frame.document(coloured, language="th", theme="dark")


def test_the_document_has_no_script_and_asks_for_nothing() -> None:
    document = frame.document(text_to_html("<script>x</script>"), language="en")

    assert "<script" not in document
    assert "http" not in document.replace("https://", "http")


def test_height_grows_with_the_text_and_more_so_on_the_phone() -> None:
    empty = text_to_html("")
    short, long = frame.lines_of("One line.", empty), frame.lines_of("word " * 400, empty)

    assert short[0] < long[0] < long[1]
    assert {*short, *long} <= set(frame.LINES)


def test_thai_marks_above_and_below_take_no_room() -> None:
    plain = text_to_html("")

    assert frame.lines_of("ที่" * 60, plain)[0] <= frame.lines_of("กขค" * 60, plain)[0]


def test_a_picture_takes_the_height_it_names() -> None:
    small, _n = sanitise('<p>x</p><img src="cid:a" height="30">', {"a": 0})
    large, _n = sanitise('<p>x</p><img src="cid:a" height="900">', {"a": 0})

    assert frame.lines_of("x", small)[0] < 10
    assert frame.lines_of("x", large)[0] >= 30
