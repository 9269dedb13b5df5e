"""Mappings to measure, each with data, the mapping as JSONata and the same by hand in Python."""
