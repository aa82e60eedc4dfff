"""What can go wrong with mail, each with a sentence for the reader of the page."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from govmail_portal.errors import PortalError


class NobodyToSendTo(PortalError):
    message = _("Add at least one recipient before sending.")


class AddressUnreadable(PortalError):
    message = _("One of the addresses cannot be read. Check it and send again; the draft is safe.")


class DraftChangedElsewhere(PortalError):
    message = _("This draft was changed in another window. Nothing was overwritten.")
    status = 409


class DraftAlreadySent(PortalError):
    message = _("This draft has already been sent.")
    status = 409


class AttachmentTooLarge(PortalError):
    message = _("The attachments together are larger than this portal can send.")
    status = 413


class PictureUnreadable(PortalError):
    message = _("Only pictures in PNG, JPEG, GIF or WebP can stand in the text. Attach it instead.")


class UploadGone(PortalError):
    message = _("This file was not finished in time. Choose it again.")
    status = 410


class TooManyShown(PortalError):
    message = _(
        "There are too many recipients for the lines To and Cc. Put most of them into Bcc; "
        "the draft is safe."
    )


class LetterUnreadable(PortalError):
    message = _("This letter could not be made ready for sending. The draft is safe.")


class TooLateToUndo(PortalError):
    message = _("The message has already left, and cannot be called back.")
    status = 409


class NoSuchMoment(PortalError):
    message = _("Choose a time from now on, at most a year ahead. The letter is as it was.")


class TooMuchToZip(PortalError):
    message = _("These files are too many or too large for one archive. Download them one by one.")
    status = 413


class StationeryTooLong(PortalError):
    message = _("This text is longer than a signature or template may be. Nothing was changed.")


class TooMuchStationery(PortalError):
    message = _("There are as many as the portal keeps. Delete one that is not used any more.")
    status = 409


class NothingToAnswer(PortalError):
    message = _("There is nothing to answer here, or it has been answered already.")
    status = 409


class BookIsFull(PortalError):
    message = _("The address book is full. Delete somebody you do not write to any more.")
    status = 409


class CardsUnreadable(PortalError):
    message = _("There are no address cards (vCard) in this file, or it is larger than 5 MB.")


class SealBroken(PortalError):
    message = _("This message cannot be opened: its seal is broken. An operator has been told.")
    status = 500


class ContentAway(PortalError, OSError):
    """The storage of large content cannot be asked: whoever can wait puts it off."""

    message = _("Large files cannot be reached just now. Nothing was lost; try again in a minute.")
    status = 503


class NoRoomLeft(ContentAway):
    message = _("There is no room for this just now, and nothing of it was kept. Try again later.")
    status = 507


class IndexDamaged(PortalError):
    message = _("The search index of this mailbox is damaged. It will be made anew.")
    status = 500


class KeyMissing(PortalError):
    message = _("This process does not hold the key that is needed.")
    status = 503


class LineBreakInHeader(PortalError):
    message = _("A subject, name or address must not contain a line break.")
