"""Options that several verbs share, spelled and explained once."""

from pathlib import Path

import click

config = click.option(
    "--config",
    "config_path",
    type=click.Path(path_type=Path),
    default=Path("live.yaml"),
    show_default=True,
    envvar="STORMQUOTE_LIVE",
    show_envvar=True,
    help="The live config.",
)

venue = click.option(
    "--venue", "venue_name", metavar="NAME", help="Refuse to act unless the config is about this venue."
)

state_dir = click.option(
    "--state-dir",
    type=click.Path(path_type=Path),
    help="Where the bot keeps its state, for when the live config cannot be read.",
)

journal = click.option(
    "--journal",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Another journal than that of real orders.",
)

form = click.option("--format", "form", type=click.Choice(["plain", "json"]), default="plain", show_default=True)


def must_be_about(name: str | None, is_named: str) -> None:
    """Refuse a config that is about another venue than the one a person typed."""
    if name is not None and name != is_named:
        raise click.BadParameter(f"the config is about {is_named!r}, not {name!r}", param_hint="--venue")
