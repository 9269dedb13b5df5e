"""`crossdock completion`."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from engine.cli.options import json_option
from engine.cli.output import print_json

SHELLS = ("bash", "zsh", "fish")


@click.command()
@click.argument("shell", type=click.Choice(SHELLS))
@json_option
@click.pass_context
def completion(ctx: click.Context, shell: str, as_json: bool) -> None:
    """Print what makes a shell complete commands, options and names.

    Names of the workspace (flows, systems, events, operations) are completed where a command takes them.

    \b
    Example:
      crossdock completion bash > ~/.local/share/bash-completion/completions/crossdock
      crossdock completion zsh > "${fpath[1]}/_crossdock"
      crossdock completion fish > ~/.config/fish/completions/crossdock.fish
    """
    kind = get_completion_class(shell)
    assert kind is not None
    script = kind(ctx.find_root().command, {}, "crossdock", "_CROSSDOCK_COMPLETE").source()
    if as_json:
        print_json({"shell": shell, "script": script})
    else:
        click.echo(script)
