"""What comes back about a letter that has left: reports, and what the author is told."""
