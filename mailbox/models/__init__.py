"""Mail: the tables of mailboxes, messages, drafts, arrivals, submissions and gateways."""

from mailbox.models.arrivals import Arrival
from mailbox.models.delegations import Delegation, Forwarding
from mailbox.models.drafts import Draft, DraftAttachment, Upload, UploadPiece
from mailbox.models.gateways import Gateway
from mailbox.models.mailboxes import Folder, Mailbox, MailboxAddress
from mailbox.models.messages import Content, Message, MessageReference, Placement, Thread
from mailbox.models.personal import (
    Contact,
    ContactGroup,
    Correspondent,
    InvitationAnswer,
    LetterTemplate,
    RecentSearch,
    SenderChoice,
    Signature,
)
from mailbox.models.rules import AutoReply, FilterRule, Vacation
from mailbox.models.sorting import (
    Label,
    Labelling,
    MailReport,
    Snooze,
    SortingJob,
    SortingJobPart,
)
from mailbox.models.submissions import Attempt, Delivery, Submission

__all__ = [
    "Arrival",
    "Attempt",
    "AutoReply",
    "Contact",
    "ContactGroup",
    "Content",
    "Correspondent",
    "Delegation",
    "Delivery",
    "Draft",
    "DraftAttachment",
    "FilterRule",
    "Folder",
    "Forwarding",
    "Gateway",
    "InvitationAnswer",
    "Label",
    "Labelling",
    "LetterTemplate",
    "MailReport",
    "Mailbox",
    "MailboxAddress",
    "Message",
    "MessageReference",
    "Placement",
    "RecentSearch",
    "SenderChoice",
    "Rights",
    "Signature",
    "Snooze",
    "SortingJob",
    "SortingJobPart",
    "Submission",
    "Thread",
    "Upload",
    "UploadPiece",
    "Vacation",
]
