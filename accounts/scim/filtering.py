"""SCIM filters and sort orders (RFC 7644, 3.4.2) as conditions of PostgreSQL over `compared`.

They must keep what `ScimFilter.match` keeps; the library's contract suite compares the two.
Names of attributes come from our schemas and values from clients: all travel as parameters.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from scim2_models import (
    AttributeBinding,
    InvalidFilterException,
    Resource,
    ScimFilter,
    SearchRequest,
)
from scim2_models.path import (
    AttrPath,
    CompareOperator,
    Comparison,
    FilterVisitor,
    LogicalExpr,
    LogicalOperator,
    Not,
    Present,
    ValuePath,
    coerce_value,
)
from scim2_server.utils import parametrize

from accounts.scim.compared import as_compared

COLUMN = '"accounts_scimresource"."compared"'
# A value that RFC 7644 calls present: not empty, or a node with something in it.
_SOMETHING = (
    '$.** ? ((@.type() == "string" && @ != "") || @.type() == "boolean" || @.type() == "number")'
)
_ORDERS = {"gt": ">", "ge": ">=", "lt": "<", "le": "<="}
_FRAGMENTS = {
    "co": "strpos({v}, %s) > 0",
    "sw": "starts_with({v}, %s)",
    "ew": "right({v}, length(%s)) = %s",
}


@dataclass(frozen=True)
class Sql:
    """An expression with its parameters in order; of a condition, never NULL."""

    text: str
    params: tuple[Any, ...] = ()

    def __or__(self, other: Sql) -> Sql:
        return joined("OR", [self, other])


NEVER = Sql("FALSE")


def joined(word: str, terms: Sequence[Sql]) -> Sql:
    """Join conditions by AND or OR."""
    text = f" {word} ".join(f"({term.text})" for term in terms)
    return Sql(text, tuple(each for term in terms for each in term.params))


def condition_of(scim_filter: ScimFilter[Any], model: type[Resource[Any]]) -> Sql:
    """Return the condition under which a resource of this model matches.

    An attribute the model lacks matches nothing (RFC 7644, 3.4.2.1). Raises
    InvalidFilterException for what cannot be asked of the database.
    """
    bound = parametrize(ScimFilter, model)(str(scim_filter))
    return _Translator(bound).visit(bound.ast)


def sort_key(request: SearchRequest[Any], model: type[Resource[Any]]) -> Sql:
    """Return the text resources of this model are sorted by; NULL where it is missing."""
    if request.sort_by is None:
        return Sql(f"{COLUMN} #>> %s", (["meta", "created"],))
    binding = request.sort_binding(model)
    if binding is None:
        return Sql("NULL::text")
    head, sub = _place(binding)
    if not binding.is_multivalued:
        return Sql(f"{COLUMN} #>> %s", (head + ([sub] if sub else []),))
    value = ("e ->> %s", (sub,)) if sub else ("e #>> '{}'", ())
    return Sql(  # every value of a client is a parameter
        f"(SELECT {value[0]} FROM jsonb_array_elements({COLUMN} #> %s) WITH ORDINALITY AS t(e, n)"  # noqa: S608
        " ORDER BY (e ->> 'primary') IS DISTINCT FROM 'true', n LIMIT 1)",
        (*value[1], head),
    )


class _Translator(FilterVisitor[Sql]):
    """Walks a filter; inside a value selection, `entry` is the attribute selected from."""

    def __init__(self, bound: ScimFilter[Any], entry: AttrPath | None = None) -> None:
        self.bound = bound
        self.entry = entry

    def visit_not(self, node: Not) -> Sql:
        inner = self.visit(node.expr)
        return Sql(f"NOT ({inner.text})", inner.params)

    def visit_logical_expr(self, node: LogicalExpr) -> Sql:
        word = "AND" if node.op == LogicalOperator.and_ else "OR"
        return joined(word, [self.visit(term) for term in node.terms])

    def visit_value_path(self, node: ValuePath) -> Sql:
        binding = self.bound.resolve(node.attr_path, strict=False)
        if self.entry is not None or binding is None:
            return NEVER
        if not binding.is_multivalued:
            raise InvalidFilterException(detail=f"{node.attr_path} holds no values to select")
        inner = _Translator(self.bound, node.attr_path).visit(node.val_filter)
        head, _sub = _place(binding)
        return _some(inner, head)

    def visit_present(self, node: Present) -> Sql:
        binding = self.bound.resolve(self._whole(node.attr_path), strict=False)
        if binding is None:
            return NEVER
        head, sub = _place(binding)
        if self.entry is not None:
            return _present("e -> %s", (sub,))
        if binding.is_multivalued and sub:
            return _some(_present("e -> %s", (sub,)), head)
        return _present(f"{COLUMN} #> %s", (head + ([sub] if sub else []),))

    def visit_comparison(self, node: Comparison) -> Sql:
        binding = self.bound.resolve_comparison(self._whole(node.attr_path), strict=False)
        if binding is None or _is_no_text(binding, node):
            return NEVER
        head, sub = _place(binding)
        expected = _expected(binding, node)
        if self.entry is not None:
            return _compare("e ->> %s", (sub,), node.op, expected)
        if not binding.is_multivalued:
            place = head + ([sub] if sub else [])
            return _compare(f"{COLUMN} #>> %s", (place,), node.op, expected)
        one = ("e ->> %s", (sub,)) if sub else ("e #>> '{}'", ())
        return _compare_any(one, head, node.op, expected)

    def _whole(self, path: AttrPath) -> AttrPath:
        if self.entry is None:
            return path
        if path.sub_attr or path.uri:
            raise InvalidFilterException(detail=f"{path} is no attribute of {self.entry}")
        return AttrPath(self.entry.attr, path.attr, self.entry.uri)


def _place(binding: AttributeBinding) -> tuple[list[str], str | None]:
    """Where an attribute stands in the document: the way to its head, and its sub-attribute."""
    schema = str(getattr(binding.model, "__schema__", ""))
    head, _dot, sub = binding.urn.removeprefix(f"{schema}:").partition(".")
    is_extension = not issubclass(binding.model, Resource)
    return [schema, head] if is_extension else [head], sub or None


def _is_no_text(binding: AttributeBinding, node: Comparison) -> bool:
    """Nothing but a text holds, begins or ends with another."""
    if node.op.value not in _FRAGMENTS:
        return False
    return binding.target_type in (bool, datetime) or not isinstance(node.value, str)


def _expected(binding: AttributeBinding, node: Comparison) -> str | None:
    if node.value is None:
        return None
    try:
        text = as_compared(binding, coerce_value(binding, node.value, node.op))
    except ValueError as error:
        raise InvalidFilterException(detail=f"{binding.urn} cannot have that value") from error
    if "\0" in text:
        raise InvalidFilterException(detail="A value cannot have a NUL in it")
    return text


def _compare(value: str, at: tuple[Any, ...], op: CompareOperator, expected: str | None) -> Sql:
    if expected is None:
        if op == CompareOperator.eq:
            return Sql(f"({value}) IS NULL", at)
        return Sql(f"({value}) IS NOT NULL", at) if op == CompareOperator.ne else NEVER
    if op == CompareOperator.ne:
        return Sql(f"({value}) IS DISTINCT FROM %s", (*at, expected))
    if op == CompareOperator.eq:
        return Sql(f"(({value}) = %s) IS TRUE", (*at, expected))
    if op.value in _ORDERS:
        return Sql(f'((({value}) COLLATE "C") {_ORDERS[op.value]} %s) IS TRUE', (*at, expected))
    pattern = _FRAGMENTS[op.value]
    text = pattern.format(v=f"({value})")
    return Sql(f"({text}) IS TRUE", (*at, *[expected] * pattern.count("%s")))


def _compare_any(
    one: tuple[str, tuple[Any, ...]], head: list[str], op: CompareOperator, expected: str | None
) -> Sql:
    """Any value matches; of "ne", all do. Without the attribute, its value is null."""
    missing = Sql(f"({COLUMN} #> %s) IS NULL", (head,))
    if op == CompareOperator.ne:
        equal = _some(_compare(*one, CompareOperator.eq, expected), head)
        differs = Sql(f"NOT ({equal.text})", equal.params)
        if expected is not None:
            return differs
        there = Sql(f"({COLUMN} #> %s) IS NOT NULL", (head,))
        return joined("AND", [there, differs])
    found = _some(_compare(*one, op, expected), head)
    return found | missing if expected is None and op == CompareOperator.eq else found


def _some(inner: Sql, head: list[str]) -> Sql:
    values = f"jsonb_array_elements({COLUMN} #> %s)"
    text = f"EXISTS (SELECT 1 FROM {values} AS e WHERE {inner.text})"  # noqa: S608  # as above
    return Sql(text, (head, *inner.params))


def _present(node: str, at: tuple[Any, ...]) -> Sql:
    return Sql(f"jsonb_path_exists({node}, %s::jsonpath) IS TRUE", (*at, _SOMETHING))
