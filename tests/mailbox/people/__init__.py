"""The mail's side of people: who reaches a mailbox, what a departure means, who opens one."""
