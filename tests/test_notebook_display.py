"""At home in a notebook: graphs, plans, deployments and problems as IPython's own formatter, shell and kernel get them."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import warnings
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from cases import ALL_CASES, EXAMPLES, name_of
from graphs import graph_of
from iguazioig import Command, Deployment, GraphError, Location, Problem
from iguazioig.commands import Commands
from iguazioig.deployment import load
from iguazioig.display import bundle
from iguazioig.display.drawing import LARGEST
from iguazioig.display.progress import Progress
from iguazioig.emulator import ACCESS_KEY, serve
from iguazioig.errors import DeployError, NotReadyError
from iguazioig.graph import Graph
from iguazioig.source import read_source
from notebook_files import written
from nuctl_recorder import Recorder

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from IPython.core.formatters import DisplayFormatter

SCORING = EXAMPLES / "scoring" / "graph.yaml"
HOSTILE = (
    "</td><script>alert('1')</script><img src=x onerror=\"alert(2)\">&lt;b&gt;\x1b[31m\n{{7*7}}"
)
TAGS = {
    "code", "em", "br", "li", "ol", "p", "path", "g", "rect", "small", "span", "strong", "svg", "table", "tbody", "td", "text",
    "th", "thead", "title", "tr", "ul",
}  # fmt: skip
ATTRIBUTES = {
    "d", "fill", "height", "rx", "stroke", "stroke-dasharray", "style", "text-anchor", "viewbox", "width", "x", "xmlns", "y",
}  # fmt: skip


class Page(HTMLParser):
    """The tags, attributes and texts of a page, all of them closed again."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.text = ""
        self._open: list[str] = []
        self.feed(html)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        if tag != "br":
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def shown(thing: object) -> dict[str, str]:
    """What IPython's own formatter makes of a thing."""
    data, _ = DisplayFormatter().format(thing)
    return dict(data)


def page(thing: object) -> Page:
    found = Page(shown(thing)["text/html"])
    assert found.tags <= TAGS
    assert found.attributes <= ATTRIBUTES
    return found


@pytest.mark.filterwarnings("ignore::iguazioig.GraphWarning")
def test_a_graph_shows_its_picture_and_its_tables() -> None:
    graph = Deployment().load(SCORING).graph
    found = shown(graph)
    assert set(found) == {"text/plain", "text/html"}
    assert found["text/plain"].splitlines() == [
        "fraud: 2 steps, 4 streams",
        "  score: transactions → FraudModel → scores",
        "  alert: scores → Alerts → alerts",
    ]
    text = page(graph).text
    for part in (
        "FraudModel → prepare → predict",
        "projects/fraud/streams/scores",
        "168 h",
        "rejected",
    ):
        assert part in text


@pytest.mark.filterwarnings("ignore::iguazioig.GraphWarning")
@pytest.mark.parametrize(
    "case", [each for each in ALL_CASES if (each / "plan.txt").exists()], ids=name_of
)
def test_every_graph_is_shown(case: Path) -> None:
    loaded = load(read_source(case / "graph.yaml"))
    for thing in (loaded, loaded.plan(), loaded.graph):
        html = page(thing)
        assert loaded.graph.slug in html.text
    picture = re.search("<svg.*?</svg>", shown(loaded)["text/html"], re.DOTALL)
    assert picture
    texts = [each.text for each in ElementTree.fromstring(picture[0]).findall(".//{*}title")]
    assert len(texts) >= len(loaded.graph.steps) + len(loaded.graph.streams)


def test_no_box_of_a_picture_lies_on_another() -> None:
    for case in EXAMPLES.glob("*/graph.yaml"):
        html = bundle(load(read_source(case)).graph)["text/html"]
        found = re.findall(r'<rect x="(\d+)" y="(\d+)" width="(\d+)" height="(\d+)"', html)
        boxes = [tuple(map(int, each)) for each in found]
        for number, (x, y, width, height) in enumerate(boxes):
            for other_x, other_y, other_width, other_height in boxes[number + 1 :]:
                beside = x + width <= other_x or other_x + other_width <= x
                below = y + height <= other_y or other_y + other_height <= y
                assert beside or below


def test_a_large_graph_has_tables_and_no_picture() -> None:
    graph = graph_of(SCORING.read_text())
    stream = graph.streams[0]
    many = tuple(replace(stream, name=f"s{n}", slug=f"s{n}") for n in range(LARGEST + 500))
    html = bundle(replace(graph, streams=many))["text/html"]
    assert "<svg" not in html
    assert "… and 380 more" in html
    assert len(html) < 200_000


