"""Lint: what a workspace may load with and still should not run with."""
