"""The addresses of the mailbox: no subject, no name in them; an id opens nothing by itself."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from mailbox.web import (
    acting,
    attachments,
    drafts,
    files,
    folders,
    letters,
    live,
    outbox,
    threads,
)
from mailbox.web.outgoing import acts as outgoing
from mailbox.web.papers import enclosed, printing, source
from mailbox.web.writing import looking, uploads

app_name = "mailbox"

LETTER = "mail/message/<uuid:message>/"
MAILBOX = "mail/<uuid:mailbox>/"
DRAFT = "mail/compose/<uuid:draft>/"
SUBMISSION = "mail/outbox/<uuid:submission>/"

the_house: list[URLPattern | URLResolver] = [
    path("", folders.inbox, name="inbox"),
    path("mail/live/", live.live, name="live"),
]
letters_: list[URLPattern | URLResolver] = [
    path(LETTER, letters.show, name="letter"),
    path(f"{LETTER}body/", letters.body, name="body"),
    path(f"{LETTER}body/<str:token>/", letters.body, name="body-with-pictures"),
    path(f"{LETTER}body/<str:token>/attachment/<int:index>/", attachments.picture, name="picture"),
    path(f"{LETTER}source/", letters.source, name="source"),
    path(f"{LETTER}deliveries/", letters.deliveries, name="deliveries"),
    path(f"{LETTER}attachment/<int:index>/", attachments.download, name="attachment"),
    path(f"{LETTER}attachment/<int:index>/preview/", attachments.preview, name="preview"),
    path(f"{LETTER}attachment/<int:index>/look/", enclosed.look, name="look"),
    path(f"{LETTER}attachments.zip", enclosed.all_files, name="zip"),
    path(f"{LETTER}print/", printing.letter, name="print"),
    path(f"{LETTER}paper/<str:token>/", printing.formatted, name="paper"),
    path(
        f"{LETTER}paper/<str:token>/attachment/<int:index>/",
        attachments.picture,
        name="paper-picture",
    ),
    path(f"{MAILBOX}print/<uuid:thread>/", printing.conversation, name="print-conversation"),
    path(f"{LETTER}headers/", source.headers, name="headers"),
    path(f"{LETTER}letter.eml", source.eml, name="eml"),
]
folders_: list[URLPattern | URLResolver] = [
    path(f"{MAILBOX}act/", acting.act, name="act"),
    path(f"{MAILBOX}undo/", acting.undo, name="undo"),
    path(f"{MAILBOX}folders/", folders.own, name="folders"),
    path(f"{MAILBOX}<slug:folder>/", folders.show, name="folder"),
    path(f"{MAILBOX}<slug:folder>/rename/", folders.rename, name="rename-folder"),
    path(f"{MAILBOX}<slug:folder>/delete/", folders.delete, name="delete-folder"),
    path(f"{MAILBOX}<slug:folder>/t/<uuid:thread>/", threads.show, name="thread"),
]

writing: list[URLPattern | URLResolver] = [
    path("mail/compose/", drafts.begin, name="compose"),
    path("mail/compose/format/", looking.use_format, name="compose-format"),
    path(DRAFT, drafts.write, name="draft"),
    path(f"{DRAFT}save/", drafts.save, name="draft-save"),
    path(f"{DRAFT}copy/", drafts.copy, name="draft-copy"),
    path(f"{DRAFT}send/", drafts.send, name="draft-send"),
    path(f"{DRAFT}discard/", drafts.discard, name="draft-discard"),
    path(f"{DRAFT}files/", files.add, name="draft-files"),
    path(f"{DRAFT}files/<uuid:file>/remove/", files.remove, name="draft-file-remove"),
    path(f"{DRAFT}uploads/", uploads.begin, name="draft-uploads"),
    path(f"{DRAFT}uploads/<uuid:upload>/", uploads.piece, name="draft-upload"),
    path(f"{DRAFT}attachment/<int:number>/", uploads.show_picture, name="draft-picture"),
    path(f"{DRAFT}other/", looking.other, name="draft-other"),
    path(f"{DRAFT}preview/", looking.preview, name="draft-preview"),
    path(f"{DRAFT}preview/<str:token>/", looking.body, name="draft-preview-body"),
    path(
        f"{DRAFT}preview/<str:token>/attachment/<int:number>/",
        looking.framed_picture,
        name="draft-preview-picture",
    ),
    path(f"{MAILBOX}drafts/", drafts.index, name="drafts"),
    path(f"{MAILBOX}outbox/", outbox.index, name="outbox"),
    path(SUBMISSION, outbox.show, name="submission"),
    path(f"{SUBMISSION}undo/", outgoing.undo, name="submission-undo"),
    path(f"{SUBMISSION}now/", outgoing.leave_now, name="submission-now"),
    path(f"{SUBMISSION}at/", outgoing.leave_at, name="submission-at"),
    path(f"{SUBMISSION}wait/", outgoing.wait, name="submission-wait"),
    path(f"{SUBMISSION}try-again/", outgoing.try_again, name="submission-try-again"),
    path(f"{SUBMISSION}write-again/", outgoing.write_again, name="submission-write-again"),
]

# Folders come last: a folder's slug would match every other word.
urlpatterns = [*the_house, *letters_, *writing, *folders_]
