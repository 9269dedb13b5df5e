"""The connectors and codecs that come with the base install."""
