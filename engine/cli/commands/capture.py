"""`crossdock capture`."""

from __future__ import annotations

import click

from engine.app.checks import check
from engine.cli.office import order
from engine.cli.options import json_option, workspace_option
from engine.cli.output import Output, busy, print_json
from engine.cli.places import Place
from engine.cli.stops import Unusable, counted
from engine.errors import ConfigurationError
from engine.testing.capture import Capture


@click.command(
    epilog="Exit codes: 0 the case is written and holds, 1 there is no such message, it cannot be a case, or today's "
    "flow does something else with it, 2 the workspace has errors."
)
@click.argument("message", metavar="MESSAGE")
@click.option("--case", "sentence", metavar="TEXT", help="The case's sentence; by default the message and its end.")
@click.option("--keep", metavar="FIELD", multiple=True, help="A field that is not personal after all. Repeatable.")
@click.option("--print", "only_print", is_flag=True, help="Print the case and write nothing.")
@workspace_option
@json_option
def capture(
    message: str, sentence: str | None, keep: tuple[str, ...], only_print: bool, place: Place, as_json: bool
) -> None:
    """Turn a stored message and the answers it got into a test.

    MESSAGE is the id of a message that has come to rest in a flow. The case is added to the NAME.test.yaml beside the
    flow: what came in, what systems answered, what released it, and everything that came of it. Personal data gets
    pseudonyms, the same for a value wherever it stands. The case has been run, and holds.

    \b
    Example:
      crossdock capture 01jz7h2k8m0q4
      crossdock capture 01jz7h2k8m0q4 --case 'a drop shipment is booked' --keep city
    """
    record = order(place, "record", {"id": message})
    with busy("capturing"):
        revision, findings = check(place.folder, complete=False, sandbox=True)
        if revision is None:
            raise ConfigurationError(findings.errors)
        captured = Capture(revision, place.folder).capture(record, sentence=sentence, keep=keep)
    if not only_print:
        try:
            (place.folder / captured.file).write_text(captured.text, encoding="utf-8")
        except OSError as error:
            why = (error.strerror or "an error").lower()
            raise Unusable(f"'{captured.file}' cannot be written: {why}") from error
    if as_json:
        told = {"file": captured.file, "case": captured.sentence, "masked": captured.masked, "written": not only_print}
        print_json({**told, "text": captured.case})
    elif only_print:
        click.echo(captured.case, nl=False)
    else:
        output = Output()
        output.say(f"{captured.file}: added '{captured.sentence}', which holds", style="green")
        output.say(f"{counted(captured.masked, 'personal value')} masked; read the case before you share it")
