"""Compiles the tree of an expression to the source of one Python function."""
