from __future__ import annotations

import json
import re
from functools import partial
from typing import Any

import pytest
from bleach._vendor import html5lib
from hypothesis import given, settings
from hypothesis import strategies as st

from mailbox.mime.cleaning import marking
from mailbox.mime.cleaning.marking import mark_words
from mailbox.mime.plaintext import text_to_html
from mailbox.mime.safe_html import SafeHtml
from mailbox.mime.sanitise import sanitise
from mailbox.searching.words import normalise, spans
from tests.mailbox.mime.hostile_html import FRAGMENTS
from tests.services import needs_shared

WORDS = ["a", "x", "e", "img", "src", "script", "href", "alert(1)", "<", "&", '"', "1", "ก", "งบ"]


def marked(html: SafeHtml, *words: str) -> str:
    return mark_words(html, partial(spans, wanted=[normalise(word) for word in words])).for_frame()


def shape(markup: str) -> Any:
    """The tree a browser would make of it, marks unwrapped and texts joined."""
    return _shape(html5lib.parseFragment(markup, treebuilder="etree", namespaceHTMLElements=False))


def _shape(element: Any) -> list[Any]:
    out: list[Any] = [element.text or ""]
    for child in element:
        inner = _shape(child)
        if child.tag == "mark":
            out += inner
        else:
            out.append((str(child.tag), sorted(child.attrib.items()), inner))
        out.append(child.tail or "")
    joined: list[Any] = []
    for one in out:
        if isinstance(one, str) and joined and isinstance(joined[-1], str):
            joined[-1] += one
        else:
            joined.append(one)
    return joined


def assert_only_marked(html: SafeHtml) -> int:
    before, after = html.for_frame(), marked(html, *WORDS)
    assert re.sub("</?mark>", "", after) == before
    assert shape(after) == shape(before)
    return after.count("<mark>")


@pytest.mark.parametrize("fragment", FRAGMENTS)
def test_marking_hostile_markup_adds_marks_and_nothing_else(fragment: str) -> None:
    assert_only_marked(sanitise(fragment)[0])


@given(st.lists(st.sampled_from([*FRAGMENTS, *WORDS, "<b>", "</p>", "<td>"]), max_size=5))
@settings(max_examples=60, deadline=None)
def test_marking_any_mixture_adds_marks_and_nothing_else(parts: list[str]) -> None:
    assert_only_marked(sanitise("".join(parts))[0])


@pytest.mark.shared
def test_marking_the_vectors_of_the_corpus_adds_marks_and_nothing_else() -> None:
    stored = json.loads((needs_shared("corpus") / "html" / "vectors.json").read_text("utf-8"))
    found = 0
    for one in [*stored["benign"][:40], *stored["vectors"][::25]]:
        html = sanitise(one["html"])[0]
        if len(html.for_frame()) < 30_000:
            found += assert_only_marked(html) > 0
    assert found > 10


def test_words_are_marked_through_inline_elements_and_entities() -> None:
    html = sanitise("<p>แผน<b>งบ</b>ประมาณ R&amp;D ๒๕๖๙</p><p>other</p>")[0]

    assert marked(html, "งบประมาณ", "r&d", "2569") == (
        "<p>แผน<b><mark>งบ</mark></b><mark>ประมาณ</mark> <mark>R&amp;D</mark>"
        " <mark>๒๕๖๙</mark></p><p>other</p>"
    )


def test_a_word_that_only_cuts_a_letter_is_not_marked_nor_one_across_paragraphs() -> None:
    html = sanitise("<p>อาจารย์ near</p><p>by</p>")[0]

    assert "<mark>" not in marked(html, "อาจ", "nearby")
    assert "<mark>" in marked(html, "near by")


def test_plain_text_is_marked_and_its_links_stay_links() -> None:
    html = text_to_html("see https://needle.example/needle and needle <b>")

    assert assert_only_marked(html)
    assert 'href="https://needle.example/needle"' in marked(html, "needle")


@pytest.mark.parametrize("markup", ["<!-- x -->x", "<p title=x>x</p>", "<p x='>x", "x<", "<?x?>x"])
def test_what_does_not_fit_the_grammar_stays_unmarked(markup: str) -> None:
    assert marked(SafeHtml.from_json(markup), "x") == markup


def test_a_very_long_body_stays_unmarked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(marking, "LONGEST", 3)

    assert marked(SafeHtml.from_json("<p>x</p>"), "x") == "<p>x</p>"
