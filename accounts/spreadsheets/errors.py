"""What can be wrong with a file or a cell, each with its sentence."""

from __future__ import annotations

from django.utils.translation import gettext as _

from govmail_portal.errors import PortalError


class UnreadableFile(PortalError):
    """The file as a whole: wrong kind, wrong encoding, too large, no known heading."""


class UnreadableCell(PortalError):
    """One cell; the sentence names what it says, shortened."""

    @classmethod
    def of(cls, sentence: str, said: object) -> UnreadableCell:
        """Put what the cell says into a translated sentence with %(said)s."""
        return cls(sentence % {"said": shortened(str(said))})


def shortened(text: str, most: int = 40) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"


def formula(said: object) -> UnreadableCell:
    return UnreadableCell.of(
        _("“%(said)s” is a formula. Put its value there: formulas are never worked out."), said
    )
