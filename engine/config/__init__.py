"""A workspace's files: YAML with marks, typed models, environment and secrets, findings and revisions."""
