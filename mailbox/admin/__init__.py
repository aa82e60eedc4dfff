"""The administration of mail: each module registers its pages; operators get their rights here."""

from accounts.people.roles import HR_OFFICER, MAIL_OFFICER, OPERATOR, grant
from mailbox.admin import (  # noqa: F401  # they register themselves
    allowances,
    arrivals,
    delegations,
    domains,
    forwarding,
    gateways,
    lists,
    submissions,
)

grant(
    OPERATOR,
    *("mailbox.view_gateway", "mailbox.add_gateway", "mailbox.change_gateway"),
)
# Whoever looks after the queue does so within their reach; a mail officer's is their agency.
for role in (OPERATOR, MAIL_OFFICER):
    grant(
        role,
        *("mailbox.view_submission", "mailbox.change_submission", "mailbox.view_delivery"),
        *("mailbox.view_arrival", "mailbox.change_arrival"),
        *("mailbox.view_sendingallowance", "mailbox.add_sendingallowance"),
        *("mailbox.view_distributionlist", "mailbox.add_distributionlist"),
        "mailbox.change_distributionlist",
        *("mailbox.view_forwardpermission", "mailbox.add_forwardpermission"),
    )
# Ready-made letters an office shares are stationery, not mail; there is no page of them here.
grant(HR_OFFICER, "mailbox.change_lettertemplate")
# Who may use whose mailbox is a matter of people: officers see it and end it, and give nothing.
for role in (HR_OFFICER, OPERATOR):
    grant(role, "mailbox.view_delegation", "mailbox.change_delegation")
