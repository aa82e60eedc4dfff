"""Transfers between agencies: crossing over, and the personal copy released afterwards.

Both take an officer of each agency; nobody agrees to what is about themselves.
"""

from accounts.people.transferring.crossing import (
    OtherSideMustAgree,
    PositionOfReceiver,
    WhereTo,
    ask_other_side,
    must_be_other_side,
    must_go_elsewhere,
    transfer,
)

__all__ = [
    "OtherSideMustAgree",
    "PositionOfReceiver",
    "WhereTo",
    "ask_other_side",
    "must_be_other_side",
    "must_go_elsewhere",
    "transfer",
]
