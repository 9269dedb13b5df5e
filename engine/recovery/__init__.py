"""Repair: the operator's commands, called by the CLI, by the control socket and by every other face."""
