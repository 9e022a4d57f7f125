"""The pages: each is reached, links lead somewhere, and where the extra is there they are built."""

import re
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

LINK = re.compile(r"\]\(([^)#:]+\.md)[^)]*\)")


def test_every_page_is_named_in_the_index(repository):
    docs = repository / "docs"
    pages = {path.relative_to(docs).as_posix() for path in docs.rglob("*.md")}
    named = set(LINK.findall((docs / "index.md").read_text(encoding="utf-8")))
    assert pages - named == {"index.md"} | {page for page in pages if page.startswith("decisions/")}


def test_links_between_pages_lead_somewhere(repository):
    lost = [
        f"{page.relative_to(repository)}: {link}"
        for page in (repository / "docs").rglob("*.md")
        for link in LINK.findall(page.read_text(encoding="utf-8"))
        if not (page.parent / link).exists()
    ]
    assert lost == []


def test_decisions_are_numbered_one_after_the_other(repository):
    numbers = [int(path.name[:4]) for path in sorted((repository / "docs" / "decisions").glob("*.md"))]
    assert numbers == list(range(1, len(numbers) + 1))


@pytest.mark.parametrize("package", ["strategy", "sim", "adapters"])
def test_each_package_has_a_page_of_its_own_words(repository, package):
    page = (repository / "docs" / "api" / f"{package}.md").read_text(encoding="utf-8")
    assert f"::: {package}\n" in page
    assert "show_submodules: true" in page


def test_the_pages_are_built_from_the_programs_own_words(repository, tmp_path):
    if find_spec("zensical") is None or find_spec("mkdocstrings_handlers") is None:
        pytest.skip("the extra `docs` is not installed: the pages are not built")
    shutil.copytree(repository / "docs", tmp_path / "docs")
    shutil.copy(repository / "zensical.toml", tmp_path)
    for package in ("strategy", "sim", "adapters"):
        (tmp_path / package).symlink_to(repository / package)
    command = [Path(sys.executable).parent / "zensical", "build", "--strict"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    page = (tmp_path / "site" / "api" / "strategy" / "index.html").read_text(encoding="utf-8")
    for name in ("strategy.book.Book.delta", "strategy.core", "strategy.instrument.make_instrument"):
        assert f'id="{name}"' in page
    assert "Mirror one symbol" in page
