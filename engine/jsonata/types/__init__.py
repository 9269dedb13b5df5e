"""What an expression gives, known before it runs: types of values, and whether they fit a target."""
