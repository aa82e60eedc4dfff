"""What the portal runs on, as the environment names it."""
