"""What a letter asks for besides a letter: an invitation, a read receipt, word of its opening."""
