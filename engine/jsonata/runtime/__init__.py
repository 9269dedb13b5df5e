"""What compiled expressions call while they run: sequences, operators, paths, functions and limits."""
