"""Generated files read as their own readers read them, and what a graph says they hold."""

from __future__ import annotations

import ast
import html
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import yaml
from iguazioig.graph import Delivery, Graph, Input, SecretKey, Step, Volume
from iguazioig.user_code import StepCode

Files = Mapping[str, bytes]

_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def text_of(files: Files, path: str) -> str:
    return files[path].decode("utf-8")


def outputs_of(step: Step) -> list[str]:
    """The names of the outputs of a step, in their order."""
    return [
        *(each.slug for each in step.streams),
        *(each.url for each in step.https),
        *(f"{each.module}.{each.function}" for each in step.functions),
    ]


def flow_of(step: Step) -> str:
    """From where to where the messages of a step go."""
    inputs = [each.stream.slug for each in step.inputs]
    return f"{', '.join(inputs) or 'HTTP requests'} → {', '.join(outputs_of(step)) or 'no output'}"


def packages_of(step: Step, more: Sequence[str] = ()) -> list[str]:
    """What is installed for a step; `more` is what its code asks for by itself."""
    own = any(re.match(r"v3io\b", package) for package in step.pip)
    needs_v3io = bool(step.streams or step.error_stream) and not own
    return ["v3io==0.7.2"] * needs_v3io + [*step.pip, *more]


# function.yaml


def read_function(files: Files, step: Step) -> Any:
    return yaml.load(text_of(files, f"steps/{step.slug}/function.yaml"), Loader=_Loader)


def expected_function(graph: Graph, step: Step, code: StepCode) -> dict[str, Any]:
    """The whole of a function.yaml."""
    env = {**code.env, **step.env}
    spec: dict[str, Any] = {
        "description": flow_of(step),
        "runtime": f"python:{step.python}",
        "handler": "handler:handler",
        "build": {"baseImage": step.image},
        "minReplicas": step.min_replicas,
        "maxReplicas": step.max_replicas,
        "loggerSinks": [{"level": step.log_level}],
        "env": [
            {"name": "V3IO_API", "value": graph.v3io_api},
            {"name": "V3IO_ACCESS_KEY", **_secret(graph.access_key)},
            *({"name": name, "value": each} for name, each in env.items() if isinstance(each, str)),
            *({"name": name, **_secret(each)} for name, each in env.items() if isinstance(each, SecretKey)),
        ],
    }  # fmt: skip
    if packages_of(step, code.packages):
        install = "pip install -r /opt/nuclio/requirements.txt"
        spec["build"]["commands"] = ["@nuclio.postCopy", install]
    if step.resources:
        spec["resources"] = {kind: dict(amounts) for kind, amounts in step.resources.items()}
    if graph.volumes:
        spec["volumes"] = [_volume(graph, each) for each in graph.volumes]
    if step.inputs:
        spec["disableDefaultHTTPTrigger"] = True
        spec["triggers"] = _triggers(graph, step)
    labels = {"nuclio.io/project-name": graph.slug, "tag": step.tag}
    metadata = {"name": step.function_name, "labels": labels}
    head = {"apiVersion": "nuclio.io/v1", "kind": "NuclioFunction"}
    return {**head, "metadata": metadata, "spec": spec}


def _secret(secret: SecretKey) -> dict[str, Any]:
    return {"valueFrom": {"secretKeyRef": {"name": secret.name, "key": secret.key}}}


def _volume(graph: Graph, each: Volume) -> dict[str, Any]:
    flex = {
        "driver": "v3io/fuse",
        "secretRef": {"name": graph.volume_secret},
        "options": {"container": each.container, "subPath": each.sub_path},
    }
    mount = {"name": each.name, "mountPath": each.mount_path}
    return {"volume": {"name": each.name, "flexVolume": flex}, "volumeMount": mount}


def _triggers(graph: Graph, step: Step) -> dict[str, Any]:
    return {
        each.stream.slug: {
            "kind": "v3ioStream",
            "url": graph.v3io_api,
            "password": "$generate",
            "numWorkers": each.workers,
            **({"explicitAckMode": "explicitOnly"} if _gathers(step) else {}),
            "attributes": {
                "containerName": each.stream.container,
                "streamPath": each.stream.path,
                "consumerGroup": step.consumer_group,
                "seekTo": each.seek_to,
                "readBatchSize": each.read_batch_size,
                **({"workerAllocationMode": "static"} if _stays(step, each) else {}),
            },
        }
        for each in step.inputs
    }


