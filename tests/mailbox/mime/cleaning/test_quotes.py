"""What is marked as the quoted original, in text and in markup, and what is left alone."""

from __future__ import annotations

import re

import pytest

from mailbox.mime.cleaning.asides import Asides
from mailbox.mime.cleaning.quotes import own_words, quoted_span
from mailbox.mime.plaintext import html_to_text, text_to_html
from mailbox.mime.sanitise import sanitise, sanitise_or_text

HIDDEN = re.compile(r' class="quoted"')


def marked(html: str) -> tuple[str, Asides]:
    asides = Asides()
    safe, _, note = sanitise_or_text(html, {}, asides)
    assert note == ""
    return safe.for_frame(), asides


def shown(html: str) -> str:
    """What is left to see once the marked elements are hidden."""
    markup = marked(html)[0]
    depth, out = 0, []
    for piece in re.split(r"(<[^>]*>)", markup):
        if depth and piece.startswith("<") and not re.match(r"<(?:br|img|hr|wbr|col)\b", piece):
            depth += -1 if piece.startswith("</") else 1
        elif not depth and HIDDEN.search(piece):
            depth = 1
        elif not depth:
            out.append(piece)
    return " ".join(html_to_text("".join(out)).split())


@pytest.mark.parametrize(
    "html",
    [
        '<p>Mine</p><blockquote type="cite"><p>Theirs</p></blockquote>',
        '<div>Mine</div><div class="gmail_quote"><div class="gmail_attr">On Monday A wrote:</div>'
        "<blockquote>Theirs</blockquote></div>",
        '<div>Mine</div><div class="yahoo_quoted"><div>Theirs</div></div>',
        '<p>Mine</p><div class="moz-cite-prefix">On 1/1 A wrote:</div>'
        '<blockquote type="cite">Theirs</blockquote>',
        '<p>Mine</p><p>On Monday A wrote:</p><blockquote type="cite">Theirs</blockquote>',
        '<p>Mine</p><p>เมื่อ 7 ม.ค. 2551 ก เขียนว่า</p><blockquote type="cite">Theirs</blockquote>',
        '<div>Mine</div><div id="divRplyFwdMsg"><b>From:</b> A</div><div>Theirs</div>',
        '<div><div>Mine</div><div id="appendonsend"></div><hr><div>Theirs</div></div><p>Theirs</p>',
        "<div><p>Mine</p><div><p><b>From:</b> A<br><b>Sent:</b> Monday<br><b>To:</b> B<br>"
        "<b>Subject:</b> C</p></div><p>Theirs</p></div>",
        "<div><p>Mine</p><div><p><b>จาก:</b> ก<br><b>ส่ง:</b> จันทร์<br><b>ถึง:</b> ข<br>"
        "<b>เรื่อง:</b> ค</p></div><p>Theirs</p></div>",
        "<p>Mine</p><p>-----Original Message-----</p><p>Theirs</p>",
        '<blockquote type="cite">Theirs</blockquote><p>Mine</p>',
        '<div class="protonmail_quote">Theirs</div><p>Mine</p>',
    ],
)
def test_the_quote_of_a_letter_is_marked_and_its_own_words_are_not(html: str) -> None:
    assert shown(html) == "Mine"
    assert marked(html)[1].quoted_lines >= 1


@pytest.mark.parametrize(
    "html",
    [
        '<blockquote type="cite">All of it</blockquote>',
        '<div class="gmail_quote">All of it</div>',
        '<blockquote type="cite">a</blockquote><p>one</p><blockquote type="cite">b</blockquote>'
        "<p>two</p>",
        '<p>See</p><div class="gmail_quote">---------- Forwarded message ---------<br>x</div>',
        "<p>Mine</p><blockquote>A saying</blockquote>",
        "<p>From: the office</p><p>Words</p>",
        "<p>จาก: สำนัก</p>",
        '<p class="quoted">Mine</p>',
    ],
)
def test_what_does_not_stand_apart_is_left(html: str) -> None:
    markup, asides = marked(html)

    assert "quoted" not in markup and asides.quoted_lines == 0


def test_only_the_last_of_several_quotes_is_marked() -> None:
    html = '<blockquote type="cite">a</blockquote><p>x</p><blockquote type="cite">b</blockquote>'

    assert shown(html) == "a x"


def test_other_roads_neither_mark_nor_keep_a_mark() -> None:
    once = marked('<p>Mine</p><blockquote type="cite">Theirs</blockquote>')[0]

    assert 'class="quoted"' in once
    assert "class" not in sanitise(once)[0].for_frame()


def test_the_lines_of_a_quote_are_counted() -> None:
    html = '<p>Mine</p><blockquote type="cite"><p>1</p><p>2<br>3</p><div>4</div></blockquote>'

    assert marked(html)[1].quoted_lines == 4


TEXTS = [
    "Mine\n\n> Theirs\n> Theirs",
    "Mine\n\nOn Monday, A wrote:\n> Theirs\n\n> Theirs\n",
    "Mine\n\nOn Monday, 7 January 2008 at 10:00, A Long Name\n<a@b.example> wrote:\n\n> Theirs",
    "Mine\n\nเมื่อ 7 ม.ค. 2551 ก เขียนว่า\n> Theirs",
    "Mine\n\n-----Original Message-----\nFrom: A\nTheirs",
    "Mine\n\n----- ข้อความเดิม -----\nTheirs",
    "Mine\n\nFrom: A\nSent: Monday\nTo: B\nSubject: C\n\nTheirs",
    "Mine\n\nจาก: ก\nส่ง: จันทร์\nถึง: ข\nเรื่อง: ค\n\nTheirs",
    "> Theirs\n\nMine",
    "Hello,\n> Theirs\n\nMine",
]


@pytest.mark.parametrize("text", TEXTS)
def test_the_quote_of_a_plain_letter_is_found(text: str) -> None:
    assert "Theirs" not in own_words(text) and "Mine" in own_words(text)
    assert "wrote" not in own_words(text) and "เขียน" not in own_words(text)
    assert text_to_html(text, marks_quote=True).for_frame().count('<div class="quoted">') == 1


@pytest.mark.parametrize(
    "text",
    [
        "> All\n> of it",
        "> a\n\none\n\n> b\n\ntwo",
        "See\n\n---------- Forwarded message ---------\n> x",
        "From: the office\nwith love",
        "Mine only",
        "",
    ],
)
def test_plain_text_without_a_quote_apart_is_left(text: str) -> None:
    assert quoted_span(text.split("\n")) == (0, 0)
    assert own_words(text) == text


@pytest.mark.parametrize("text", TEXTS)
def test_marking_changes_no_word(text: str) -> None:
    plain, marked_too = text_to_html(text), text_to_html(text, marks_quote=True)

    assert html_to_text(marked_too.for_frame()).split() == html_to_text(plain.for_frame()).split()
