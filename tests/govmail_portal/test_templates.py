"""What stands in templates and scripts: nothing that the pages' policy would have to allow for."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.conf import settings

ROOT = Path(settings.BASE_DIR)
PAGES = sorted((ROOT / "templates").rglob("*.html"))
SCRIPTS = sorted((ROOT / "static").rglob("*.js"))
INLINE = {
    "a handler": re.compile(r"<[a-z][^>]*\son[a-z]+\s*=", re.IGNORECASE),
    "a handler of htmx": re.compile(r"\b(?:data-)?hx-on[:\s=]", re.IGNORECASE),
    "a style": re.compile(r"<[a-z][^>]*\sstyle\s*=|<style", re.IGNORECASE),
    "a script": re.compile(r"<script(?![^>]*\bsrc=)", re.IGNORECASE),
    "a javascript: address": re.compile(r"javascript:", re.IGNORECASE),
}
# What Django fills in is no markup yet.
TAG = re.compile(r"\{[%{#].*?[%}#]\}", re.DOTALL)
EVAL = re.compile(r"\beval\(|new Function\(|document\.write\(")


@pytest.mark.parametrize("what", INLINE)
def test_no_page_holds_anything_inline(what: str) -> None:
    markup = {page: TAG.sub("", page.read_text()) for page in PAGES}
    found = [str(page.relative_to(ROOT)) for page in PAGES if INLINE[what].search(markup[page])]

    assert PAGES
    assert found == []


def test_no_script_makes_code_of_a_string() -> None:
    assert SCRIPTS
    assert [one.name for one in SCRIPTS if EVAL.search(one.read_text())] == []


@pytest.mark.parametrize("bad", ['<p onclick="x">', "<div style='a'>", "<script>1</script>"])
def test_the_search_finds_what_it_looks_for(bad: str) -> None:
    assert any(pattern.search(bad) for pattern in INLINE.values())
