"""The whole project as a file map: POSIX path to bytes. Nothing here touches the disk or has seen YAML."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

from .. import __version__
from ..assets import project_templates, step_template
from ..clients.command import READINESS_TIMEOUT_SECONDS
from ..cluster.agreed import ANSWER_SECONDS, MARK
from ..cluster.digest import DIGEST
from ..folder.manifest import MANIFEST, render_manifest
from ..folder.paths import environment_path
from ..graph import V3IO_REQUIREMENT, Step, Stream
from ..plan import Plan, order_rows
from ..user_code import StepCode
from .notebook_text import notebook_files
from .overview import overview
from .python_text import Bracket, call, lay_out, quote
from .step_files import ORIGIN, step_context
from .templates import render_project, render_step

Files = dict[str, bytes]

PROJECT_FILES = (
    "README.md",
    "deploy.sh",
    "deploy_steps.py",
    "requirements.txt",
    "setup_streams.py",
)
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
    if graph.environment is not None:
        files[environment_path(graph.environment.name)] = graph.environment.source
    context = _context(plan)
    for name in PROJECT_FILES:
        files[name] = render_project(f"{name}.j2", context)
    files[".gitattributes"] = render_project("gitattributes.j2", context)
    machinery = {name: (step_template() / name).read_bytes() for name in MACHINERY}
    for step in graph.steps:
        code = plan.code[step.slug]
        variables = step_context(graph, step, code)
        folder = f"steps/{step.slug}/"
        files.update({folder + name: render_step(name, variables) for name in STEP_FILES})
        files.update({folder + name: content for name, content in machinery.items()})
        own = {**code.files, **notebook_files(step, code)}
        files.update({folder + path: content for path, content in own.items()})
    files[MANIFEST] = render_manifest(__version__, source_digest(plan), files)
    return files


def source_digest(plan: Plan) -> str:
    """The SHA-256 of what the project is made from: the templates, the graph, and the user's modules under their names."""
    whole = hashlib.sha256()
    for template in sorted((*step_template().iterdir(), *project_templates().iterdir())):
        if template.is_file():
            whole.update(template.read_bytes())
    whole.update(plan.graph.source)
    if (layer := plan.graph.environment) is not None:
        whole.update(f"\0{layer.name}\0".encode() + layer.source)
    known: dict[int, bytes] = {}
    for step in plan.graph.steps:
        for path, content in plan.code[step.slug].files.items():
            digest = known.get(id(content)) or known.setdefault(
                id(content), hashlib.sha256(content).digest()
            )
            whole.update(f"\0{step.slug}\0{path}\0".encode())
            whole.update(digest)
        whole.update(_said_by_notebook(step, plan.code[step.slug]))
    return whole.hexdigest()


def _said_by_notebook(step: Step, code: StepCode) -> bytes:
    """The settings that a step may have from its notebook, and from nowhere else that is part of the digest."""
    if code.reading is None:
        return b""
    said = (code.env, code.packages, code.commands, step.image, step.resources)
    return repr(said).encode()


def _context(plan: Plan) -> dict[str, Any]:
    graph = plan.graph
    rows = order_rows(graph.steps)
    return {
        "project": graph.slug,
        "environment": graph.environment.name if graph.environment else None,
        "origin": ORIGIN,
        "v3io_requirement": V3IO_REQUIREMENT,
        "streams": _streams(graph.streams),
        "has_streams": bool(graph.streams),
        "rows": _rows(rows),
        "first_step": rows[0][0].slug,
        "digest_key": DIGEST,
        "namespace": quote(graph.namespace),
        "registry": quote(graph.registry),
        "mark": MARK,
        "answer_timeout": ANSWER_SECONDS,
        "readiness_timeout": READINESS_TIMEOUT_SECONDS,
        **overview(graph, plan.code),
    }


def _rows(rows: Sequence[Sequence[Step]]) -> str:
    """The table of steps, laid out behind the name that deploy_steps.py gives it."""
    steps = (Bracket("[", tuple(map(_step, row)), "]") for row in rows)
    before = "ROWS: list[list[Step]] = "
    return lay_out(Bracket("[", tuple(steps), "]"), before=before).removeprefix(before)


def _step(step: Step) -> Bracket:
    names = [quote(step.slug), quote(step.function_name)]
    image = [f"image={quote(step.image_name)}"] if step.image_name else []
    tag = [f"tag={quote(step.tag)}"] if step.tag != "latest" else []
    return call("Step", [*names, *image, *tag])


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
