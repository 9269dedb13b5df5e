"""What the engine says of itself: structured logs."""
