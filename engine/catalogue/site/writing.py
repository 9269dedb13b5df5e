"""Writing the site into a folder: pages from templates, and nothing else touched."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from engine.catalogue.catalogue import Catalogue
from engine.catalogue.pictures.svg import STYLE
from engine.catalogue.site.pages import Page, Site
from engine.errors import CrossdockError

_TEMPLATES = Path(__file__).parent / "templates"
_MANIFEST = ".crossdock-site.json"
_NAVIGATION = (
    ("index.html", "Overview"),
    ("flows.html", "Flows"),
    ("systems.html", "Systems"),
    ("interfaces.html", "Interfaces"),
    ("events.html", "Events"),
    ("entities.html", "Entities"),
    ("ownership.html", "Ownership"),
    ("calls.html", "Who calls whom"),
    ("rules.html", "Rules"),
    ("errors.html", "Errors"),
    ("apis.html", "APIs"),
)


class NotOurFolder(CrossdockError):
    """A folder that holds something that no site of ours has written."""


def site_files(catalogue: Catalogue) -> Iterator[tuple[str, bytes]]:
    """Every file of the site with its path, one after the other."""
    site = Site(catalogue)
    environment = _environment()
    shared = {
        "workspace": catalogue.revision.workspace,
        "revision": catalogue.revision.id,
        "navigation": _NAVIGATION,
    }
    for page in site.pages():
        yield page.path, _page(environment, page, shared).encode()
    for name, text in site.documents().items():
        yield name, text.encode()
    yield "style.css", ((_TEMPLATES / "style.css").read_text(encoding="utf-8") + STYLE).encode()
    yield "site.js", (_TEMPLATES / "site.js").read_bytes()


def write_site(catalogue: Catalogue, folder: Path, tell: Callable[[str], None] = lambda path: None) -> list[str]:
    """Write the site; pages of an earlier one that are gone are removed. Raises NotOurFolder, and OSError."""
    manifest = folder / _MANIFEST
    if folder.exists() and any(folder.iterdir()) and not manifest.exists():
        raise NotOurFolder(f"'{folder}' holds files that are no catalogue of ours")
    before = set(json.loads(manifest.read_text(encoding="utf-8"))) if manifest.exists() else set()
    written = []
    for path, content in site_files(catalogue):
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
        written.append(path)
        tell(path)
    for gone in sorted(before - set(written)):
        if (folder / gone).resolve().is_relative_to(folder.resolve()):
            (folder / gone).unlink(missing_ok=True)
    manifest.write_text(json.dumps(sorted(written)), encoding="utf-8")
    return written


def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["picture"] = Markup
    return environment


def _page(environment: Environment, page: Page, shared: Mapping[str, object]) -> str:
    root = "../" * page.path.count("/")
    return environment.get_template(page.template).render(
        {**shared, **page.values, "root": root, "path": page.path, "title": page.title}
    )
