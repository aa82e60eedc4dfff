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
from mailbox.web.addressbook import files as cards
from mailbox.web.addressbook import grouping
from mailbox.web.addressbook import pages as contacts
from mailbox.web.monitoring import metrics
from mailbox.web.outgoing import acts as outgoing
from mailbox.web.papers import asked, enclosed, printing, source
from mailbox.web.people import delegates
from mailbox.web.people.mail import urls as officers
from mailbox.web.search import pages as search
from mailbox.web.search import suggesting
from mailbox.web.senders import choices, links
from mailbox.web.sorting import jobs, own
from mailbox.web.standing import filters, vacation
from mailbox.web.stationery import signatures, templates
from mailbox.web.writing import looking, uploads

app_name = "mailbox"

LETTER = "mail/message/<uuid:message>/"
MAILBOX = "mail/<uuid:mailbox>/"
DRAFT = "mail/compose/<uuid:draft>/"
SUBMISSION = "mail/outbox/<uuid:submission>/"
SIGNATURE = "mail/signatures/<uuid:signature>/"
TEMPLATE = "mail/templates/<uuid:template>/"
CONTACT = "mail/contacts/<uuid:contact>/"
GROUP = "mail/contacts/groups/<uuid:group>/"

the_house: list[URLPattern | URLResolver] = [
    path("", folders.inbox, name="inbox"),
    path("mail/live/", live.live, name="live"),
    path("metrics", metrics.metrics, name="metrics"),
    path(f"{MAILBOX}live/", live.live, name="live-of"),
]
letters_: list[URLPattern | URLResolver] = [
    path(LETTER, letters.show, name="letter"),
    path(f"{LETTER}body/", letters.body, name="body"),
    path(f"{LETTER}body/<str:token>/", letters.body, name="body-with-pictures"),
    path(f"{LETTER}body/<str:token>/attachment/<int:index>/", attachments.picture, name="picture"),
    path(f"{LETTER}body/link/<int:link>/", links.confirm, name="link"),
    path(f"{LETTER}body/<str:token>/link/<int:link>/", links.confirm, name="link-with-pass"),
    path(f"{LETTER}sender/images/", choices.images, name="sender-images"),
    path(f"{LETTER}sender/paper/", choices.paper, name="sender-paper"),
    path("mail/senders/", choices.index, name="sender-choices"),
    path("mail/senders/<uuid:choice>/forget/", choices.forget, name="forget-sender-choice"),
    path(f"{LETTER}source/", source.source, name="source"),
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
    path(f"{LETTER}invitation/", asked.invitation, name="invitation"),
    path(f"{LETTER}receipt/", asked.receipt, name="receipt"),
    path(f"{LETTER}letter.eml", source.eml, name="eml"),
]
folders_: list[URLPattern | URLResolver] = [
    path(f"{MAILBOX}act/", acting.act, name="act"),
    path(f"{MAILBOX}undo/", acting.undo, name="undo"),
    path(f"{MAILBOX}folders/", own.own, name="folders"),
    path(f"{MAILBOX}labels/", own.labels_page, name="labels"),
    path(f"{MAILBOX}label/<uuid:label>/", folders.label, name="label"),
    path(f"{MAILBOX}label/<uuid:label>/t/<uuid:thread>/", threads.labelled, name="label-thread"),
    path(f"{MAILBOX}label/<uuid:label>/rename/", own.rename_label, name="rename-label"),
    path(f"{MAILBOX}label/<uuid:label>/delete/", own.delete_label, name="delete-label"),
    path(f"{MAILBOX}job/<uuid:job>/", jobs.show, name="job"),
    path(f"{MAILBOX}job/<uuid:job>/cancel/", jobs.cancel, name="cancel-job"),
    path(f"{MAILBOX}job/<uuid:job>/undo/", jobs.undo, name="undo-job"),
    path(f"{MAILBOX}<slug:folder>/", folders.show, name="folder"),
    path(f"{MAILBOX}<slug:folder>/rename/", own.rename, name="rename-folder"),
    path(f"{MAILBOX}<slug:folder>/delete/", own.delete, name="delete-folder"),
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

searching: list[URLPattern | URLResolver] = [
    path("mail/search/", search.index, name="search"),
    path("mail/search/form/", search.form, name="search-form"),
    path("mail/search/suggest/", suggesting.suggest, name="search-suggest"),
    path("mail/search/forget/", search.forget, name="search-forget-all"),
    path("mail/search/<uuid:search>/", search.show, name="search-results"),
    path("mail/search/<uuid:search>/t/<uuid:thread>/", search.thread, name="search-thread"),
    path("mail/search/<uuid:search>/forget/", search.forget, name="search-forget"),
]

stationery: list[URLPattern | URLResolver] = [
    path("mail/signatures/", signatures.index, name="signatures"),
    path(f"{MAILBOX}signatures/", signatures.index, name="signatures-of"),
    path(f"{SIGNATURE}change/", signatures.change, name="signature-change"),
    path(f"{SIGNATURE}delete/", signatures.delete, name="signature-delete"),
    path("mail/templates/", templates.index, name="templates"),
    path("mail/templates/list/", templates.listed, name="template-list"),
    path(f"{TEMPLATE}change/", templates.change, name="template-change"),
    path(f"{TEMPLATE}delete/", templates.delete, name="template-delete"),
]

FILTER = "mail/filters/<uuid:rule>/"
by_itself: list[URLPattern | URLResolver] = [
    path("mail/filters/", filters.index, name="filters"),
    path("mail/filters/new/", filters.add, name="filter-new"),
    path(f"{MAILBOX}filters/", filters.index, name="filters-of"),
    path(f"{MAILBOX}filters/new/", filters.add, name="filter-new-of"),
    path(FILTER, filters.edit, name="filter"),
    path(f"{FILTER}move/", filters.shift, name="filter-move"),
    path(f"{FILTER}switch/", filters.switch, name="filter-switch"),
    path(f"{FILTER}delete/", filters.delete, name="filter-delete"),
    path(f"{LETTER}filter/", filters.from_letter, name="filter-from-letter"),
    path("mail/vacation/", vacation.write, name="vacation"),
    path("mail/vacation/end/", vacation.end, name="vacation-end"),
    path(f"{MAILBOX}vacation/", vacation.write, name="vacation-of"),
    path(f"{MAILBOX}vacation/end/", vacation.end, name="vacation-end-of"),
]

addressbook: list[URLPattern | URLResolver] = [
    path("mail/contacts/", contacts.index, name="contacts"),
    path("mail/contacts/new/", contacts.add, name="contact-new"),
    path(f"{LETTER}contact/", contacts.from_letter, name="contact-from-letter"),
    path("mail/contacts/restore/", contacts.restore, name="contact-restore"),
    path("mail/contacts/import/", cards.take_in, name="contacts-import"),
    path("mail/contacts/export/", cards.give_out, name="contacts-export"),
    path("mail/contacts/find/", cards.find_people, name="find-people"),
    path("mail/contacts/groups/new/", grouping.make, name="contact-group-new"),
    path(GROUP, contacts.group, name="contact-group"),
    path(f"{GROUP}rename/", grouping.rename, name="contact-group-rename"),
    path(f"{GROUP}join/", grouping.join, name="contact-group-join"),
    path(f"{GROUP}leave/", grouping.leave, name="contact-group-leave"),
    path(f"{GROUP}delete/", grouping.delete, name="contact-group-delete"),
    path(CONTACT, contacts.edit, name="contact"),
    path(f"{CONTACT}delete/", contacts.delete, name="contact-delete"),
]

people: list[URLPattern | URLResolver] = [
    path("mail/delegates/", delegates.index, name="delegates"),
    path("mail/delegates/<uuid:delegation>/end/", delegates.end, name="delegation-end"),
]

# Folders come last: a folder's slug would match every other word.
urlpatterns = [
    *the_house,
    *letters_,
    *by_itself,
    *writing,
    *searching,
    *stationery,
    *addressbook,
    *people,
    *officers.urlpatterns,
    *folders_,
]
