"""How much a process at the door takes at a time, and what it has in hand now."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """What one process takes. Sizes in bytes, times in seconds.

    message: the largest, announced as SIZE (RFC 1870). in_hand: of all messages that are
    being read or kept at a moment. idle: silence between commands, at least the five
    minutes of RFC 5321 4.5.3.2.7 in production; message_seconds: for a whole message,
    however steadily it drips. refusals: recipients that may be refused on one connection.
    """

    message: int
    in_hand: int = 128 * 1024**2
    connections: int = 100
    idle: float = 300.0
    message_seconds: float = 600.0
    messages: int = 10_000
    refusals: int = 1_000


class Load:
    """What is in hand: connections, and bytes of messages not yet answered for."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self.connections = 0
        self.bytes = 0

    @property
    def is_crowded(self) -> bool:
        """Whether one more connection is one too many."""
        return self.connections > self._limits.connections

    def has_room_for(self, size: int, *, own: int = 0) -> bool:
        """Whether a message may take so many bytes. own: those it takes already.

        Whoever is alone always has room: else the largest message could never come.
        """
        others = self.bytes - own
        return others <= 0 or others + size <= self._limits.in_hand
