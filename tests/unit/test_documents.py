"""What the documents name exists."""

import re
from pathlib import Path

import pytest
import typer
from builders.command_lines import commands_of, complaint, split

from aurax.adapters.cli.main import app
from aurax.adapters.cli.request_options import options_page
from aurax.adapters.cli.settings_page import settings_page, variable
from aurax.settings import Settings

ROOT = Path(__file__).parents[2]
SOURCES = [path for end in ("py", "toml", "dsp") for path in sorted((ROOT / "src").rglob(f"*.{end}"))]
CITATION = re.compile(r"\bdocs/[\w./-]*\w\.md(?:#[\w-]+)?")
ELSEWHERE = {"AURAX_TEST_DATABASE_URL", "AURAX_FUZZ_INPUTS", "AURAX_MODAL_HUB_SECRET"}
"""Variables of tests and of the deployment on Modal, which are no settings of this machine."""
DOCUMENTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]


@pytest.fixture(params=DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def document(request: pytest.FixtureRequest) -> Path:
    path: Path = request.param
    return path


def test_every_named_command_exists(document: Path) -> None:
    known = set(typer.main.get_command(app).commands)  # type: ignore[attr-defined]
    text = document.read_text(encoding="utf-8")
    named = set(re.findall(r"(?:`|bin/|^)aurax ([a-z][a-z-]*[a-z])", text, re.MULTILINE))
    assert named <= known


def test_every_command_line_has_a_command_and_options_that_exist(document: Path) -> None:
    lines = list(commands_of(document.read_text(encoding="utf-8")))
    assert {line: words for line in lines if (words := complaint(split(line)))} == {}


def test_every_named_make_target_exists(document: Path) -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = set(re.findall(r"(?:`|^)make ([a-z]+)", document.read_text(encoding="utf-8"), re.MULTILINE))
    assert named <= targets


def test_every_link_leads_somewhere(document: Path) -> None:
    links = re.findall(r"\]\(([^)#]+)\)", document.read_text(encoding="utf-8"))
    assert [link for link in links if "://" not in link and not (document.parent / link).exists()] == []


def test_every_named_source_file_exists(document: Path) -> None:
    rooms = "score|audio|intent|compose|render|mix|judge|arrange|engines|deliver|produce|services|adapters"
    named = set(re.findall(rf"`((?:{rooms})/[\w/]+\.py)`", document.read_text(encoding="utf-8")))
    assert [name for name in named if not (ROOT / "src" / "aurax" / name).exists()] == []


def test_the_page_of_options_is_made_from_the_fields_of_a_request() -> None:
    written = (ROOT / "docs" / "options.md").read_text(encoding="utf-8")
    assert written == options_page(), "run: python scripts/document_options.py"


def test_the_page_of_settings_is_made_from_the_fields_of_the_settings() -> None:
    written = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    assert written == settings_page(), "run: python scripts/document_settings.py"


def test_every_named_variable_is_a_setting(document: Path) -> None:
    known = {variable(field) for field in Settings.model_fields}
    named = set(re.findall(r"\bAURAX_[A-Z0-9_]*[A-Z0-9]\b", document.read_text(encoding="utf-8")))
    assert named - known - ELSEWHERE == set()


def anchors(document: Path) -> set[str]:
    """The headings of a document, as links name them."""
    headings = re.findall(r"^#+ (.+)$", document.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_source_files_cite_the_facts() -> None:
    citations = [one for path in SOURCES for one in CITATION.findall(path.read_text(encoding="utf-8"))]
    assert sum(one.startswith("docs/facts/") for one in citations) > 30


def test_every_citation_in_a_source_file_leads_to_a_heading() -> None:
    lost = []
    for path in SOURCES:
        for citation in CITATION.findall(path.read_text(encoding="utf-8")):
            name, _, anchor = citation.partition("#")
            if not (ROOT / name).is_file() or (anchor and anchor not in anchors(ROOT / name)):
                lost.append(f"{path.relative_to(ROOT)}: {citation}")
    assert lost == []