def _stays(step: Step, each: Input) -> bool:
    """Whether each shard has to stay with one worker of several."""
    remembers = step.delivery.deduplicate is not None and each.workers > 1
    return remembers or _gathers(step)


def _gathers(step: Step) -> bool:
    return step.delivery.batch is not None and len(step.inputs) == 1


# handler.py


PATIENCE = ("retries", "backoff", "timeout")


@dataclass
class Handler:
    """What a handler says of its step; modules and classes by the names that they have in their own files."""

    docstring: str
    imports: dict[str, str]
    paths: list[str]
    project: str
    name: str
    outputs: list[tuple[Any, ...]]
    conditions: list[str | None]
    incoming: list[str]
    errors: tuple[Any, ...] | None
    patience: dict[str, Any]
    seen: tuple[Any, ...] | None
    batch: dict[str, Any] | None
    class_path: str
    init: dict[str, Any]
    logger: str
    methods: list[str] = field(default_factory=list)


def read_handler(files: Files, step: Step) -> Handler:
    tree = ast.parse(files[f"steps/{step.slug}/handler.py"])
    imports = _imports(tree)
    keywords = _keywords(_assigned(tree, "step"))
    named = {
        ast.unparse(node.targets[0]): node.value
        for node in tree.body
        if isinstance(node, ast.Assign)
    }
    outputs = [ast.unparse(each) for each in keywords["outputs"].elts]
    class_path, init, logger = _model(_body(tree, "init_context")[-1], imports)
    return Handler(
        docstring=ast.get_docstring(tree) or "",
        imports=imports,
        paths=_paths(tree),
        project=ast.literal_eval(keywords["project"]),
        name=ast.literal_eval(keywords["name"]),
        outputs=[
            _output(named.get(ast.unparse(each), each), imports)
            for each in keywords["outputs"].elts
        ],
        conditions=_conditions(tree, outputs),
        incoming=_incoming(tree, imports),
        errors=_output(keywords["errors"], imports),
        patience={name: ast.literal_eval(keywords[name]) for name in PATIENCE if name in keywords},
        batch=_batch(keywords.get("batch"), imports),
        seen=_seen(keywords.get("seen"), imports),
        class_path=class_path,
        init=init,
        logger=logger,
        methods=_methods(_body(tree, "process")),
    )


def expected_handler(graph: Graph, step: Step, takes_logger: bool | None) -> dict[str, Any]:
    """The fields of a Handler that a graph decides."""
    streams = [("Stream", each.container, each.path, graph.partition_key) for each in step.streams]
    https = [("Https", each.url) for each in step.https]
    incoming = [f"{each.module}.{each.function}" for each in step.functions if each.gets_incoming]
    functions = [
        ("Function", f"{each.module}.{each.function}")
        for each in step.functions
        if not each.gets_incoming
    ]
    if incoming and (streams or https or functions):
        functions.insert(0, ("Function", "post_process"))
    conditions = [step.conditions.get(each.slug) for each in step.streams] + [None] * len(https)
    conditions += [each.condition for each in step.functions if not each.gets_incoming or functions]
    errors = step.error_stream and ("Stream", step.error_stream.container, step.error_stream.path)
    logger = {True: "given", False: "not given", None: "asked for"}[takes_logger]
    return {
        "paths": list(step.module_paths),
        "project": graph.slug,
        "name": step.slug,
        "outputs": [*streams, *https, *functions],
        "conditions": [each and each.text for each in conditions],
        "incoming": incoming,
        "errors": errors,
        "patience": {
            name: value
            for name, value in asdict(step.delivery).items()
            if name in PATIENCE and value != asdict(Delivery())[name]
        },
        "batch": _expected_batch(step),
        "seen": _expected_seen(step),
        "class_path": f"{step.class_module}.{step.class_name}",
        "init": dict(step.init),
        "logger": "not given" if "logger" in step.init else logger,
        "methods": list(step.methods),
    }


def _imports(tree: ast.Module) -> dict[str, str]:
    """Each name that an import binds, and what it stands for."""
    names = {}
    for node in tree.body:
        if isinstance(node, ast.ImportFrom):
            names |= {each.asname or each.name: f"{node.module}.{each.name}" for each in node.names}
        elif isinstance(node, ast.Import):
            for each in node.names:
                bound = each.asname or each.name
                assert bound not in names, "two imports bind one name"
                names[bound] = each.name
    return names


