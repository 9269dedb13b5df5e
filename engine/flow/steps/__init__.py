"""The steps: one integration pattern, one file."""
