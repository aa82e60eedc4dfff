from __future__ import annotations

import pytest
from django.template import Context, Template
from django.utils import translation

WORDS = "{% load i18n static %}"


def _said(source: str, **values: object) -> str:
    return Template(WORDS + source).render(Context(values))


def test_one_template_says_a_word_in_each_language_it_is_asked_in() -> None:
    template = Template(WORDS + '{% translate "Inbox" %}')
    with translation.override("th"):
        thai = template.render(Context())
    with translation.override("en"):
        english = template.render(Context())
    with translation.override("th"):
        assert template.render(Context()) == thai
    assert (thai, english) == ("กล่องเข้า", "Inbox")


@pytest.mark.parametrize("value", ["first", "<b>second</b>"])
def test_what_is_no_constant_is_said_anew_and_escaped(value: str) -> None:
    template = Template(WORDS + "{% translate word %}")
    template.render(Context({"word": "before"}))
    escaped = value.replace("<", "&lt;").replace(">", "&gt;")
    assert template.render(Context({"word": value})) == escaped


def test_a_word_with_a_filter_a_name_or_a_context_goes_the_usual_way() -> None:
    with translation.override("en"):
        assert _said('{% translate "Inbox"|upper %}') == "INBOX"
        assert _said('{% translate "Inbox" as word %}[{{ word }}]') == "[Inbox]"
        assert _said('{% translate "Inbox" context "other" %}') == "Inbox"
        assert _said('{% translate "100% sure" %}') == "100% sure"


def test_the_address_of_a_file_is_the_same_however_it_is_named() -> None:
    fixed = _said('{% static "shared/a.css" %}')
    assert fixed == _said("{% static path %}", path="shared/a.css")
    assert _said('{% static "shared/a.css" as url %}[{{ url }}]') == f"[{fixed}]"
