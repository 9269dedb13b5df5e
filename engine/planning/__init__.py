"""What a change of a workspace does: to its parts, to those who use its contracts, and to messages that really came."""
