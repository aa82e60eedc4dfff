"""A gateway behind its breaker and its limits: the relay only calls `hand_over`.

Where everything is well and nothing limited, that costs no statement at all.
"""

from __future__ import annotations

import logging
import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial

from django.db import DatabaseError

from mailbox.models import Gateway as GatewayRow
from mailbox.models import GatewayHealth
from mailbox.nudges import gateway_is_back
from mailbox.outbound.gateways import breaker, limits, pools
from mailbox.outbound.gateways.opening import Locked
from mailbox.outbound.gateways.sharing import Asker, busy_for, time_for, urgent_waits
from mailbox.outbound.work import Clock
from mailbox.smtp.gateway import AboutToSend, OutOfReach, SmtpGateway
from mailbox.smtp.verdicts import Reason, Verdict

logger = logging.getLogger(__name__)

# How long what was read of a gateway's health is believed.
_BELIEVED = 2.0
# No letter waits longer than this only for the others' sake.
_SPREAD = timedelta(minutes=1)
_A_MOMENT = timedelta(seconds=1)
# Seconds: a gateway that has cost a worker so many without a word on the letter is not waited for
# again and again, for they are other agencies' seconds as well.
_DEAR, _DEAR_WITH_A_LETTER = 5.0, 60.0


@dataclass
class Guarded:
    """Of one turn. health: as it was read when the turn looked; None: nothing is known yet."""

    gateway: SmtpGateway | Locked
    row: GatewayRow
    health: GatewayHealth | None
    clock: Clock
    asker: Asker
    _read_at: float = field(init=False, default=0.0)

    def __post_init__(self) -> None:
        self._read_at = self.clock.lasted()

    @property
    def gateway_id(self) -> int:
        return self.row.pk

    def hand_over(
        self,
        message: bytes,
        *,
        sender: str,
        recipients: Sequence[str],
        about_to_send: AboutToSend,
    ) -> dict[str, Verdict]:
        """As `Gateway.hand_over`; OutOfReach with a `wait` where it may not be asked now."""
        with self._leave():
            began = self.clock.lasted()
            try:
                verdicts = self._road()(
                    message, sender=sender, recipients=recipients, about_to_send=about_to_send
                )
            except OutOfReach as failure:
                self._learn([failure.verdict], is_dear=self.clock.lasted() - began > _DEAR)
                raise
            said = [_of_itself(each) for each in verdicts.values()]
            self._learn(said, is_dear=self.clock.lasted() - began > _DEAR_WITH_A_LETTER)
            return verdicts

    def _road(self) -> Callable[..., dict[str, Verdict]]:
        if isinstance(self.gateway, Locked):
            return self.gateway.hand_over
        pool = pools.COUNTED if limits.is_tight(self.row.most_connections) else pools.WARM
        return partial(pool.hand_over, self.gateway)

    @contextmanager
    def _leave(self) -> Iterator[None]:
        """Places before tokens, and tokens before the probe: what is refused has used nothing."""
        self._look()
        health, now = self.health, self.clock.now()
        if health is None or health.state not in GatewayHealth.SHUT:
            self._find_room(now)
            yield
            return
        if left := breaker.rest_left(health, now):
            raise self._rests(health, left)
        with limits.place_to_probe(is_urgent=self.asker.is_urgent) as is_mine:
            if not is_mine:
                raise self._rests(health, breaker.REST)
            self._find_room(now)
            if not breaker.may_probe(self.gateway_id, now):
                raise self._rests(health, breaker.REST)
            yield

    def _rests(self, health: GatewayHealth, left: timedelta) -> OutOfReach:
        verdict = spread(resting(health, left))
        return OutOfReach(replace(verdict, over=time_for(self.asker, self.clock.now())))

    def _find_room(self, now: datetime) -> None:
        """A place and a token, where the gateway has only so many: urgent letters first."""
        most, a_minute = self.row.most_connections, self.row.messages_a_minute
        needs_place = limits.is_tight(most) and not limits.holds_place(self.gateway_id)
        may_yield = (needs_place or a_minute) and not self.asker.is_urgent
        if may_yield and urgent_waits(self.gateway_id, now):
            raise _put_off(_A_MOMENT)
        if needs_place and not limits.hold_place(self.gateway_id, most):
            raise _put_off(_A_MOMENT)
        if a_minute:
            wait = limits.take_token(self.gateway_id, now, a_minute=a_minute)
            if wait:
                raise _put_off(wait, busy_for(self.asker, now, a_minute=a_minute))

    def _look(self) -> None:
        """Read its health anew, where what is known is old."""
        if self.clock.lasted() - self._read_at > _BELIEVED:
            self._know(GatewayHealth.objects.filter(pk=self.gateway_id).first())

    def _learn(self, verdicts: Sequence[Verdict], *, is_dear: bool = False) -> None:
        """Its own fault counts where it has not done right by anybody."""
        faults = [each.reason for each in verdicts if each.is_gateways_fault]
        try:
            if faults and len(faults) == len(verdicts):
                now = self.clock.now()
                self._know(breaker.bad(self.gateway_id, faults[0], now, at_once=is_dear))
            elif breaker.is_worth_telling(self.health, self.clock.now()):
                breaker.good(self.gateway_id, self.clock.now())
                if self.health is not None and self.health.state in GatewayHealth.SHUT:
                    # What waits for it was told to come back much later.
                    gateway_is_back(self.gateway_id)
                self._know(GatewayHealth.objects.filter(pk=self.gateway_id).first())
        except DatabaseError as error:
            # What the server said of a letter must not be lost with what it says of the server.
            logger.error("gateway %s: not noted (%s)", self.gateway_id, type(error).__name__)

    def _know(self, health: GatewayHealth | None) -> None:
        self.health, self._read_at = health, self.clock.lasted()


def _of_itself(verdict: Verdict) -> Verdict:
    """A reply to one letter or recipient is no fault of the gateway, whatever words it has: they
    may be a stranger's, passed on. But it hung up (421), was silent, or was garbled.
    """
    return verdict if verdict.code in (0, 421) else replace(verdict, reason=Reason.NONE)


def resting(health: GatewayHealth, left: timedelta) -> Verdict:
    """What is said of a gateway that is given a rest: why, and when it is tried again."""
    reason = Reason(health.last_reason) if health.last_reason in set(Reason) else Reason.UNREACHABLE
    return Verdict(reason=reason, wait=left)


def spread(verdict: Verdict) -> Verdict:
    """The same with a longer wait, each time another: not all come back in the same second."""
    least = max(verdict.wait or _A_MOMENT, _A_MOMENT)
    more = min(least, _SPREAD) * random.random()  # noqa: S311  # spreads load, keeps no secret
    return replace(verdict, wait=least + more)


def _put_off(wait: timedelta, over: timedelta = timedelta()) -> OutOfReach:
    return OutOfReach(spread(Verdict(reason=Reason.OWN_LIMIT, wait=wait, over=over)))
