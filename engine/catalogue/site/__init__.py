"""The catalogue as a static site: pages that need no server and fetch nothing."""
