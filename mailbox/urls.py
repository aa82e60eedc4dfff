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
    path(DRAFT, drafts.write, name="draft"),
    path(f"{DRAFT}save/", drafts.save, name="draft-save"),
    path(f"{DRAFT}copy/", drafts.copy, name="draft-copy"),
    path(f"{DRAFT}send/", drafts.send, name="draft-send"),
    path(f"{DRAFT}discard/", drafts.discard, name="draft-discard"),
    path(f"{DRAFT}files/", files.add, name="draft-files"),
    path(f"{DRAFT}files/<uuid:file>/remove/", files.remove, name="draft-file-remove"),
    path(f"{MAILBOX}drafts/", drafts.index, name="drafts"),
    path(f"{MAILBOX}outbox/", outbox.index, name="outbox"),
    path(SUBMISSION, outbox.show, name="submission"),
    path(f"{SUBMISSION}undo/", outbox.undo, name="submission-undo"),
]

# Folders come last: a folder's slug would match every other word.
urlpatterns = [*the_house, *letters_, *writing, *folders_]
