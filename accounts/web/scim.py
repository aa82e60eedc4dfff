"""The door of agencies' identity systems: SCIM 2.0 at /scim/v2/ (RFC 7644).

No cookie counts here, so there is no forgery of requests to fear; the bearer token is all.
"""

from __future__ import annotations

import json

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone, translation
from django.views.decorators.csrf import csrf_exempt
from scim2_models import PayloadTooLargeException
from scim2_server.requests import ScimRequest
from scim2_server.responses import SCIM_MEDIA_TYPE

from accounts.scim import server
from accounts.scim.nudges import tell_soon

BASE = "/scim/v2"


@csrf_exempt
def scim(request: HttpRequest, path: str = "") -> HttpResponse:
    """Answer one request of an identity system; what it changed is planned right afterwards."""
    asked = ScimRequest(
        method=request.method or "",
        base_url=request.build_absolute_uri(BASE),
        path=f"/{path.removesuffix('.scim')}",
        query=request.GET.dict(),
        headers=dict(request.headers),
    )
    try:
        asked.body = request.body
    except RequestDataTooBig:
        error = PayloadTooLargeException(detail="The request is too large").to_error()
        return JsonResponse(error.model_dump(), status=413, content_type=SCIM_MEDIA_TYPE)
    # Its sentences are for machines and their logs.
    with translation.override("en"):
        answer = server.answer(asked, now=timezone.now())
    if asked.subject and answer.status < 400 and server.is_write(asked):
        tell_soon(asked.subject.source)
    body = b"" if answer.body is None else json.dumps(answer.body).encode()
    return HttpResponse(body, status=answer.status, headers=answer.headers)
