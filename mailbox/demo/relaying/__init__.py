"""What the demo's way out shows: letters in every state, a held arrival, signing keys."""
