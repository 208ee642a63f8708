"""The rig at the command line: `python -m tests.upstream --help`."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import click

from . import build as building
from . import lock as locking
from . import server
from .errors import RigError
from .places import EXCHANGES, Home
from .recording.recorder import record as record_engine
from .settings import ENGINES, Engine, Settings

ENGINE = click.option(
    "--engine",
    type=click.Choice(ENGINES),
    default="new",
    show_default=True,
    help="new: models run in inference-models; old: in the server's own classes.",
)
NAME = click.option("--name", help="Name of the instance, to run several of one engine.  [default: the engine]")


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
def main() -> None:
    """The real Roboflow Inference server, offline, with tiny models and a stub of its platform.

    Everything lies in .rig at the root of the checkout, or in the folder that ASSAY_RIG_HOME names.
    """


@main.command()
@click.option("--prune", is_flag=True, help="Afterwards delete what older recipes left behind.")
def build(prune: bool) -> None:
    """Install the server's environment and make the pictures and models, unless they are there."""
    home, began = Home.chosen(), time.monotonic()
    build = building.ensure(home)
    click.echo(f"environment {build.environment.folder}")
    click.echo(f"models      {build.folder}")
    click.echo(f"ready after {time.monotonic() - began:.1f} s")
    if prune:
        if running := server.started(home):
            raise RigError(f"{running[0].name} was started and not stopped; nothing is pruned while a server may run.")
        for folder in building.prune(home):
            click.echo(f"deleted     {folder}")


@main.command()
@ENGINE
@NAME
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="Port of the server.  [default: a free one]")
@click.option("--refuse-urls", is_flag=True, help="Refuse pictures by URL as a server out of the box does.")
@click.option("--cache-auth", is_flag=True, help="Judge the API key at every call, not only when a model is loaded.")
@click.option("--threads", type=click.IntRange(1), default=1, show_default=True, help="Threads of a model.")
@click.option(
    "--env", "extra", multiple=True, metavar="NAME=VALUE", help="One more environment variable of the server."
)
def start(
    *,
    engine: Engine,
    name: str | None,
    port: int,
    refuse_urls: bool,
    cache_auth: bool,
    threads: int,
    extra: tuple[str, ...],
) -> None:
    """Start a server that runs until it is stopped; builds the rig first if need be."""
    if wrong := [pair for pair in extra if "=" not in pair]:
        raise click.BadParameter(f"{wrong[0]!r} is not NAME=VALUE", param_hint="--env")
    home = Home.chosen()
    settings = Settings(engine, port, refuse_urls, cache_auth, threads, dict(pair.split("=", 1) for pair in extra))
    build = building.ensure(home)
    began = time.monotonic()
    instance = server.start(home, build, settings, name=name)
    click.echo(f"{instance.url}  ({engine} engine, key {instance.key}, ready after {time.monotonic() - began:.1f} s)")
    click.echo(f"models: {', '.join(f'{kind} {model}' for kind, model in instance.models.items())}")
    click.echo(f"pictures: {instance.platform}/img/two.jpg  logs: {instance.folder}")


@main.command()
@ENGINE
@NAME
@click.option("--all", "everything", is_flag=True, help="Stop every instance.")
def stop(engine: Engine, name: str | None, everything: bool) -> None:
    """Stop a server that was started here; its logs stay."""
    home = Home.chosen()
    found = server.find(home, name or engine)
    instances = server.started(home) if everything else [found] if found else []
    for instance in instances:
        server.stop(instance)
        click.echo(f"stopped {instance.name}")
    if not instances:
        click.echo("nothing to stop")


@main.command()
def status() -> None:
    """Say what is built and what runs."""
    home = Home.chosen()
    build = building.built(home)
    click.echo(f"built: {build.folder}" if build else "not built")
    for instance in server.started(home):
        state = "runs" if instance.alive() else "is dead"
        click.echo(f"{instance.name} {state}: {instance.url}, {instance.settings.engine} engine, {instance.folder}")


@main.command()
@click.option(
    "--engine",
    "engines",
    type=click.Choice(ENGINES),
    multiple=True,
    help="Record this engine only.  [default: both, one after the other]",
)
@click.option(
    "--into",
    type=click.Path(file_okay=False, path_type=Path),
    default=EXCHANGES,
    help="Folder to write.  [default: fixtures/exchanges]",
)
def record(engines: tuple[Engine, ...], into: Path) -> None:
    """Send every sample request to fresh servers, and write the exchanges down."""
    home = Home.chosen()
    build = building.ensure(home)
    for engine in engines or ENGINES:
        count = record_engine(home, build, engine, into)
        click.echo(f"{engine}: {count} exchanges in {into / engine}")


@main.command()
@click.option("--upgrade", is_flag=True, help="Take the newest releases that fit, instead of those pinned now.")
def lock(upgrade: bool) -> None:
    """Pin the server's environment anew, from requirements.in."""
    locking.lock(upgrade=upgrade)


if __name__ == "__main__":
    try:
        main(prog_name="python -m tests.upstream", standalone_mode=True)
    except RigError as error:
        click.echo(f"error: {error}", err=True)
        sys.exit(1)
