"""The parts of the pipeline benchmark: peers, workspaces, load and profile."""
