"""The arms as ``pyproject.toml`` declares them, whatever was installed when the environment was made."""

import tomllib
from pathlib import Path

from sim.through.arms import GROUP

_PYPROJECT = Path(__file__).resolve().parent.parent / "pyproject.toml"


def declared():
    """Give name and value of each arm this project installs."""
    return tomllib.loads(_PYPROJECT.read_text())["project"]["entry-points"][GROUP]


def install(folder: Path, arms: dict[str, str]) -> Path:
    """Write the metadata that installing a distribution with these arms would write; give what goes on the path."""
    info = folder / "some_arms-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: some-arms\nVersion: 1.0\n")
    lines = "".join(f"{name} = {value}\n" for name, value in arms.items())
    (info / "entry_points.txt").write_text(f"[{GROUP}]\n{lines}")
    return folder
