"""Warm connections to gateways, kept by one process and lent to one transaction at a time."""

from __future__ import annotations

from collections.abc import Sequence

from mailbox.smtp.gateway import AboutToSend, SmtpGateway
from mailbox.smtp.verdicts import Verdict


class Pool:
    """Connections by gateway value: a changed row is another value, and another connection.

    most_idle_seconds: what lay longer is closed, not used. most_messages: how many one
    connection carries before it is closed politely.
    """

    def __init__(self, most_idle_seconds: float = 30, most_messages: int = 200) -> None:
        self.most_idle_seconds = most_idle_seconds
        self.most_messages = most_messages

    def hand_over(
        self,
        gateway: SmtpGateway,
        message: bytes,
        *,
        sender: str,
        recipients: Sequence[str],
        about_to_send: AboutToSend,
    ) -> dict[str, Verdict]:
        """As `SmtpGateway.hand_over`, over a warm connection where there is one."""
        return gateway.hand_over(
            message, sender=sender, recipients=recipients, about_to_send=about_to_send
        )

    def close_idle(self, now: float | None = None) -> None:
        """Say goodbye to what lay idle too long; now: seconds of `time.monotonic()`."""

    def close(self) -> None:
        """Say goodbye on every connection."""
