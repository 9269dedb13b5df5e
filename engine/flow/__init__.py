"""Flows: compiled from a workspace's files to pipelines of steps."""
