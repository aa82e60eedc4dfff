"""What the door says (RFC 5321 4.2, RFC 3463)."""

from __future__ import annotations

from mailbox.inbound.recipients import Refusal

LATER = "451 4.3.0 Try again later"
NO_ROOM = "451 4.3.1 No room for more mail just now; try again later"
BUSY = "451 4.3.2 Too much in hand just now; try again later"
TOO_MANY = "452 4.5.3 Too many recipients; send the rest in another transaction"
TOO_LARGE = "552 5.3.4 The message is too large"
SMUGGLED = "554 5.6.0 A lone dot on a line that does not end in CR LF"
CLOSING = "421 4.3.2 Closing down"
CROWDED = "421 4.3.2 Too many connections; try again later"
ENOUGH = "421 4.7.0 Enough for one connection; open another"
SILENT = "421 4.4.2 Nothing was said for too long"
TOO_SLOW = "421 4.4.2 The message takes too long"
KEPT = "250 2.0.0 Kept"
OK = "250 2.1.5 OK"
IGNORED = "250 2.0.0 Ignored"

REFUSALS = {
    Refusal.UNKNOWN: "550 5.1.1 No such mailbox here",
    Refusal.CLOSED: "550 5.2.1 This mailbox takes no mail",
    Refusal.FULL: "452 4.2.2 The mailbox is full",
    Refusal.NOT_SERVED: "550 5.1.2 Mail of this domain is not served here",
    Refusal.SUSPENDED: "451 4.3.0 Mail of this domain is suspended; try again later",
    Refusal.NO_RETURN_PATH: "550 5.7.1 This return path is not ours, or no longer good",
    Refusal.NO_TEST: "550 5.1.1 This is the address of no test, or the test is over",
    Refusal.TEST_TOO_LARGE: "552 5.3.4 A test letter has 1 MiB at most",
    Refusal.NOT_FOR_LIST: (
        "550 5.7.1 This list takes no mail from its author, or nobody vouches for them"
    ),
    Refusal.NOBODY_ON_LIST: "550 5.2.4 Nobody is on this list",
}
