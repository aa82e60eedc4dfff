"""Which gateways are asked, when one is given a rest, and how much each is asked for."""
