"""Content Security Policies of answers that carry what strangers have written (DESIGN §6).

They take the place of the pages' own policy: the middleware leaves a header alone
that is there already.
"""

from __future__ import annotations

from typing import TypeVar

from django.http.response import HttpResponseBase

Answer = TypeVar("Answer", bound=HttpResponseBase)

# A letter's body: styles of its own, pictures that came with it, links; nothing that acts.
FRAME = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'self'; "
    "sandbox allow-popups allow-popups-to-escape-sandbox"
)
# The same for a reader who asked for the pictures from outside, this once or for a sender.
FRAME_WITH_IMAGES = FRAME.replace("img-src 'self' data:;", "img-src 'self' data: https:;")
# A download or a source: nothing at all.
NOTHING = "default-src 'none'; frame-ancestors 'none'; sandbox"
# A picture, in a body or looked at by itself.
PICTURE = "default-src 'none'; img-src 'self'; frame-ancestors 'self'; sandbox"
# A PDF: browsers refuse their viewer in a sandbox, so it is bound by what it may load.
PDF = (
    "default-src 'none'; object-src 'self'; style-src 'unsafe-inline'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'self'"
)


def under(policy: str, answer: Answer) -> Answer:
    """Put an answer under a policy, and hold the browser to the type it is told."""
    answer.headers["Content-Security-Policy"] = policy
    answer.headers["X-Content-Type-Options"] = "nosniff"
    answer.headers["Referrer-Policy"] = "no-referrer"
    return answer