def _path(node: ast.expr, imports: Mapping[str, str]) -> str:
    """What a name with dots stands for."""
    text = ast.unparse(node)
    longest = max((name for name in imports if f"{text}.".startswith(f"{name}.")), key=len)
    return imports[longest] + text.removeprefix(longest)


def _assigned(tree: ast.Module, name: str) -> Any:
    for node in tree.body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == name:
            return node.value
    raise AssertionError(f"nothing is assigned to {name}")


def _keywords(node: Any) -> dict[str, Any]:
    return {each.arg: each.value for each in node.keywords}


def _body(tree: ast.Module, name: str) -> list[Any]:
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and node.name == name:
            return node.body
    raise AssertionError(f"there is no {name}")


def _paths(tree: ast.Module) -> list[str]:
    for node in tree.body:
        if isinstance(node, ast.Expr) and ast.unparse(node).startswith("sys.path.extend("):
            return ast.literal_eval(node.value.args[0])  # type: ignore[attr-defined, no-any-return]
    return []


def _output(node: Any, imports: Mapping[str, str]) -> tuple[Any, ...] | None:
    if isinstance(node, ast.Constant):
        return node.value  # type: ignore[return-value]
    kind = _path(node.func, imports).removeprefix("delivery.")
    if kind == "Function":
        names = [ast.unparse(each) for each in node.args]
        return kind, *(
            _path(each, imports) if "." in name else name
            for each, name in zip(node.args, names, strict=True)
        )
    values = [*node.args, *_keywords(node).values()]
    return kind, *map(ast.literal_eval, values)


def _seen(node: Any, imports: Mapping[str, str]) -> tuple[Any, ...] | None:
    if node is None:
        return None
    assert _path(node.func, imports) == "delivery_duplicates.Seen"
    return tuple(map(ast.literal_eval, node.args))


def _batch(node: Any, imports: Mapping[str, str]) -> dict[str, Any] | None:
    if node is None:
        return None
    assert _path(node.func, imports) == "delivery_batches.Batch"
    return {name: ast.literal_eval(value) for name, value in _keywords(node).items()}


def _expected_batch(step: Step) -> dict[str, Any] | None:
    if not _gathers(step):
        return None
    return {"size": step.delivery.batch, "linger": step.delivery.linger}


def _expected_seen(step: Step) -> tuple[Any, ...] | None:
    where = step.delivery.deduplicate if step.inputs else None
    containers = {each.stream.slug: each.stream.container for each in step.inputs}
    return {None: None, "memory": (), "v3io": (containers,)}[where]


def _model(node: Any, imports: Mapping[str, str]) -> tuple[str, dict[str, Any], str]:
    assert ast.unparse(node.targets[0]) == "context.user_data.model"
    called, arguments, keywords = node.value.func, node.value.args, _keywords(node.value)
    logger = "not given"
    if _path(called, imports) == "delivery.build":
        called, given = arguments
        assert ast.unparse(given) == "context.logger"
        logger = "asked for"
    elif "logger" in keywords and ast.unparse(keywords["logger"]) == "context.logger":
        del keywords["logger"]
        logger = "given"
    values = {name: ast.literal_eval(value) for name, value in keywords.items()}
    return _path(called, imports), values, logger


def _methods(body: list[Any]) -> list[str]:
    """The methods that `process` calls one after the other, each with the result of the last."""
    assert ast.unparse(body[1]) == "model = context.user_data.model"
    lines = [
        node for node in body[2:] if ast.unparse(node) != "context.user_data.incoming = message"
    ]
    calls = [node for node in lines if "model." in ast.unparse(node)]
    for call, guard in zip(calls[:-1], lines[1::2], strict=False):
        assert ast.unparse(call.targets[0]) == "message"
        assert ast.unparse(guard) == "if message is None:\n    return None"
    rest = [ast.unparse(node) for node in lines[2 * len(calls) - 1 :]]
    if isinstance(calls[-1], ast.Assign):
        guard = "if message is None:\n    return None"
        assert rest == [guard, "step.outputs = list(wanted(message))", "return message"]
    elif isinstance(calls[-1], ast.Return):
        assert rest == []
    else:
        assert all(each.endswith("(context, message)") for each in rest)
        assert rest
    return [_method(call.value) for call in calls]