def test_a_graph_that_is_a_cycle_is_drawn() -> None:
    graph = graph_of(SCORING.read_text())
    score, alert = graph.steps
    back = replace(alert, streams=(graph.streams[0], *alert.streams))
    assert "<svg" in bundle(replace(graph, steps=(score, back)))["text/html"]


def test_a_plan_shows_its_commands_in_their_order() -> None:
    text = page(load(read_source(SCORING)).plan()).text
    found = [text.index(each) for each in ("python3 setup_streams.py", "nuctl create project fraud", "nuctl deploy fraud-alert", "nuctl deploy fraud-score")]  # fmt: skip
    assert found == sorted(found)
    assert "projects/fraud/streams/scores: 4 shards" in text


@pytest.mark.filterwarnings("ignore::iguazioig.GraphWarning")
def test_a_dry_run_shows_what_it_lists() -> None:
    commands = Deployment().deploy(SCORING, dry_run=True)
    assert commands == list(commands)
    assert shown(commands)["text/plain"].splitlines()[:2] == [
        "4 commands, in this order",
        "  python3 setup_streams.py",
    ]


def test_problems_are_a_list() -> None:
    first = Problem(Location("graph.yaml", 3, 5), "`x` is y", "expected z")
    second = Problem(Location("fraud.ipynb", 2, cell=3), "odd", "", "odd", "warning")
    for error in (GraphError([first, second]), NotReadyError([first, second])):
        found = shown(error)
        assert found["text/plain"].splitlines() == [
            "1 error, 1 warning",
            "  fraud.ipynb:cell 3:2:1: warning: odd",
            "  graph.yaml:3:5: `x` is y; expected z",
        ]
        assert "fraud.ipynb:cell 3:2:1" in page(error).text


# Nothing of a graph becomes HTML.


def hostile(graph: Graph) -> Graph:
    """The graph with a hostile text wherever a text can be."""
    step, *others = graph.steps
    http = [replace(each, url=HOSTILE) for each in step.https]
    named = replace(
        step,
        slug=HOSTILE,
        class_name=HOSTILE,
        class_module=HOSTILE,
        methods=(HOSTILE,),
        https=tuple(http),
    )
    streams = tuple(
        replace(each, slug=HOSTILE, container=HOSTILE, path=HOSTILE) for each in graph.streams
    )
    return replace(graph, slug=HOSTILE, steps=(named, *others), streams=streams)


def test_no_text_of_a_graph_becomes_html() -> None:
    graph = hostile(load(read_source(EXAMPLES / "everything" / "graph.yaml")).graph)
    place = Location(HOSTILE)
    command = Command((HOSTILE,), HOSTILE, details=(HOSTILE,))
    progress = Progress(HOSTILE)
    progress.begin(command)
    progress.say(HOSTILE)
    problem = Problem(place, HOSTILE, HOSTILE)
    for thing in (graph, GraphError([problem]), Commands([command]), progress):
        found = page(thing)
        assert "alert('1')" in found.text
        assert "\x1b" not in found.text + shown(thing)["text/plain"]


def test_no_text_of_a_problem_reaches_the_terminal_but_as_text() -> None:
    error = GraphError([Problem(Location("a"), HOSTILE, HOSTILE)])
    head, line = error._render_traceback_()
    assert (head, line.count("\x1b")) == ("GraphError:", 2)
    assert "\n" not in line
    (only,) = DeployError(f"{HOSTILE}".replace("\n", " "))._render_traceback_()
    assert "\x1b" not in only


# How far a deployment is.


def steady(thing: object) -> list[str]:
    """The few words that a thing is shown in, without how long anything took."""
    return [re.sub(r" \([\d.]+ s\)$", "", line) for line in shown(thing)["text/plain"].splitlines()]


def test_progress_says_what_is_done_what_runs_and_what_it_prints() -> None:
    progress = Progress("demo")
    assert steady(progress) == ["demo: deploying"]
    progress.begin(Command(("one",), "one"))
    progress.say("first\n")
    progress.begin(Command(("two",), "two"))
    for number in range(20):
        progress.say(f"line {number}\n")
    assert steady(progress) == [
        "demo: deploying",
        "  ✓ one",
        "  ▶ two",
        *(f"    line {n}" for n in range(8, 20)),
    ]
    progress.finish()
    assert steady(progress)[:3] == ["demo: deployed", "  ✓ one", "  ✓ two"]
    progress.finish(failed=True)
    assert steady(progress)[:3] == [
        "demo: failed; what was done before stays done",
        "  ✓ one",
        "  ✗ two",
    ]


