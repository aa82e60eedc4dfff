"""Pages at 1,000 and 100,000 messages: queries, and server time in ratios of one run."""

from __future__ import annotations

from django.db import connection
from django.test import Client, override_settings
from django.test.utils import CaptureQueriesContext

from bench.measuring import Figure, at_most, interleaved_ms
from bench.population import account, fill
from mailbox.models import Mailbox, Message
from tests.cast import give_app, signed_in


def _queries(client: Client, url: str, **headers: str) -> int:
    with CaptureQueriesContext(connection) as captured:
        answer = client.get(url, headers=headers)
    if answer.status_code != 200:
        raise RuntimeError(f"{url} answered {answer.status_code}.")
    return len(captured)


@override_settings(ROOT_URLCONF="bench.reference")
def measure() -> list[Figure]:
    small, large = account("pages1k"), account("pages100k")
    fill(Mailbox.objects.get(account=small), 1_000)
    fill(Mailbox.objects.get(account=large), 100_000)
    for person in (small, large):
        give_app(person)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    one, hundred = signed_in(small), signed_in(large)
    inbox = f"/mail/{large.mailbox.id}/inbox/"
    all_mail = f"/mail/{large.mailbox.id}/all/"
    small_inbox = f"/mail/{small.mailbox.id}/inbox/"
    message = Message.objects.filter(mailbox=large.mailbox).latest("received_at")
    opened = f"{inbox}t/{message.thread_id}/"
    body = f"/mail/message/{message.id}/body/"
    newer, new = Message.objects.filter(mailbox=large.mailbox).order_by("received_at")[:2]
    Message.objects.filter(mailbox=large.mailbox, pk__in=(newer.pk, new.pk)).update(is_read=False)
    pane = _queries(hundred, f"{inbox}t/{newer.thread_id}/", **{"HX-Request": "true"})
    whole = _queries(hundred, f"{inbox}t/{new.thread_id}/")
    times = interleaved_ms(
        {
            "reference": lambda: hundred.get("/reference/"),
            "1,000": lambda: one.get(small_inbox),
            "100,000": lambda: hundred.get(inbox),
            "open": lambda: hundred.get(opened),
            "body": lambda: hundred.get(body),
        }
    )
    return [
        at_most("inbox page, queries at 100,000", _queries(hundred, inbox), "queries", 10),
        at_most("all mail, queries at 100,000", _queries(hundred, all_mail), "queries", 11),
        at_most("opening a message, queries (page)", _queries(hundred, opened), "queries", 10),
        at_most("opening an unread message, queries (pane of the list)", pane, "queries", 10),
        Figure("the same as a whole page, which marks it read", whole, "queries"),
        at_most("opening a message, queries (frame)", _queries(hundred, body), "queries", 8),
        Figure("reference view", times["reference"], "ms"),
        Figure("inbox page at 1,000", times["1,000"], "ms"),
        Figure("inbox page at 100,000", times["100,000"], "ms"),
        Figure("open a message, page", times["open"], "ms"),
        Figure("open a message, frame", times["body"], "ms"),
        at_most("inbox 100,000 / inbox 1,000", times["100,000"] / times["1,000"], "ratio", 1.3),
        at_most(
            "inbox 100,000 / reference view", times["100,000"] / times["reference"], "ratio", 2.0
        ),
    ]
