"""The field types of configuration, and where a text stands in its file; plugins get them through `engine.plugin`."""
