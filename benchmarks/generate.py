"""Times `iguazioig generate` side by side with cookiecutter and copier writing as many files of the same text.

Whole processes, started by turns so that a busy moment meets all of them; the median of RUNS and the peak memory of each.
Templates for the two are made from a project that iguazioig generated: one folder per step, the project's name a variable
in every file.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from measured import Measured, iguazioig, installed, wait

RUNS = 7
SIZES = (1, 10, 100, 1000)
PROJECT = "bench-project"

STEP = """\
    - name: step_{number}
      input_streams: {{stream_{number}: {{max_workers: 2}}}}
      class_module: model
      class_name: Model
      class_init: {{threshold: 0.8, classes: [person, bicycle, car], path: /models/m.pkl}}
      methods: [prepare, predict]
      outputs: {{streams: [stream_{following}]}}
      env_custom: {{LEVEL: info, BATCH: 16}}
      min_replicas: 2
      max_replicas: 2
"""

MODEL = '''\
"""A model."""


class Model:
    def __init__(self, threshold, classes, path, logger=None):
        self.threshold = threshold

    def prepare(self, context, message):
        return message

    def predict(self, context, message):
        return message
'''


@dataclass(frozen=True)
class Contender:
    """A command, and what has to be done before each of its runs."""

    name: str
    command: list[str]
    prepare: Callable[[], object]


def main() -> None:
    """Print a table per number of steps."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES, metavar="STEPS")
    parser.add_argument("--runs", type=int, default=RUNS)
    options = parser.parse_args()
    print(f"{'steps':>6}  {'files':>6}  {'command':<28}{'median':>10}{'fastest':>10}{'memory':>10}")
    for size in options.sizes:
        with tempfile.TemporaryDirectory(prefix="iguazioig-bench-") as folder:
            measure(size, options.runs, Path(folder))


def measure(size: int, runs: int, folder: Path) -> None:
    """Time every contender for one number of steps, by turns."""
    graph = write_graph(size, folder)
    project = folder / "project"
    run([*iguazioig("generate"), str(graph), "-o", str(project)], folder)
    files = sum(path.is_file() for path in project.rglob("*"))
    contenders = list_contenders(graph, project, folder)
    results = {contender.name: Measured() for contender in contenders}
    for _ in range(runs):
        for contender in contenders:
            contender.prepare()
            seconds, megabytes = run(contender.command, folder)
            result = results[contender.name]
            result.seconds.append(seconds)
            result.megabytes = max(result.megabytes, megabytes)
    for name, result in results.items():
        print(
            f"{size:>6}  {files:>6}  {name:<28}{result.median:>9.3f}s{min(result.seconds):>9.3f}s{result.megabytes:>7.0f} MB",
            flush=True,
        )


def list_contenders(graph: Path, project: Path, folder: Path) -> list[Contender]:
    """What is compared."""
    output = folder / "output"
    changed = folder / "changed.yaml"
    changed.write_text(graph.read_text().replace("threshold: 0.8", "threshold: 0.9"))
    notebook = write_notebook(graph, folder)
    cookiecutter, copier = folder / "cookiecutter", folder / "copier"
    make_cookiecutter_template(project, cookiecutter)
    make_copier_template(project, copier)

    def clear() -> None:
        shutil.rmtree(output, ignore_errors=True)

    def nothing() -> None:
        return

    module = [sys.executable, "-m"]
    copy = [*module, "copier", "copy", "--quiet", "--defaults", "--trust", str(copier), str(output)]
    return [
        Contender(
            "iguazioig generate", [*iguazioig("generate"), str(graph), "-o", str(output)], clear
        ),
        Contender(
            "  one module is a notebook",
            [*iguazioig("generate"), str(notebook), "-o", str(output)],
            clear,
        ),
        Contender(
            "  nothing to change", [*iguazioig("generate"), str(graph), "-o", str(project)], nothing
        ),
        Contender(
            "  --check",
            [*iguazioig("generate"), str(graph), "-o", str(project), "--check"],
            nothing,
        ),
        Contender("  diff", [*iguazioig("diff"), str(graph), "-o", str(project)], nothing),
        Contender(
            "  diff, every step changed",
            [*iguazioig("diff"), str(changed), "-o", str(project)],
            nothing,
        ),
        Contender("  validate", [*iguazioig("validate"), str(graph)], nothing),
        Contender("  --help", iguazioig("--help"), nothing),
        Contender(
            "cookiecutter",
            [*module, "cookiecutter", "--no-input", "-o", str(output), str(cookiecutter)],
            clear,
        ),
        Contender("copier", copy, clear),
    ]


def run(command: list[str], folder: Path) -> tuple[float, float]:
    """Seconds and peak memory in MB of one run; what it keeps in its home goes into the folder."""
    environment = {**installed(), "HOME": str(folder)}
    begun = time.perf_counter()
    process = subprocess.Popen(
        command, cwd=folder, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    assert process.stderr is not None
    said = process.stderr.read()
    megabytes = wait(process)
    seconds = time.perf_counter() - begun
    process.stderr.close()
    if process.returncode != 0:
        raise SystemExit(f"{' '.join(command)} failed:\n{said.decode()}")
    return seconds, megabytes


def write_graph(size: int, folder: Path) -> Path:
    """A chain of steps, each feeding the next."""
    streams = "".join(f"    stream_{number}: {{shards: 4}}\n" for number in range(size + 1))
    steps = "".join(STEP.format(number=number, following=number + 1) for number in range(size))
    graph = folder / "graph.yaml"
    head = f"apiVersion: 0.2.0\nproject:\n  name: {PROJECT}\n  v3io_streams:\n"
    graph.write_text(f"{head}{streams}  functions:\n{steps}")
    (folder / "model.py").write_text(MODEL)
    return graph


def write_notebook(graph: Path, folder: Path) -> Path:
    """The graph with a notebook, which is formatted by black, as the module of its first step."""
    cell = {
        "cell_type": "code",
        "execution_count": 1,
        "metadata": {},
        "outputs": [],
        "source": MODEL,
    }
    whole = {"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    (folder / "first.ipynb").write_text(json.dumps(whole))
    other = folder / "notebook.yaml"
    text = graph.read_text()
    other.write_text(text.replace("class_module: model", "class_module: first.ipynb", 1))
    return other


def make_cookiecutter_template(project: Path, template: Path) -> None:
    """The project as a template of cookiecutter."""
    variable = "{{ cookiecutter.project }}"
    copy_as_template(project, template / "{{cookiecutter.project}}", variable, "")
    (template / "cookiecutter.json").write_text(json.dumps({"project": PROJECT}))


def make_copier_template(project: Path, template: Path) -> None:
    """The project as a template of copier."""
    copy_as_template(project, template / "template", "{{ project }}", ".jinja")
    (template / "copier.yml").write_text(
        f"_subdirectory: template\nproject:\n  type: str\n  default: {PROJECT}\n"
    )


def copy_as_template(project: Path, folder: Path, variable: str, suffix: str) -> None:
    """Every file with the project's name as a variable; what would be template syntax is taken out."""
    for path in project.rglob("*"):
        if path.is_file():
            target = folder / path.relative_to(project)
            target.parent.mkdir(parents=True, exist_ok=True)
            text = path.read_text().replace("{#", "").replace("{{", "").replace("{%", "")
            target.with_name(target.name + suffix).write_text(text.replace(PROJECT, variable))


if __name__ == "__main__":
    main()
