"""Mail: the tables of mailboxes, messages, drafts, arrivals, submissions and gateways."""

from mailbox.models.arrivals import Arrival
from mailbox.models.drafts import Draft, DraftAttachment
from mailbox.models.gateways import Gateway
from mailbox.models.mailboxes import Folder, Mailbox, MailboxAddress
from mailbox.models.messages import Content, Message, MessageReference, Placement, Thread
from mailbox.models.submissions import Attempt, Delivery, Submission

__all__ = [
    "Arrival",
    "Attempt",
    "Content",
    "Delivery",
    "Draft",
    "DraftAttachment",
    "Folder",
    "Gateway",
    "Mailbox",
    "MailboxAddress",
    "Message",
    "MessageReference",
    "Placement",
    "Submission",
    "Thread",
]
