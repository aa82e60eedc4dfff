"""Standing orders: rules for arriving mail, and replies while their owner is away."""
