"""What a letter asks of its reader: an invitation to answer, a read receipt to send."""
