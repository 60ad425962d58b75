"""The Python API, as its users write it: deployments, clients of their own, and an API version of their own."""

from __future__ import annotations

import shutil
import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any

import iguazioig
import pytest
import yaml
from cases import EXAMPLES
from iguazioig import (
    BaseDeployer,
    DeployerClient,
    DeployError,
    Deployment,
    DryRunClient,
    GraphError,
    GraphWarning,
    Location,
    NuctlClient,
    Problem,
    Translation,
)
from iguazioig.document import Document
from iguazioig.graph import Graph, Input, SecretKey, Step, Stream
from projects import content_of

SCORING = EXAMPLES / "scoring" / "graph.yaml"

COMMANDS = [
    "python3 setup_streams.py",
    "nuctl get project fraud || nuctl create project fraud",
    "nuctl deploy fraud-alert --path steps/alert --project-name fraud --readiness-timeout 300",
    "nuctl deploy fraud-score --path steps/score --project-name fraud --readiness-timeout 300",
]


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with the modules of `scoring`."""
    shutil.copytree(EXAMPLES / "scoring" / "modules", tmp_path / "modules")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def mapping() -> dict[str, Any]:
    graph: dict[str, Any] = yaml.safe_load(SCORING.read_text())
    return graph


# A dry run.


@pytest.mark.parametrize("graph", [SCORING, str(SCORING)], ids=["path", "text"])
def test_a_dry_run_lists_the_commands_of_a_file(graph: str | Path) -> None:
    commands = Deployment(api_version="0.2.0").deploy(inference_graph=graph, dry_run=True)

    assert [str(command) for command in commands] == COMMANDS


def test_a_dry_run_lists_the_commands_of_a_mapping(here: Path) -> None:
    commands = Deployment(api_version="0.2.0").deploy(inference_graph=mapping(), dry_run=True)

    assert [str(command) for command in commands] == COMMANDS


def test_a_mapping_with_shared_parts_is_one_with_anchors(here: Path) -> None:
    graph = mapping()
    defaults = {"log_level": "error", "pip": ["numpy==2.1.3"]}
    for step in graph["project"]["functions"]:
        step.update(defaults)

    commands = Deployment().deploy(graph, dry_run=True)

    assert [str(command) for command in commands] == COMMANDS


def test_a_mapping_is_left_as_it_was(here: Path) -> None:
    graph = mapping()

    Deployment().deploy(graph, dry_run=True)

    assert graph == mapping()


def test_a_command_is_data_too() -> None:
    streams, project, alert, _ = Deployment().deploy(SCORING, dry_run=True)

    assert streams.argv == ("python3", "setup_streams.py")
    assert streams.summary == "create or grow 4 streams"
    assert streams.details[0] == "projects/fraud/streams/transactions: 4 shards, 24 hours"
    assert streams.data["streams"][0]["shards"] == 4
    assert project.unless == ("nuctl", "get", "project", "fraud")
    assert alert.to_dict() == {
        "command": COMMANDS[2],
        "argv": COMMANDS[2].split(),
        "summary": "build and deploy alert",
        "operation": "create_function",
        "step": "alert",
        "function": "fraud-alert",
    }


def test_a_dry_run_touches_nothing(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = content_of(here)
    monkeypatch.setenv("PATH", str(here))

    Deployment().deploy(mapping(), dry_run=True, recreate_data=True)

    assert content_of(here) == before


def test_recreated_data_is_deleted_first() -> None:
    commands = Deployment().deploy(SCORING, dry_run=True, recreate_data=True)

    assert [str(command) for command in commands] == [
        "python3 setup_streams.py --delete --yes",
        *COMMANDS,
    ]
    assert commands[0].summary == "delete 4 streams with all that is in them"
    assert commands[0].details[3] == "projects/fraud/streams/rejected"
    assert commands[0].data["operation"] == "delete_streams"


def test_included_functions_limit_the_functions() -> None:
    def deploy(*names: str) -> list[str]:
        commands = Deployment().deploy(SCORING, dry_run=True, include_functions=names)
        return [str(command) for command in commands]

    assert deploy("score") == [*COMMANDS[:2], COMMANDS[3]]
    assert deploy("score", "alert") == COMMANDS
    assert deploy() == COMMANDS[:2]


def test_an_included_function_may_have_the_name_of_the_graph(here: Path) -> None:
    graph = mapping()
    graph["project"]["functions"][0]["name"] = "Score_All"

    for name in ("Score_All", "score-all"):
        commands = Deployment().deploy(graph, dry_run=True, include_functions=[name])
        assert commands[-1].data["function"] == "fraud-score-all"


def test_an_included_function_that_is_not_there() -> None:
    with pytest.raises(ValueError, match=r"there is no step `scor` \(did you mean `score`\?\)"):
        Deployment().deploy(SCORING, dry_run=True, include_functions=["scor"])


# Versions, problems and warnings.


def test_without_a_version_the_graph_says_it() -> None:
    assert [str(command) for command in Deployment().deploy(SCORING, dry_run=True)] == COMMANDS


def test_an_unknown_version_of_the_deployment() -> None:
    with pytest.raises(ValueError, match=r"`0\.2` is not a version .*`0\.2\.0`"):
        Deployment(api_version="0.2")


def test_a_graph_of_another_version(here: Path) -> None:
    Path("graph.yaml").write_text("apiVersion: v2alpha1\n")

    for deployment in (Deployment(api_version="v0_1"), Deployment(api_version="0.2.0")):
        with pytest.raises(GraphError) as error:
            deployment.deploy("graph.yaml", dry_run=True)
        [problem] = error.value.problems
        assert (problem.location, problem.code) == (Location("graph.yaml", 1, 13), "api-version")
        assert "`v2alpha1`" in problem.wrong


def test_an_error_has_every_problem_in_order(here: Path) -> None:
    graph = SCORING.read_text().replace("[scores]", "[score]").replace("[select]", "[selekt]")
    Path("graph.yaml").write_text(graph.replace("shards: 1}", "shards: 1.5}"))

    with pytest.raises(GraphError) as error:
        Deployment().deploy("graph.yaml", dry_run=True)

    problems = error.value.problems
    assert [(each.location.line, each.severity) for each in problems] == [
        (10, "error"),
        (21, "error"),
        (30, "error"),
    ]
    assert str(error.value) == "\n".join(str(problem) for problem in problems)


@pytest.mark.parametrize("graph", ["nowhere.yaml", "modules"])
def test_a_graph_that_cannot_be_read(here: Path, graph: str) -> None:
    with pytest.raises(GraphError, match=f"{graph}:1:1: cannot be read: ") as error:
        Deployment().deploy(graph)
    assert [each.code for each in error.value.problems] == ["unreadable"]


def test_a_mapping_that_is_no_graph() -> None:
    with pytest.raises(GraphError, match="<inference_graph>"):
        Deployment().deploy({"apiVersion": "0.2.0", "project": object()}, dry_run=True)


@pytest.mark.parametrize("method", ["render", "deploy"])
def test_warnings_point_at_the_line_that_deploys(here: Path, method: str) -> None:
    graph = mapping()
    graph["project"]["v3io_streams"]["unused"] = {}
    options = {"dry_run": True} if method == "deploy" else {}

    with pytest.warns(GraphWarning, match="no step uses the stream `unused`") as said:
        getattr(Deployment(), method)(graph, **options)  # here

    [warning] = said
    assert warning.filename == __file__
    line = Path(__file__).read_text().splitlines()[warning.lineno - 1]
    assert line.endswith("# here")


def test_warnings_can_be_errors(here: Path) -> None:
    graph = mapping()
    graph["project"]["v3io_streams"]["unused"] = {}

    with warnings.catch_warnings():
        warnings.simplefilter("error", GraphWarning)
        with pytest.raises(GraphWarning):
            Deployment().deploy(graph, dry_run=True)


def test_modules_may_be_elsewhere(here: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    shutil.move(here / "modules", elsewhere / "team")

    with pytest.raises(GraphError, match="fraud_model"):
        Deployment().deploy(mapping(), dry_run=True)
    commands = Deployment(modules=[str(elsewhere / "team")]).deploy(mapping(), dry_run=True)
    assert [str(command) for command in commands] == COMMANDS


def test_the_whole_project_without_a_disk(here: Path) -> None:
    files = Deployment().render(SCORING)

    assert files["graph.yaml"] == SCORING.read_bytes()
    assert b"FraudModel(threshold=0.8" in files["steps/score/handler.py"]
    assert list(content_of(here)) == [
        f"modules/{each.name}" for each in (here / "modules").iterdir()
    ]


# The real thing.


def test_without_nuctl_nothing_is_done(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(here))

    with pytest.raises(DeployError, match="`nuctl` is not on the PATH"):
        Deployment().deploy(SCORING)


def test_without_the_client_of_v3io_nothing_is_done(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (here / "nuctl").write_text("#!/bin/sh\ntouch called\n")
    (here / "nuctl").chmod(0o755)
    monkeypatch.setenv("PATH", str(here))
    monkeypatch.setitem(sys.modules, "v3io", None)

    with pytest.raises(DeployError, match=r"pip install 'iguazioig\[deploy\]'"):
        Deployment().deploy(SCORING)
    assert not (here / "called").exists()


# A client of one's own.


class Notebook(DeployerClient):
    """Deploys into a list."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def create_stream(self, stream: Stream) -> None:
        self.lines.append(f"+ {stream.container}{stream.path} {stream.shards}")

    def delete_stream(self, stream: Stream) -> None:
        self.lines.append(f"- {stream.container}{stream.path}")

    def create_function(self, project: str, step: Step) -> None:
        self.lines.append(f"+ {step.function_name} in {project}")

    def delete_function(self, step: Step) -> None:
        self.lines.append(f"- {step.function_name}")


