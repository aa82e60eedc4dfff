"""Personnel orders: recorded, agreed to, waiting for their day, carried out.

An order whose day has come is carried out as it is recorded, in the same transaction: either
both or neither. One whose day lies ahead waits in its row until midnight in Thailand
(`orders.night`); a leaver's account closes at that moment even if every worker is
down, because the window of the account ends there.
"""

from accounts.people.orders.carrying_out import carry_out, carry_out_all
from accounts.people.orders.recording import agree, record, try_again, withdraw

__all__ = ["agree", "carry_out", "carry_out_all", "record", "try_again", "withdraw"]
