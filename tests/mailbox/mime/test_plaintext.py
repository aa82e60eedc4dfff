"""Text shown as markup, and markup read as text."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailbox.mime.plaintext import html_to_text, snippet, text_to_html
from mailbox.mime.sanitise import sanitise


def shown(text: str) -> str:
    return text_to_html(text).for_frame()


@pytest.mark.parametrize(
    "text",
    [
        'a@a.co?]<img/src="x"/onerror=alert(document.domain)>',
        'http://x.example/"onmouseover=alert(1)',
        "http://x.example/<script>alert(1)</script>",
        "<a href=javascript:alert(1)>x</a>",
        "javascript:alert(1) data:text/html,x",
        "mailto:a@b.example?subject=<b>",
        "www.x.example'\"><img src=x onerror=alert(1)>",
        "&lt;script&gt; &amp;lt;",
        "http://[::1]/ http://x@y/ https://",
    ],
)
def test_text_never_becomes_markup(text: str) -> None:
    markup = shown(text)
    assert "<img" not in markup and "<script" not in markup and "onerror=" not in _tags(markup)
    assert html_to_text(markup) == " ".join(text.split(" "))
    assert sanitise(markup)[0].for_frame() == markup


def _tags(markup: str) -> str:
    return "".join(piece.partition(">")[0] for piece in markup.split("<")[1:])


@settings(max_examples=100, deadline=None)
@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=80))
def test_what_is_shown_is_what_was_written(text: str) -> None:
    words = text.replace(">", "").replace("\ufeff", "").split()
    assert html_to_text(shown(" ".join(words))).split() == words


def test_addresses_become_links_without_the_sentence_around_them() -> None:
    markup = shown("ดู (https://a.example/x_(y)?q=1), หรือ www.b.example. เขียนถึง c@d.example!")
    assert 'href="https://a.example/x_(y)?q=1"' in markup
    assert 'href="http://www.b.example"' in markup
    assert 'href="mailto:c@d.example"' in markup


def test_quoted_lines_stand_in_blockquotes() -> None:
    assert shown("ก\n> ข\n>> ค\nง") == (
        'ก<blockquote type="cite">ข<blockquote type="cite">ค</blockquote></blockquote>ง'
    )


def test_lines_and_indents_stay() -> None:
    assert shown("a\n  b\n\nc") == "a<br>\u00a0 b<br><br>c"


@pytest.mark.parametrize(
    "text",
    [
        "a@a." * 250_000,
        "a@a.b " * 160_000,
        "http://" * 140_000,
        "(" * 500_000 + ")" * 500_000,
        "http://a/" + ")" * 900_000,
        ">" * 1_000_000,
        "> \n" * 300_000,
        "a-" * 500_000,
        "www." * 250_000,
        "<" * 1_000_000,
    ],
    ids=lambda text: text[:8],
)
def test_a_megabyte_made_to_stall_the_linker_does_not(text: str) -> None:
    started = time.process_time()
    text_to_html(text)
    html_to_text(text)
    snippet(text)
    assert time.process_time() - started < 5  # it is some tenths; quadratic would be minutes


def test_markup_is_read_for_its_words() -> None:
    html = (
        "<div><p>หนึ่ง</p><p>สอง&nbsp;&amp; สาม</p><ul><li>ก<li>ข</ul>"
        "<table><tr><td>1</td><td>2</td></tr></table>"
    )
    assert html_to_text(html).split("\n") == ["หนึ่ง", "", "สอง & สาม", "", "ก", "ข", "1 2"]


def test_a_snippet_leaves_quotes_out_and_is_short() -> None:
    text = "> เก่า\n\nเรียน ท่าน\n-- \n" + "ยาว " * 100
    assert snippet(text).startswith("เรียน ท่าน")
    assert 130 < len(snippet(text)) <= 140 and snippet(text).endswith("…")
    assert snippet("") == ""