def _conditions(tree: ast.Module, outputs: list[str]) -> list[str | None]:
    """What `wanted` asks for before it names each output; nothing where there is no `wanted`."""
    if not any(isinstance(node, ast.FunctionDef) and node.name == "wanted" for node in tree.body):
        return [None for _ in outputs]
    found: dict[str, str | None] = {}
    for node in _body(tree, "wanted")[1:]:
        choice = node
        if isinstance(node, ast.With):
            assert ast.unparse(node.items[0]) == "contextlib.suppress(Exception)"
            [choice] = node.body
        condition = ast.unparse(choice.test) if isinstance(choice, ast.If) else None
        output = choice.body[0] if isinstance(choice, ast.If) else choice
        found[ast.unparse(output.value.value)] = condition
    assert list(found) == outputs
    return list(found.values())


def _incoming(tree: ast.Module, imports: Mapping[str, str]) -> list[str]:
    """The functions that get the message that came in: from `post_process`, or from `process` itself."""
    names = [node.name for node in tree.body if isinstance(node, ast.FunctionDef)]
    body = _body(tree, "post_process" if "post_process" in names else "process")[1:]
    calls = [node.value for node in body if isinstance(node, ast.Expr)]
    return [_path(call.func, imports) for call in calls if "model." not in ast.unparse(call)]


def _method(node: Any) -> str:
    assert [ast.unparse(each) for each in node.args] == ["context", "message"]
    assert isinstance(node.func.value, ast.Name)
    assert node.func.value.id == "model"
    return node.func.attr  # type: ignore[no-any-return]


# requirements.txt, setup_streams.py, deploy_steps.py, README.md


def read_requirements(files: Files, path: str) -> list[str]:
    lines = text_of(files, path).splitlines()
    assert lines[0].startswith("# Packages of ")
    return lines[1:]


def read_streams(files: Files) -> list[tuple[Any, ...]]:
    for node in ast.parse(files["setup_streams.py"]).body:
        if isinstance(node, ast.AnnAssign) and ast.unparse(node.target) == "STREAMS":
            return [_stream(each) for each in node.value.elts]  # type: ignore[union-attr]
    raise AssertionError("there is no STREAMS")


def _stream(node: Any) -> tuple[Any, ...]:
    assert ast.unparse(node.func) == "Stream"
    numbers = {name: ast.literal_eval(value) for name, value in _keywords(node).items()}
    values = map(ast.literal_eval, node.args)
    return *values, numbers.pop("shards"), numbers.pop("retention_hours"), *numbers


def read_steps(files: Files) -> dict[str, Any]:
    """What deploy_steps.py says of the project, and its rows of steps: name, function, image and tag of each."""
    told: dict[str, Any] = {}
    for node in ast.parse(files["deploy_steps.py"]).body:
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant):
            told[ast.unparse(node.targets[0])] = node.value.value
        if isinstance(node, ast.AnnAssign) and ast.unparse(node.target) == "ROWS":
            told["ROWS"] = [[_step(each) for each in row.elts] for row in node.value.elts]  # type: ignore[union-attr]
    return told


def _step(node: Any) -> tuple[str, ...]:
    assert ast.unparse(node.func) == "Step"
    named = {name: ast.literal_eval(value) for name, value in _keywords(node).items()}
    assert named.keys() <= {"image", "tag"}
    return (
        *map(ast.literal_eval, node.args),
        named.get("image", ""),
        named.get("tag", "latest"),
    )


def read_tables(files: Files) -> dict[str, list[list[str]]]:
    """The rows of the table in each section of the README."""
    tables: dict[str, list[list[str]]] = {}
    for section in re.split(r"^## ", text_of(files, "README.md"), flags=re.MULTILINE)[1:]:
        lines = [line for line in section.splitlines() if line.startswith("|")]
        rows = [[cell[1:-1] for cell in line[1:-1].split("|")] for line in lines]
        assert len({len(row) for row in rows}) <= 1
        tables[section.partition("\n")[0]] = rows[2:]
    return tables


def as_seen(cell: str) -> str:
    """The text of a cell that is one piece of code."""
    if cell.startswith("<code>"):
        return html.unescape(cell.removeprefix("<code>").removesuffix("</code>"))
    assert cell[0] == cell[-1] == "`"
    assert "`" not in cell[1:-1]
    return cell[1:-1]


def listed(cell: str) -> list[str]:
    """The texts of a cell that is a list of pieces of code."""
    return [as_seen(each) for each in re.findall(r"`[^`]*`|<code>.*?</code>", cell)]
