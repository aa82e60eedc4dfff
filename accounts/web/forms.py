"""Forms of the second factor, and the sentences for codes that do not open."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.signing_in.second_factor import Answer


class CodeForm(forms.Form):
    """A code and the try to pass with it: six digits of the app, or a backup code.

    `attempt` takes the code and gives an Answer; it is asked once, in clean.
    """

    code = forms.CharField(max_length=40)

    def __init__(
        self, *args: Any, attempt: Callable[[str], Answer], digits_only: bool = True, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.attempt = attempt
        self.digits_only = digits_only
        self.fields["code"].error_messages["required"] = _("Type the code.")

    def clean_code(self) -> str:
        code = "".join(self.cleaned_data["code"].split())
        if self.digits_only and not (len(code) == 6 and code.isascii() and code.isdigit()):
            raise forms.ValidationError(_("The code has six digits."))
        answer = self.attempt(code)
        if not answer.accepted:
            raise forms.ValidationError(sentence_for(answer))
        return code


def sentence_for(answer: Answer) -> str:
    """Say what became of a try that did not open the door, and what to do."""
    if answer.shut:
        return _(
            "There were too many wrong codes. Ask your agency's administrator to reset "
            "the second factor."
        )
    seconds = int(answer.wait.total_seconds()) + 1 if answer.wait else 0
    if not seconds:
        return _("The code is not right. Wait for the next one and type that.")
    if seconds < 120:
        return ngettext(
            "Too soon after a wrong code. Wait %(count)d second, then try again.",
            "Too soon after a wrong code. Wait %(count)d seconds, then try again.",
            seconds,
        ) % {"count": seconds}
    minutes = -(-seconds // 60)
    return ngettext(
        "Too many wrong codes. Wait %(count)d minute, then try again.",
        "Too many wrong codes. Wait %(count)d minutes, then try again.",
        minutes,
    ) % {"count": minutes}
