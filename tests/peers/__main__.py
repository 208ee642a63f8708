"""The clients at the command line: `python -m tests.peers --help`."""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

import click

from assay.encodings import encode_png

from ..upstream.errors import RigError
from ..upstream.places import Home
from . import annotated
from . import lock as locking
from . import tools as system
from .documents import Where, printed
from .environments import LINTERS, PEERS, node_modules, python
from .running import run


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
def main() -> None:
    """Real clients for the tests, in environments of their own in .rig, or where ASSAY_RIG_HOME says."""


@main.command()
@click.option("--install", is_flag=True, help="Install with apt what is missing, as root.")
def tools(install: bool) -> None:
    """Say which programs of the system are missing."""
    if install:
        click.echo(f"installed: {' '.join(system.install()) or 'nothing, all are there'}")
    elif missing := system.missing():
        packages = " ".join(tool.package for tool in missing)
        raise RigError(f"{len(missing)} are missing; Debian's packages: {packages}")
    else:
        click.echo("all are there")


@main.command()
def build() -> None:
    """Make every environment that is not there."""
    home, began = Home.chosen(), time.monotonic()
    for name in (*PEERS, LINTERS):
        click.echo(python(home, name).parents[1])
    click.echo(node_modules(home).parent)
    click.echo(f"ready after {time.monotonic() - began:.1f} s")


@main.command()
def annotate() -> None:
    """Have the documents' scripts draw golden answers anew: fixtures/goldens/annotated."""
    annotated.KEPT.mkdir(exist_ok=True)
    for name in annotated.QUESTIONS:
        seen = annotated.shown(name)
        with tempfile.TemporaryDirectory() as folder, annotated.given(seen.answer, seen.picture) as url:
            text = printed()[name].edited(Where(url, url, "key"))
            ran = run(printed()[name], text, Path(folder), Home.chosen(), API_KEY="key")
            if ran.status:
                raise RigError(f"{name} ends with {ran.status}:\n{ran.errors}")
            written = annotated.drawn(Path(folder, annotated.WRITTEN[name]).read_bytes())
        (annotated.KEPT / f"{name}.png").write_bytes(encode_png(written))
        click.echo(annotated.KEPT / f"{name}.png")


@main.command()
@click.option("--upgrade", is_flag=True, help="Take the newest releases that fit, instead of those pinned now.")
def lock(upgrade: bool) -> None:
    """Pin the environments anew."""
    locking.lock(upgrade=upgrade)


if __name__ == "__main__":
    try:
        main(prog_name="python -m tests.peers", standalone_mode=True)
    except RigError as error:
        click.echo(f"error: {error}", err=True)
        sys.exit(1)
