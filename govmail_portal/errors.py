"""The one family of errors that people may read.

The class name is the event; `message` is the sentence for the page, the task
log or the command line. Doors translate it, nobody else catches it.
"""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class PortalError(Exception):
    """Something a person did, or met, that deserves a sentence."""

    message: str | Promise = _("That did not work. Nothing was lost.")
    status = 422

    def __init__(self, message: str | Promise | None = None) -> None:
        if message is not None:
            self.message = message
        super().__init__(str(self.message))


class NotYours(PortalError):
    """The thing is not there, or not for this person: the same answer for both."""

    message = _("There is nothing here.")
    status = 404
