"""The commands, one file each; `engine.cli.table` lists them."""
