"""The rows of one source as scim2-server's storage: what its client said, read and written.

Writing changes rows only; `accounts.scim.telling` makes a plan of what they say. A read for a
change locks its row, so that of two changes with one ETag the second finds it outdated.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, cast

from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from scim2_models import (
    InvalidValueException,
    Meta,
    NotFoundException,
    PayloadTooLargeException,
    PreconditionFailedException,
    Resource,
    ResourceType,
    ResponseParameters,
    SearchRequest,
    UniquenessException,
)
from scim2_server.storage import ScimStorage, SearchPage

from accounts.models import ScimResource, ScimToken, Source
from accounts.scim import compared, searching
from accounts.scim.schemas import model_of

USER = "User"
# Characters of JSON; a group of ten thousand members is the largest thing that comes.
LONGEST_DOCUMENT = {USER: 65_536, "Group": 2_000_000}
LONGEST_NAME = 400


class SourceStorage(ScimStorage):
    """Users and groups of one source; nothing of another source can be reached through it."""

    supports_cursors = True

    def __init__(
        self,
        source: Source,
        *,
        token: ScimToken | None = None,
        clock: Callable[[], datetime] = timezone.now,
    ) -> None:
        self.source = source
        self.token = token
        self.clock = clock

    @contextmanager
    def operation(self) -> Iterator[None]:
        """One request, or one operation of a bulk request: whole or not at all."""
        with transaction.atomic():
            yield

    def get(
        self,
        resource_type: ResourceType,
        resource_id: str,
        *,
        response_parameters: ResponseParameters[Any] | None = None,
    ) -> Resource[Any]:
        # The server hands in parameters when it only reads.
        return as_resource(self._row(resource_type, resource_id, held=response_parameters is None))

    def search(
        self,
        resource_types: list[ResourceType],
        search_request: SearchRequest[Any],
        *,
        position: Any = None,
    ) -> SearchPage:
        kinds = [cast(str, each.name) for each in resource_types]
        page = searching.page_of(
            ScimResource.objects.kept().filter(source=self.source, kind__in=kinds),
            kinds,
            search_request,
            position,
        )
        resources = [as_resource(row) for row in page.rows]
        return SearchPage(page.total, resources, page.next, page.previous)

    def create(self, resource_type: ResourceType, resource: Resource[Any]) -> Resource[Any]:
        now = self.clock()
        row = ScimResource(source=self.source, kind=cast(str, resource_type.name), created_at=now)
        self._write(row, resource, now)
        _saved(row, force_insert=True)
        return as_resource(row)

    def update(
        self,
        resource_type: ResourceType,
        resource: Resource[Any],
        *,
        expected_version: str | None = None,
    ) -> Resource[Any]:
        with transaction.atomic():
            row = self._row(resource_type, resource.id or "", held=True)
            _expect(row, expected_version)
            row.version += 1
            self._write(row, resource, self.clock())
            _saved(row)
        return as_resource(row)

    def delete(
        self,
        resource_type: ResourceType,
        resource_id: str,
        *,
        expected_version: str | None = None,
    ) -> None:
        with transaction.atomic():
            row = self._row(resource_type, resource_id, held=True)
            _expect(row, expected_version)
            if row.kind != USER:
                row.delete()
                return
            # The plan must still hear that this person is gone.
            row.deleted_at = row.due_at = self.clock()
            row.version += 1
            row.unique_name = ""
            row.told_by = self.token
            row.save(update_fields=["deleted_at", "due_at", "version", "unique_name", "told_by"])

    def _row(self, resource_type: ResourceType, resource_id: str, *, held: bool) -> ScimResource:
        rows = ScimResource.objects.kept().filter(source=self.source, kind=resource_type.name)
        if held and connection.in_atomic_block:
            rows = rows.select_for_update()
        pk = _as_id(resource_id)
        row = rows.filter(pk=pk).first() if pk else None
        if row is None:
            raise NotFoundException(detail=f"No {resource_type.name} has the id {resource_id!r}")
        return row

    def _write(self, row: ScimResource, resource: Resource[Any], now: datetime) -> None:
        document = compared.document_of(resource)
        _expect_storable(document, LONGEST_DOCUMENT[row.kind])
        row.document = document
        row.changed_at = now
        row.told_by = self.token
        meta = {
            "resourceType": row.kind,
            "created": compared.moment(row.created_at),
            "lastModified": compared.moment(now),
            "version": version_of(row),
        }
        row.compared = compared.compared_of(
            model_of(row.kind), document, meta={"id": str(row.pk), "meta": meta}
        )
        if row.kind == USER:
            row.unique_name = row.compared["userName"]
            row.due_at = now
            if not 0 < len(row.unique_name) <= LONGEST_NAME:
                raise InvalidValueException(detail="The userName is empty or too long")


def as_resource(row: ScimResource) -> Resource[Any]:
    """Return a row as the client's own words, with id and meta but no location."""
    resource = model_of(row.kind).model_validate(row.document)
    resource.id = str(row.pk)
    resource.meta = Meta(
        resource_type=row.kind,
        created=row.created_at,
        last_modified=row.changed_at,
        version=version_of(row),
    )
    return resource


def version_of(row: ScimResource) -> str:
    """Return the row's entity tag, weak as RFC 7644, 3.14, prefers."""
    return f'W/"{row.version}"'


def _expect(row: ScimResource, version: str | None) -> None:
    if version is not None and version_of(row) != version:
        raise PreconditionFailedException


def _expect_storable(document: compared.Document, longest: int) -> None:
    """PostgreSQL's JSON takes neither a NUL nor half of a surrogate pair."""
    text = json.dumps(document, ensure_ascii=False)
    if len(text) > longest:
        raise PayloadTooLargeException(detail="The resource is too large")
    has_nul = "\\u0000" in text.replace("\\\\", "")
    if has_nul or any("\ud800" <= each <= "\udfff" for each in text):
        raise InvalidValueException(detail="A text has a character in it that cannot be kept")


def _saved(row: ScimResource, *, force_insert: bool = False) -> None:
    try:
        with transaction.atomic():
            row.save(force_insert=force_insert)
    except IntegrityError as error:
        if "one_scim_user_of_a_name" in str(error):
            raise UniquenessException(detail="Another user has this userName") from error
        raise


def _as_id(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None
