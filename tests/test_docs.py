"""What the repository says about itself: one version, a changelog by version, decisions of one form, a short README."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from tests import template_lines

ROOT = Path(__file__).resolve().parent.parent
DECISIONS = sorted((ROOT / "docs" / "decisions").glob("*.md"))
READERS = {"Members", "Analysts", "Coordinators", "Operators"}


def test_the_version_is_stated_in_version_py_alone() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert project["project"]["dynamic"] == ["version"]
    assert "version" not in project["project"]
    assert project["tool"]["hatch"]["version"] == {
        "source": "code",
        "path": "booking/version.py",
        "expression": "current()",
    }
    assert [
        str(path.relative_to(ROOT))
        for path in (ROOT / "booking").rglob("*.py")
        if re.search(r"(?i)\b_*version_* *= *[\"']\d", path.read_text(encoding="utf-8"))
    ] == []


def test_the_changelog_is_by_version_newest_first_and_by_reader() -> None:
    lines = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8").splitlines()
    versions = [line.removeprefix("## ") for line in lines if line.startswith("## ")]
    assert versions[0] == "Unreleased"
    numbers = [tuple(map(int, version.split("."))) for version in versions[1:]]
    assert numbers == sorted(numbers, reverse=True)
    assert {line.removeprefix("### ") for line in lines if line.startswith("### ")} == READERS


@pytest.mark.parametrize("decision", DECISIONS, ids=lambda path: path.stem)
def test_a_decision_has_a_number_of_its_own_and_a_title(decision: Path) -> None:
    number = decision.name[:4]
    assert re.fullmatch(r"\d{4}-[a-z0-9-]+\.md", decision.name)
    assert [other.name for other in DECISIONS if other.name.startswith(number)] == [decision.name]
    assert decision.read_text(encoding="utf-8").startswith("# ")


def test_links_between_documents_lead_somewhere() -> None:
    documents = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")]
    broken = [
        f"{path.relative_to(ROOT)}: {target}"
        for path in documents
        for target in re.findall(r"\]\(([^)#\s]+)", path.read_text(encoding="utf-8"))
        if "://" not in target and not (path.parent / target).exists()
    ]
    assert broken == []


def test_the_readme_fits_on_a_page() -> None:
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= 80


def test_template_lines_over_the_limit_are_found(tmp_path: Path) -> None:
    templates = tmp_path / "templates"
    templates.mkdir()
    limit = template_lines.LIMIT
    (templates / "a.html").write_text(f"{'x' * limit}\n{'x' * (limit + 1)}\n", encoding="utf-8")
    assert template_lines.long_lines(templates) == [f"templates/a.html:2: {limit + 1} characters"]
