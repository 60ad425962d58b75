"""The whole project as a file map: POSIX path to bytes. Nothing here touches the disk or has seen YAML."""

from __future__ import annotations

import hashlib
import shlex
from typing import Any

from .. import __version__
from ..assets import project_templates, step_template
from ..clients.command import function_command, prebuilt_command
from ..folder.manifest import MANIFEST, render_manifest
from ..graph import V3IO_REQUIREMENT, Step, Stream
from ..plan import Plan, order_steps
from .overview import overview
from .python_text import Bracket, call, lay_out, quote
from .step_files import ORIGIN, step_context
from .templates import render_project, render_step

Files = dict[str, bytes]

STEP_FILES = ("function.yaml", "handler.py", "requirements.txt")
MACHINERY = (
    "delivery.py",
    "delivery_batches.py",
    "delivery_duplicates.py",
    "delivery_letters.py",
    "delivery_outputs.py",
    "delivery_record.py",
)


def render(plan: Plan) -> Files:
    """Every file of the project, the manifest included; a pure function of the plan and of this version."""
    graph = plan.graph
    files: Files = {"graph.yaml": graph.source}
    context = _context(plan)
    for name in ("README.md", "deploy.sh", "requirements.txt", "setup_streams.py"):
        files[name] = render_project(f"{name}.j2", context)
    files[".gitattributes"] = render_project("gitattributes.j2", context)
    machinery = {name: (step_template() / name).read_bytes() for name in MACHINERY}
    for step in graph.steps:
        code = plan.code[step.slug]
        variables = step_context(graph, step, code)
        folder = f"steps/{step.slug}/"
        files.update({folder + name: render_step(name, variables) for name in STEP_FILES})
        files.update({folder + name: content for name, content in machinery.items()})
        files.update({folder + path: content for path, content in code.files.items()})
    files[MANIFEST] = render_manifest(__version__, source_digest(plan), files)
    return files


def source_digest(plan: Plan) -> str:
    """The SHA-256 of what the project is made from: the templates, the graph, and the user's modules under their names."""
    whole = hashlib.sha256()
    for template in sorted((*step_template().iterdir(), *project_templates().iterdir())):
        if template.is_file():
            whole.update(template.read_bytes())
    whole.update(plan.graph.source)
    known: dict[int, bytes] = {}
    for step in plan.graph.steps:
        for path, content in plan.code[step.slug].files.items():
            digest = known.get(id(content)) or known.setdefault(
                id(content), hashlib.sha256(content).digest()
            )
            whole.update(f"\0{step.slug}\0{path}\0".encode())
            whole.update(digest)
    return whole.hexdigest()


def _context(plan: Plan) -> dict[str, Any]:
    graph = plan.graph
    return {
        "project": graph.slug,
        "origin": ORIGIN,
        "v3io_requirement": V3IO_REQUIREMENT,
        "streams": _streams(graph.streams),
        "has_streams": bool(graph.streams),
        "steps": [
            {
                "slug": step.slug,
                "build": str(function_command(graph.slug, step)),
                "prebuilt": _prebuilt(graph.slug, step),
            }
            for step in order_steps(graph.steps)
        ],
        **overview(graph, plan.code),
    }


def _prebuilt(project: str, step: Step) -> str:
    """The command for a prebuilt image, with the registry as the script's variable."""
    words = prebuilt_command(project, step, registry="").argv
    image = words.index("--run-image") + 1
    return f'{shlex.join(words[:image])} "$prebuilt{words[image]}" {shlex.join(words[image + 1 :])}'


def _streams(streams: tuple[Stream, ...]) -> str:
    """The list of streams, laid out behind the name that setup_streams.py gives it."""
    before = "STREAMS: list[Stream] = "
    return lay_out(Bracket("[", tuple(map(_stream, streams)), "]"), before=before).removeprefix(
        before
    )


def _stream(stream: Stream) -> Bracket:
    settings = [f"shards={stream.shards}", f"retention_hours={stream.retention}"]
    return call(
        "Stream", [quote(stream.slug), quote(stream.container), quote(stream.path), *settings]
    )
