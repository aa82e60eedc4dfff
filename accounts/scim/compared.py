"""Documents in the form comparisons use, so that the database can compare as RFC 7644 asks.

Texts are composed (NFC) and in lower case unless their attribute is exact; moments are UTC with
six digits of seconds, so that their order as text is their order in time.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from typing import Any, cast

from pydantic import TypeAdapter
from scim2_models import AttributeBinding, Path, Resource
from scim2_server.utils import parametrize

# What only the server says of a resource.
_SERVERS_OWN = ("id", "meta")
_MOMENT = TypeAdapter(datetime)

Document = dict[str, Any]


def document_of(resource: Resource[Any]) -> Document:
    """Return what a resource says, by SCIM names, without id, meta and empty attributes."""
    whole = resource.model_dump()
    return {
        name: left
        for name, value in whole.items()
        if name not in _SERVERS_OWN and (left := _without_nothing(value)) is not None
    }


def compared_of(model: type[Resource[Any]], document: Document, *, meta: Document) -> Document:
    """Return a document as it is compared; meta: "id" and "meta", as they are compared."""
    schema = str(model.__schema__)
    made: Document = dict(meta)
    for name, value in document.items():
        if ":" in name and isinstance(value, dict):
            made[name] = {key: _folded(each, f"{name}:{key}", model) for key, each in value.items()}
        else:
            made[name] = _folded(value, f"{schema}:{name}", model)
    return made


def moment(value: datetime) -> str:
    """Return an aware moment as it is compared."""
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def as_compared(binding: AttributeBinding, value: object) -> str:
    """Return a value of an attribute as text in the form comparisons use."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return moment(value if value.tzinfo else value.replace(tzinfo=UTC))
    return cast(str, binding.comparable(str(value)))


def _folded(value: Any, urn: str, model: type[Resource[Any]]) -> Any:
    if isinstance(value, list):
        return [_folded(each, urn, model) for each in value]
    if isinstance(value, dict):
        return {key: _folded(each, f"{urn}.{key}", model) for key, each in value.items()}
    binding = _bindings(model).get(urn)
    if binding is None or isinstance(value, bool):
        return value
    if binding.target_type is datetime:
        value = _MOMENT.validate_python(value)
    return as_compared(binding, value)


@cache
def _bindings(model: type[Resource[Any]]) -> dict[str, AttributeBinding]:
    return {binding.urn: binding for binding in _every(model)}


def _every(model: type[Resource[Any]]) -> Iterator[AttributeBinding]:
    for path in parametrize(Path, model).iter_paths():
        binding = path.resolve()
        if binding is not None:
            yield binding


def _without_nothing(value: Any) -> Any:
    """The value without what RFC 7643, section 2.5, calls unassigned: null, [] and {}."""
    if isinstance(value, dict):
        left = {
            key: kept for key, each in value.items() if (kept := _without_nothing(each)) is not None
        }
        return left or None
    if isinstance(value, list):
        return [kept for each in value if (kept := _without_nothing(each)) is not None] or None
    return value
