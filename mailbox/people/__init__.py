"""The mail's side of people: opening mailboxes, delegates, and what a departure means for mail."""
