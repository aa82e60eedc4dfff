"""`{% translate %}` and `{% static %}` of constants, worked out once for a process and language.

A page of the inbox says some 150 words and names some 40 files that never change; looking each
up anew took a tenth of its time. Under the names `i18n` and `static` for every template
(`settings.TEMPLATES`); whatever is not a constant goes Django's own way.
"""

from __future__ import annotations

from typing import Any

from django import template
from django.template.base import FilterExpression, Parser, Token, Variable
from django.template.context import Context
from django.templatetags import i18n as django_i18n
from django.templatetags import static as django_static
from django.utils.safestring import SafeString
from django.utils.translation import get_language

register = template.Library()
register.filters.update(django_i18n.register.filters)
register.tags.update(django_i18n.register.tags)
register.tags.update(django_static.register.tags)


class _Once(template.Node):
    """A node whose text depends on the language alone."""

    child_nodelists = ()

    def __init__(self, node: Any) -> None:
        self._node = node
        self._said: dict[str | None, SafeString] = {}

    def render(self, context: Context) -> SafeString:
        language = get_language()
        said = self._said.get(language)
        if said is None:
            said = self._said[language] = self._node.render(context)
        return said


@register.tag
@register.tag("trans")
def translate(parser: Parser, token: Token) -> template.Node:
    """As Django's; a constant without `as` and `context` is looked up once in each language."""
    node = django_i18n.do_translate(parser, token)
    is_plain = node.asvar is None and node.message_context is None
    return _Once(node) if is_plain and _is_constant(node.filter_expression) else node


@register.tag
def static(parser: Parser, token: Token) -> template.Node:
    """As Django's; the address of a constant is worked out once."""
    node = django_static.do_static(parser, token)
    return _Once(node) if node.varname is None and _is_constant(node.path) else node


def _is_constant(expression: FilterExpression) -> bool:
    """Whether it is a literal without filters, which Django marks as safe."""
    value = expression.var
    literal = value.literal if isinstance(value, Variable) else value
    return not expression.filters and isinstance(literal, SafeString)
