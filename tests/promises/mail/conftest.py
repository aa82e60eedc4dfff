"""Letters in the queue; `post` sends one of Amina's, as for the tests of sending."""

from __future__ import annotations

from tests.mailbox.outbound.conftest import in_english, now, post, write

__all__ = ["in_english", "now", "post", "write"]
