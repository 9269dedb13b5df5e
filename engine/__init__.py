"""Crossdock: an integration engine for distributors, configured in YAML and JSONata."""