def test_a_client_is_told_everything_in_order() -> None:
    client = Notebook()

    commands = Deployment(api_version="0.2.0", client=client).deploy(SCORING, recreate_data=True)

    assert commands == []
    assert client.lines == [
        "- projects/fraud/streams/transactions",
        "- projects/fraud/streams/scores",
        "- projects/fraud/streams/alerts",
        "- projects/fraud/streams/rejected",
        "+ projects/fraud/streams/transactions 4",
        "+ projects/fraud/streams/scores 4",
        "+ projects/fraud/streams/alerts 1",
        "+ projects/fraud/streams/rejected 1",
        "+ fraud-alert in fraud",
        "+ fraud-score in fraud",
    ]


def test_a_client_is_not_told_of_a_dry_run() -> None:
    client = Notebook()

    commands = Deployment(client=client).deploy(SCORING, dry_run=True)

    assert [str(command) for command in commands] == COMMANDS
    assert client.lines == []


def test_a_client_that_cannot_go_on_ends_the_deployment() -> None:
    class Full(Notebook):
        def create_function(self, project: str, step: Step) -> None:
            raise DeployError(f"no room for {step.slug}")

    client = Full()

    with pytest.raises(DeployError, match="no room for alert"):
        Deployment(client=client).deploy(SCORING)
    assert len(client.lines) == 4


