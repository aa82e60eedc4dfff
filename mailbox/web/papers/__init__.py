"""Pages about one letter besides itself: its files, its paper, its source, its answers."""
