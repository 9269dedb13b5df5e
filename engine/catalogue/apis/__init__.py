"""Descriptions of the workspace's own interfaces in the formats that others read: OpenAPI and AsyncAPI."""