# IPython's own shell, and a kernel.


def test_ipython_shows_problems_and_no_traceback(tmp_path: Path) -> None:
    (tmp_path / "graph.yaml").write_text("apiVersion: 0.2.0\nproject: {nmae: x}\n")
    program = "import iguazioig; iguazioig.Deployment().load('graph.yaml')"
    done = subprocess.run(
        [sys.executable, "-m", "IPython", "--colors=nocolor", "-c", program],
        cwd=tmp_path,
        env={**os.environ, "IPYTHONDIR": str(tmp_path / "ipython"), "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    said = re.sub(r"\x1b\[[\d;]*m", "", done.stdout + done.stderr)
    assert "graph.yaml:2:11: `nmae` is unknown" in said or "graph.yaml:2:11:" in said
    assert "Traceback" not in said
    assert ".py" not in said


@pytest.fixture
def jupyter(tmp_path: Path) -> Iterator[dict[str, str]]:
    """An environment for kernels that keep to a folder, with a v3io and a `nuctl` that deploys nothing."""
    recorder = Recorder(tmp_path / "machine")
    recorder.fail_at(4)
    folders = {"HOME": "home", "IPYTHONDIR": "ipython", "JUPYTER_RUNTIME_DIR": "runtime", "JUPYTER_CONFIG_DIR": "config", "JUPYTER_DATA_DIR": "data"}  # fmt: skip
    path = os.pathsep.join([str(recorder.folder), os.environ["PATH"]])
    with serve(access_key=ACCESS_KEY) as v3io:
        yield {
            **os.environ,
            **{name: str(tmp_path / folder) for name, folder in folders.items()},
            "PATH": path,
            "V3IO_API": v3io.url,
            "V3IO_ACCESS_KEY": ACCESS_KEY,
            "PYDEVD_DISABLE_FILE_VALIDATION": "1",
        }


def executed(folder: Path, env: dict[str, str], *cells: str) -> list[list[dict[str, Any]]]:
    """The outputs of each cell of a notebook that a real kernel has run."""
    (folder / "n.ipynb").write_bytes(written(*({"cell_type": "code", "execution_count": None, "id": f"c{n}", "metadata": {}, "outputs": [], "source": cell} for n, cell in enumerate(cells))))  # fmt: skip
    subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "nbconvert", "--to", "notebook", "--execute", "--allow-errors", "--output", "out.ipynb", "n.ipynb"],
        cwd=folder, env=env, capture_output=True, check=True,
    )  # fmt: skip
    return [each["outputs"] for each in json.loads((folder / "out.ipynb").read_text())["cells"]]


def test_a_kernel_shows_graphs_problems_and_how_far_a_deployment_is(
    tmp_path: Path, jupyter: dict[str, str]
) -> None:
    (tmp_path / "wrong.yaml").write_text("apiVersion: 0.2.0\nproject: {nmae: x}\n")
    loaded, error, failed = executed(
        tmp_path,
        jupyter,
        f"import iguazioig\nd = iguazioig.Deployment()\nd.load({str(SCORING)!r})",
        "d.load('wrong.yaml')",
        f"d.deploy({str(SCORING)!r})",
    )
    assert "<svg" in "".join(loaded[0]["data"]["text/html"])
    assert error[0]["ename"] == "GraphError"
    assert error[0]["traceback"][0] == "GraphError:"
    assert all("Traceback" not in line and ".py" not in line for line in error[0]["traceback"])
    progress, ended = [each for each in failed if each["output_type"] in ("display_data", "error")]
    text = re.sub(r" \([\d.]+ s\)", "", "".join(progress["data"]["text/plain"])).splitlines()
    assert text[:3] == [
        "fraud: failed; what was done before stays done",
        "  ✓ python3 setup_streams.py",
        "  ✗ python3 deploy_steps.py",
    ]
    assert any("the connection to the server was refused" in line for line in text)
    assert ended["traceback"][0].startswith("DeployError: `python3 deploy_steps.py` failed")
