"""Mail: the tables of mailboxes, messages, drafts, arrivals, submissions and gateways."""

from mailbox.models.arrivals import Arrival
from mailbox.models.delegations import Delegation, Forwarding, OfficeReader
from mailbox.models.domains import MailDomain, SigningKey
from mailbox.models.drafts import Draft, DraftAttachment, Upload, UploadPiece
from mailbox.models.gateways import Gateway, GatewayHealth
from mailbox.models.keys import KeyChange, RetiredKey
from mailbox.models.lists import (
    DistributionList,
    ForwardPermission,
    SendingAllowance,
    SentOnDay,
)
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
from mailbox.models.search import (
    SearchBlock,
    SearchIndex,
    SearchSegment,
    SearchText,
    UnfoldedSignature,
)
from mailbox.models.sorting import (
    Label,
    Labelling,
    MailReport,
    Snooze,
    SortingJob,
    SortingJobPart,
)
from mailbox.models.submissions import Attempt, Delivery, Lane, Submission

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
    "DistributionList",
    "Draft",
    "DraftAttachment",
    "FilterRule",
    "Folder",
    "ForwardPermission",
    "Forwarding",
    "Gateway",
    "GatewayHealth",
    "InvitationAnswer",
    "KeyChange",
    "Label",
    "Labelling",
    "Lane",
    "LetterTemplate",
    "MailDomain",
    "MailReport",
    "Mailbox",
    "MailboxAddress",
    "Message",
    "MessageReference",
    "OfficeReader",
    "Placement",
    "RecentSearch",
    "RetiredKey",
    "SearchBlock",
    "SearchIndex",
    "SearchSegment",
    "SearchText",
    "SenderChoice",
    "SendingAllowance",
    "SentOnDay",
    "Signature",
    "SigningKey",
    "Snooze",
    "SortingJob",
    "SortingJobPart",
    "Submission",
    "Thread",
    "UnfoldedSignature",
    "Upload",
    "UploadPiece",
    "Vacation",
]
