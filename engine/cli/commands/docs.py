"""`crossdock docs`."""

from __future__ import annotations

from pathlib import Path

import click

from engine.catalogue.site.writing import NotOurFolder, write_site
from engine.cli.described import described
from engine.cli.options import json_option, workspace_argument
from engine.cli.output import Output, busy, print_json
from engine.cli.stops import Stop, Unusable, counted

SITE = ".crossdock/site"


@click.command(epilog="Exit codes: 0 built, 1 the folder holds something else, 2 the workspace has errors.")
@workspace_argument
@click.option(
    "--out",
    metavar="FOLDER",
    type=click.Path(path_type=Path, file_okay=False),
    help=f"Where to build it; by default {SITE} in the workspace.",
)
@json_option
def docs(folder: Path, out: Path | None, as_json: bool) -> None:
    """Build the catalogue of the workspace as a static site.

    Flows, systems, interfaces, topics, entities, ownership, who calls whom, rules, errors with runbooks, the way of
    each field from system to system, and OpenAPI and AsyncAPI descriptions. The pages need no server and fetch nothing
    from elsewhere; building again removes the pages of what is gone.

    \b
    Example:
      crossdock docs
      crossdock docs --out public
    """
    target = out if out is not None else folder / SITE
    with busy("building"):
        catalogue = described(folder)
        try:
            written = write_site(catalogue, target)
        except NotOurFolder as error:
            raise Stop(str(error), advice="name another folder, or empty it") from error
        except OSError as error:
            raise Unusable(f"'{error.filename}' cannot be written: {(error.strerror or 'an error').lower()}") from error
    if as_json:
        print_json({"folder": str(target), "revision": catalogue.revision.id, "files": written})
        return
    pages = [name for name in written if name.endswith(".html")]
    Output().say(f"built {counted(len(pages), 'page')} in {target}; open {target / 'index.html'}")
