"""The SCIM protocol (RFC 7644) over the rows of the source whose token a request bears."""

from __future__ import annotations

import hashlib
import logging
from datetime import datetime
from functools import cache

from django.conf import settings
from scim2_models import (
    ForbiddenException,
    InvalidSyntaxException,
    ResourceType,
    SCIMException,
    UnauthorizedException,
)
from scim2_server.handler import ScimHandler
from scim2_server.requests import ScimRequest
from scim2_server.responses import ScimResponse
from scim2_server.routing import Operation, Target
from scim2_server.service import ScimService

from accounts.models import ScimToken, Source
from accounts.scim import tokens
from accounts.scim.schemas import provider
from accounts.scim.storage import SourceStorage

logger = logging.getLogger(__name__)

_READS = {Operation.query, Operation.search, Operation.search_with_body}
_WRITES = {Operation.create, Operation.replace, Operation.patch, Operation.delete, Operation.bulk}


class ScopedService(ScimService):
    """The protocol, with each operation held against the scopes of the token."""

    def authorize(self, request: ScimRequest, target: Target, resource_type: ResourceType) -> None:
        """Refuse what the token's scopes do not name; called for each part of a bulk, too."""
        deed = "read" if target.operation in _READS else "write"
        token: ScimToken = request.subject
        if f"{resource_type.name}s.{deed}".lower() not in token.scopes:
            raise ForbiddenException(detail=f"The token may not {deed} {resource_type.endpoint}")


def answer(request: ScimRequest, *, now: datetime) -> ScimResponse:
    """Answer a request: who bears no token that holds now gets 401, except for the abilities.

    Every failure of the client is a SCIM error with a sentence; anything else is a 500 without
    one, and logged. request.subject becomes the token.
    """
    service = _service()
    try:
        operation = service.match(request).operation
        if operation is not Operation.service_provider_config:
            request.subject = _bearer(request, now)
        # Who only asks for the abilities has no source, and reads none.
        source = request.subject.source if request.subject else Source()
        handler = ScimHandler(service, SourceStorage(source, token=request.subject))
        response = handler.handle(request)
    except SCIMException as error:
        response = service.error_response(error)
    except RecursionError:
        words = "The request has more brackets within brackets than can be read"
        response = service.error_response(InvalidSyntaxException(detail=words))
    except Exception as error:
        logger.exception("A SCIM request failed.")
        response = service.error_response(error)
    response.headers["Cache-Control"] = "no-store"
    return response


def is_write(request: ScimRequest) -> bool:
    """Tell whether a request that was answered may have changed a user."""
    try:
        return _service().match(request).operation in _WRITES
    except SCIMException:
        return False


def _bearer(request: ScimRequest, now: datetime) -> ScimToken:
    scheme, _space, text = (request.header("Authorization") or "").partition(" ")
    token = tokens.find(text.strip(), now=now) if scheme.lower() == "bearer" else None
    if token is None:
        raise UnauthorizedException(detail="The token is missing, has ended or was revoked")
    return token


@cache
def _service() -> ScopedService:
    # Cursors are sealed under a key of their own (RFC 9865, section 5.2).
    secret = hashlib.sha256(b"govmail scim cursors" + settings.SECRET_KEY.encode()).digest()
    return ScopedService(provider(), secret=secret)
