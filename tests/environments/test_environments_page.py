"""docs/environments.md shows real files and real output, and knows every key."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from cases import EXAMPLES, ROOT
from iguazioig.api.fields import Record
from iguazioig.api.layer import Refused
from iguazioig.api.v0_2_0.environment import ENVIRONMENT
from test_docs import blocks, reference, run

PAGE = ROOT / "docs" / "environments.md"
SCORING = EXAMPLES / "scoring"

STAGING = """\
project:
  v3io_streams:
    transactions: {retention: a week}
  functions:
    scores:
      max_replicas: 2
      max_replica: 2
      methods: [predict]
"""


@pytest.fixture
def here(tmp_path: Path) -> Path:
    """The example, with the project of `prod`, and an environment `staging` with every kind of slip."""
    for name in ("modules", "environments"):
        shutil.copytree(SCORING / name, tmp_path / name)
    shutil.copy(SCORING / "graph.yaml", tmp_path)
    assert run(tmp_path, "generate graph.yaml --env prod").returncode == 0
    (tmp_path / "environments" / "staging.yaml").write_text(STAGING)
    return tmp_path


@pytest.mark.parametrize(("command", "shown"), blocks("docs/environments.md"))
def test_the_page_about_environments_shows_real_output(
    command: str, shown: str, here: Path, update_golden: bool
) -> None:
    if command.startswith("diff"):
        prod = here / "environments" / "prod.yaml"
        text = prod.read_text()
        assert "transactions: {shards: 16" in text
        prod.write_text(text.replace("transactions: {shards: 16", "transactions: {shards: 32"))
    done = run(here, command)
    if update_golden:
        PAGE.write_text(PAGE.read_text().replace(shown, done.stdout + done.stderr))
    assert (command, done.stdout + done.stderr) in blocks("docs/environments.md")


def test_the_page_about_environments_shows_real_files() -> None:
    shown = re.findall(r"```yaml\n(.*?)```", PAGE.read_text(), re.S)
    assert shown == [
        (SCORING / "environments" / f"{name}.yaml").read_text() for name in ("prod", "dev")
    ]


def test_the_page_about_environments_has_every_key_and_every_refusal() -> None:
    page = PAGE.read_text()
    records: dict[str, Record] = {}
    reference()._gather(ENVIRONMENT, records)
    keys = {
        key: each.kind
        for record in records.values()
        if record.title not in ("delivery settings", "resources", "a reference to a Secret")
        for key, each in record.fields.items()
    }
    refused = {key for key, kind in keys.items() if isinstance(kind, Refused)}
    assert {"methods", "seek_to", "mount_path"} <= refused
    assert [key for key in sorted(keys) if not re.search(rf"\b{key}\b", page)] == []


@pytest.mark.parametrize("name", ["dev", "prod"])
def test_the_environments_of_the_example_are_good(name: str, here: Path) -> None:
    done = run(here, f"validate graph.yaml --env {name} --strict")
    assert (done.returncode, done.stderr) == (0, "")
