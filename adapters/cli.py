"""The command ``live``. Honest about what it cannot do yet."""

import sys

import click


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def live() -> None:
    """Quote on a real venue. Not built yet: no verb trades, none pretends to."""


def main() -> None:
    """Run ``live``."""
    sys.exit(live(standalone_mode=True))
