"""JSON Schemas of the files of a workspace, for editors: made from the models, with the workspace's own names."""
