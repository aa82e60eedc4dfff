"""The reference view: what any signed-in page of 50 opened rows must cost at the least.

Session, account, one keyset query, fifty opens of a content key and a summary,
one template: no rail, no counts, no chips.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template import engines
from django.urls import include, path

from mailbox.models import Folder, Placement
from mailbox.opening import mailbox_key, open_summary

PAGE = """<!doctype html><title>Reference</title><p>{{ user.address }}</p><ul>
{% for at, id, summary in rows %}<li><a href="/t/{{ id }}/"><b>{{ summary.sender_name }}</b>
{{ summary.subject }} <small>{{ summary.snippet }}</small>
<time>{{ at|date:"d.m.Y H:i" }}</time></a></li>{% endfor %}</ul>"""


@cache
def template() -> Any:
    return engines["django"].from_string(PAGE)


def reference(request: HttpRequest) -> HttpResponse:
    box = request.user.mailbox  # type: ignore[union-attr]  # signed in
    inbox = Folder.objects.get(mailbox=box, kind=Folder.Kind.INBOX)
    private = mailbox_key(box)
    rows = [
        (row.latest_at, row.thread_id, open_summary(row.latest, private))
        for row in Placement.objects.page(inbox)
        .filter(latest__mailbox=box)
        .select_related("latest")[:50]
    ]
    return HttpResponse(template().render({"rows": rows}, request))


urlpatterns = [path("reference/", reference), path("", include("govmail_portal.urls"))]
