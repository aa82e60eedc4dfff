"""The demo in the service of the state: its offices, their delegates, and the mandate."""
