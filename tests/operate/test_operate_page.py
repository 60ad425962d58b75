"""docs/operate.md shows what the commands print."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import in_process
import pytest
from cases import ROOT
from deployments import Deployed, commit, join
from iguazioig.emulator import ACCESS_KEY, serve

PAGE = ROOT / "docs" / "operate.md"
COMMAND = re.compile(r"```text\n\$ iguazioig ([^\n]+)\n(.*?)```", re.S)
GRAPH = re.compile(r"```yaml\n(.*?)```", re.S)


@pytest.fixture
def deployed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Deployed]:
    """What the page tells of: a night's work by hand, and a module that has changed since."""
    with serve(access_key=ACCESS_KEY) as v3io:
        there = Deployed(tmp_path, v3io)
        join(there, monkeypatch)
        there.settle()
        score = there.nuctl.functions["fraud-score"]["spec"]
        env = [*score["env"], {"name": "MODEL_TOKEN", "value": "tok-1234"}]
        there.change("fraud-score", minReplicas=3, maxReplicas=3, env=env)
        module = there.project / "steps" / "alert" / "alerts.py"
        module.write_text(module.read_text() + "\n")
        messages = [{"account": str(number)} for number in range(1200)]
        v3io.put("projects", "fraud/streams/transactions", messages, key="account")
        commit("fraud/streams/transactions", "score", dict.fromkeys(range(4), 200))
        yield there


def test_the_page_shows_real_output(deployed: Deployed, update_golden: bool) -> None:
    page = PAGE.read_text()
    for command, shown in COMMAND.findall(page):
        result = in_process.run(*command.split())
        page = page.replace(f"{command}\n{shown}```", f"{command}\n{result.output}```")
    graph = Path("graph.yaml").read_text()
    page = page.replace(GRAPH.search(page)[0], f"```yaml\n{graph}```")  # type: ignore[index]
    if update_golden:
        PAGE.write_text(page)
    assert page == PAGE.read_text()


def test_the_page_has_every_key_and_every_status(deployed: Deployed) -> None:
    page = PAGE.read_text()
    result = in_process.run("status", "fraud", "--format", "json")
    told = json.loads(result.stdout)
    step = next(each for each in told["steps"] if each["differences"])
    keys = [*told, *step, *step["differences"][0], *told["streams"][0]]
    words = [*WORDS, "as declared", "differs"]
    assert [each for each in (*keys, *words) if f"`{each}`" not in page] == []


WORDS = ("missing", "failed", "imported", "deploying", "drifted", "outdated", "in sync")