def test_a_client_has_to_do_everything() -> None:
    class Half(DeployerClient):
        def create_stream(self, stream: Stream) -> None: ...

    with pytest.raises(TypeError, match=r"create_function.*delete_function.*delete_stream"):
        Half()  # type: ignore[abstract]


def test_the_real_client_in_a_folder_of_ones_own(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (here / "nuctl").touch(0o755)
    note = "import sys\nopen('called', 'a').write(' '.join(sys.argv) + '\\n')\n"
    for script in ("setup_streams.py", "deploy_steps.py"):
        (here / script).write_text(note)
    for step in ("alert", "score"):
        (here / "steps" / step).mkdir(parents=True)
    monkeypatch.setenv("PATH", str(here))
    said: list[str] = []
    client = NuctlClient(here, announce=lambda command: said.append(str(command)))

    ran = Deployment(client=client).deploy(SCORING)

    Deployment(client=client).deploy(SCORING, include_functions="alert")

    assert [str(command) for command in ran] == said[:2]
    assert said == [
        "python3 setup_streams.py",
        "python3 deploy_steps.py",
        "python3 setup_streams.py",
        "python3 deploy_steps.py alert",
    ]
    called = (here / "called").read_text().splitlines()
    assert called == [line.removeprefix("python3 ") for line in said]


# An API version of one's own.


class Acme(BaseDeployer):
    """A pipe of functions: `project: ABC`, `pipe: [module.Class, …]`."""

    api_version = "acme/1"

    @classmethod
    def translate(cls, document: Document) -> Translation:
        written = yaml.safe_load(document.source)
        place = Location(document.path)
        if not written.get("pipe"):
            problem = Problem(place, "the pipe is empty", "name a class", "acme-empty")
            return Translation(None, (problem,))
        streams = [
            _stream(written["project"], f"pipe-{n}") for n in range(len(written["pipe"]) + 1)
        ]
        graph = Graph(
            location=place,
            api_version=cls.api_version,
            name=written["project"],
            slug=written["project"],
            partition_key="id",
            streams=tuple(streams),
            volumes=(),
            steps=tuple(
                _step(written["project"], path, streams[n], streams[n + 1])
                for n, path in enumerate(written["pipe"])
            ),
            v3io_api="http://v3io-webapi:8081",
            access_key=SecretKey("v3io-access", "accessKey"),
            volume_secret="v3io-fuse",
            source=document.source,
        )
        return Translation(graph, ())


def _stream(project: str, name: str) -> Stream:
    return Stream(
        location=Location("acme"),
        name=name,
        slug=name,
        container="projects",
        path=f"/{project}/{name}",
        shards=1,
        retention=24,
    )


def _step(project: str, path: str, source: Stream, target: Stream) -> Step:
    module, _, name = path.rpartition(".")
    place = Location("acme")
    trigger = Input(
        location=place, stream=source, workers=1, seek_to="earliest", read_batch_size=100
    )
    return Step(
        location=place,
        name=module,
        slug=module,
        function_name=f"{project}-{module}",
        consumer_group=module,
        tag="latest",
        class_module=module,
        class_name=name,
        init={},
        methods=("run",),
        inputs=(trigger,),
        streams=(target,),
        https=(),
        functions=(),
        error_stream=None,
        env={},
        resources={},
        pip=(),
        image="python:3.11",
        python="3.11",
        log_level="info",
        min_replicas=1,
        max_replicas=1,
        image_name=None,
        module_paths=(),
    )


@pytest.fixture
def pipe(here: Path) -> Path:
    for name in ("clean", "score"):
        (here / f"{name}.py").write_text(
            "class Model:\n    def run(self, context, message):\n        return message\n"
        )
    (here / "pipe.yaml").write_text(
        "apiVersion: acme/1\nproject: acme\npipe: [clean.Model, score.Model]\n"
    )
    return here / "pipe.yaml"


@pytest.mark.filterwarnings("ignore::iguazioig.GraphWarning")
def test_a_version_of_ones_own_deploys_with_a_client_of_ones_own(pipe: Path) -> None:
    client = Notebook()

    Deployment(api_version=Acme, client=client).deploy(inference_graph=pipe)

    assert client.lines == [
        "+ projects/acme/pipe-0 1",
        "+ projects/acme/pipe-1 1",
        "+ projects/acme/pipe-2 1",
        "+ acme-score in acme",
        "+ acme-clean in acme",
    ]


@pytest.mark.filterwarnings("ignore::iguazioig.GraphWarning")
def test_a_version_of_ones_own_has_projects_and_dry_runs(pipe: Path) -> None:
    deployment = Deployment(api_version=Acme)

    assert str(deployment.deploy(pipe, dry_run=True)[-1]).startswith("nuctl deploy acme-clean ")
    assert "steps/clean/handler.py" in deployment.render(pipe)


def test_a_version_of_ones_own_reports_its_problems(pipe: Path) -> None:
    pipe.write_text("apiVersion: acme/1\nproject: acme\npipe: []\n")

    with pytest.raises(GraphError, match=r"pipe\.yaml:1:1: the pipe is empty; name a class"):
        Deployment(api_version=Acme).deploy(pipe)


@pytest.mark.filterwarnings("ignore::iguazioig.GraphWarning")
def test_code_is_checked_for_a_version_of_ones_own(pipe: Path) -> None:
    (pipe.parent / "score.py").write_text("class Model:\n    pass\n")

    with pytest.raises(GraphError, match="`run`"):
        Deployment(api_version=Acme).deploy(pipe)


def test_a_version_of_ones_own_takes_no_other_graph(pipe: Path) -> None:
    with pytest.raises(GraphError, match="apiVersion: acme/1"):
        Deployment(api_version=Acme).deploy(SCORING)
    with pytest.raises(GraphError, match="acme/1"):
        Deployment().deploy(pipe)


def test_a_deployer_has_to_translate() -> None:
    class Silent(BaseDeployer):
        api_version = "silent/1"

    with pytest.raises(TypeError, match="translate"):
        Silent(Notebook())  # type: ignore[abstract]


# What is public.


def test_every_public_name_is_there() -> None:
    for name in iguazioig.__all__:
        assert getattr(iguazioig, name).__doc__ or name == "__version__"


def test_other_names_are_not() -> None:
    with pytest.raises(AttributeError, match="module 'iguazioig' has no attribute 'Deploymnt'"):
        iguazioig.Deploymnt  # type: ignore[attr-defined]  # noqa: B018


def test_importing_it_imports_next_to_nothing() -> None:
    program = "import sys, iguazioig; print([m for m in sys.modules if m.startswith('iguazioig.')])"

    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )

    assert done.stdout == "[]\n"


def test_a_client_that_is_used_twice_returns_what_each_deployment_ran() -> None:
    client = DryRunClient()
    deployment = Deployment(client=client)
    first = deployment.deploy(SCORING)
    assert deployment.deploy(SCORING) == first
    assert len(client.commands) == 2 * len(first)


def test_one_step_and_one_folder_may_be_given_as_text(tmp_path: Path) -> None:
    commands = Deployment(modules=str(tmp_path)).deploy(
        SCORING, dry_run=True, include_functions="score"
    )
    assert [command.argv[2] for command in commands if command.argv[1] == "deploy"] == [
        "fraud-score"
    ]


def test_a_version_that_is_no_text_is_said_to_be_none() -> None:
    with pytest.raises(TypeError, match=r"api_version is 0\.2; expected text"):
        Deployment(api_version=0.2)  # type: ignore[arg-type]
