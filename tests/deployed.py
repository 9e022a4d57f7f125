"""What is shipped to deploy with, read: the rules, their stories, the dashboard."""

import json
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

DEPLOY = Path(__file__).resolve().parent.parent / "adapters" / "deploy"


def yaml(name: str) -> Any:
    """Read one of the files."""
    return YAML(typ="safe", pure=True).load(DEPLOY / name)


def rules() -> list[dict[str, Any]]:
    """Give every alert rule."""
    return [rule for group in yaml("alerts.yml")["groups"] for rule in group["rules"]]


def stories() -> list[dict[str, Any]]:
    """Give the stories the rules are tested with; the first is of a good day."""
    return yaml("alerts_test.yml")["tests"]


def board() -> Any:
    """Read the dashboard."""
    return json.loads((DEPLOY / "dashboard.json").read_text())


def panels() -> list[dict[str, Any]]:
    """Give every panel that asks something."""
    return [panel for panel in board()["panels"] if panel["type"] != "row"]


def chosen(expression: str) -> str:
    """Choose everything in the dashboard's variables."""
    for name, value in (("job", "stormquote"), ("instance", ".*"), ("symbol", ".*"), ("__rate_interval", "1m")):
        expression = expression.replace(f"${name}", value)
    return expression
