"""What the machine itself can do, in the same run: raw scan, ciphers, a plain SELECT, hello."""

from __future__ import annotations

import os
from collections.abc import Callable

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import path

from bench.reference import urlpatterns as with_reference
from mailbox.models import Folder, Mailbox
from mailbox.sealing import hpke

_SCAN = """
SELECT id FROM mailbox_placement WHERE mailbox_id = %s AND folder_id = %s
ORDER BY latest_at DESC, id DESC LIMIT 50
"""
_ROWS = """
SELECT * FROM mailbox_placement WHERE mailbox_id = %s AND folder_id = %s
ORDER BY latest_at DESC, id DESC LIMIT 50
"""


def hello(request: HttpRequest) -> HttpResponse:
    """No session, no query, no template."""
    return HttpResponse("hello")


urlpatterns = [path("hello/", hello), *with_reference]


def limits(mailbox: Mailbox, client: Client) -> dict[str, Callable[[], object]]:
    """Calls whose times nothing of ours can beat."""
    inbox = Folder.objects.get(mailbox=mailbox, kind=Folder.Kind.INBOX)
    cipher, block = AESGCM(os.urandom(32)), os.urandom(8192)
    private = hpke.new_private_key()
    sealed = hpke.seal(os.urandom(32), hpke.public_key_of(private), info=b"bench")

    def select(statement: str) -> list[tuple[object, ...]]:
        with connection.cursor() as cursor:
            cursor.execute(statement, [mailbox.pk, inbox.pk])
            return cursor.fetchall()

    return {
        "limit: index scan of 50 rows": lambda: select(_SCAN),
        "limit: SELECT of 50 rows": lambda: select(_ROWS),
        "limit: 50 x AES-256-GCM, 8 kB": lambda: [
            cipher.encrypt(os.urandom(12), block, None) for _ in range(50)
        ],
        "limit: 50 x HPKE open": lambda: [
            hpke.unseal(sealed, private, info=b"bench") for _ in range(50)
        ],
        "limit: a hello view": lambda: client.get("/hello/"),
    }
