"""What the README promises is there."""

import re


def test_every_shipped_scenario_is_in_the_readme_and_none_else(repository):
    text = (repository / "README.md").read_text()
    storms = text.split("## The storms")[1].split("\n## ")[0]
    named = [name for row in re.findall(r"^\| (`.*?) \|", storms, re.MULTILINE) for name in re.findall(r"`(\w+)`", row)]
    assert sorted(path.stem for path in (repository / "scenarios").glob("*.yaml")) == sorted(named)


def test_links_of_the_readme_lead_somewhere(repository):
    text = (repository / "README.md").read_text()
    links = re.findall(r"\]\(([^)#:]+)\)", text)
    assert links
    assert [] == [link for link in links if not (repository / link).exists()]
