from __future__ import annotations

import ast
import os
import sys
from collections.abc import Mapping
from contextlib import nullcontext
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from iguazioig.errors import Location, Problem
from iguazioig.graph import Graph, SecretKey, Step, UserFunction
from iguazioig.user_code import StepCode, collect

MODEL = """
class Model:
    def __init__(self, threshold, logger=None): ...
    def predict(self, context, message): ...
"""


def write(folder: Path, files: Mapping[str, str | bytes]) -> Path:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    return folder


def place(line: int, column: int = 7) -> Location:
    return Location("graph.yaml", line, column)


def function(module: str, name: str, line: int = 50) -> UserFunction:
    return UserFunction(location=place(line), module=module, function=name)


def make_step(**changes: Any) -> Step:
    values: dict[str, Any] = {
        "name": "score",
        "class_module": "model",
        "class_name": "Model",
        "init": {"threshold": 0.8},
        "methods": ("predict",),
        "functions": (),
        "python": "{}.{}".format(*sys.version_info),
        "module_paths": (),
        "location": place(1),
    } | changes
    keys = ("class_module", "class_name", "class_init", "methods")
    places = {key: place(10 * index) for index, key in enumerate(keys, 1)}
    places |= {f"class_init.{key}": place(31 + i) for i, key in enumerate(values["init"])}
    places |= {f"methods[{i}]": place(41 + i) for i in range(len(values["methods"]))}
    name = values["name"]
    return Step(
        places=values.pop("places", places),
        slug=name,
        function_name=f"fraud-{name}",
        consumer_group=name,
        tag="latest",
        inputs=(),
        streams=(),
        https=(),
        error_stream=None,
        env={},
        resources={},
        pip=(),
        image="python:3.11",
        log_level="debug",
        min_replicas=1,
        max_replicas=1,
        image_name=None,
        **values,
    )


def make_graph(*steps: Step) -> Graph:
    return Graph(
        location=place(1),
        api_version="0.2.0",
        name="fraud",
        slug="fraud",
        partition_key="PartitionKey",
        streams=(),
        volumes=(),
        steps=steps,
        v3io_api="http://v3io-webapi:8081",
        access_key=SecretKey("v3io-access", "accessKey"),
        volume_secret="v3io-fuse",
        source=b"",
    )


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Every test stands in an empty folder that holds its graph."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


ROOTS = (Path("modules"), Path("."))


def collect_step(**changes: Any) -> tuple[StepCode, list[Problem]]:
    code, problems = collect(make_graph(make_step(**changes)), ROOTS)
    return code["score"], problems


def check(source: str, **changes: Any) -> list[str]:
    """The problems of a step whose class module has this source."""
    write(Path("modules"), {"model.py": source})
    return [str(problem) for problem in collect_step(**changes)[1]]


def takes_logger(source: str, **changes: Any) -> bool | None:
    write(Path("modules"), {"model.py": source})
    code, problems = collect_step(**changes)
    assert problems == []
    return code.takes_logger


def files_of(files: Mapping[str, str | bytes], **changes: Any) -> list[str]:
    """The files of a step that has no problems."""
    write(Path("modules"), files)
    code, problems = collect_step(**changes)
    assert problems == []
    return list(code.files)


def run(source: str, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The module as Python really makes it; names that only a library could give are there."""
    module = ModuleType("really_run")
    library = {"make": lambda: print, "wrap": lambda each: each, "Base": object, "E": OSError}
    vars(module).update(library, flag=True, options={}, x=True, Callable=object)
    monkeypatch.setitem(sys.modules, "really_run", module)
    exec(compile(source, "really_run", "exec", dont_inherit=True), vars(module))
    return module


SIMPLE = """
class Model:
    def predict(self, context, message):
        return message
"""


# What travels


def test_a_module_travels_byte_for_byte() -> None:
    source = ("\ufeff# -*- coding: utf-8 -*-\r\n" + MODEL + "\t\r\n# é").encode()
    write(Path("modules"), {"model.py": source})

    code, problems = collect_step()

    assert problems == []
    assert code == StepCode({"model.py": source}, True, ())


def test_a_source_of_another_encoding_is_read_and_travels_as_it_is() -> None:
    source = b"# coding: latin-1\nNAME = '\xe9'\n" + SIMPLE.encode()
    write(Path("modules"), {"model.py": source})

    code, problems = collect_step(init={})

    assert problems == []
    assert code.files["model.py"] == source


def test_roots_are_searched_in_their_order() -> None:
    write(Path("modules"), {"model.py": SIMPLE + "# first"})
    write(Path("."), {"model.py": SIMPLE + "# second", "audit.py": "def record(c, m): ..."})

    code, problems = collect_step(init={}, functions=(function("audit", "record"),))

    assert problems == []
    assert list(code.files) == ["audit.py", "model.py"]
    assert code.files["model.py"].endswith(b"# first")


def test_a_package_beats_a_module_and_a_module_beats_a_folder_of_its_name() -> None:
    files: dict[str, str | bytes] = {
        "model/__init__.py": SIMPLE + "import b",
        "model.py": "not read",
        "b.py": "",
        "b/c.py": "",
    }

    assert files_of(files, init={}) == ["b.py", "model/__init__.py"]


@pytest.mark.parametrize(
    "statement",
    [
        "import helpers",
        "import helpers as h",
        "from helpers import tool",
        "from helpers import *",
        "def late():\n    import helpers",
        "class A:\n    def late(self):\n        from helpers import tool",
        "try:\n    import helpers\nexcept ImportError:\n    helpers = None",
        "try:\n    pass\nexcept ImportError:\n    import helpers",
        "try:\n    pass\nfinally:\n    import helpers",
        "if True:\n    pass\nelse:\n    import helpers",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from helpers import tool",
        "with open('x') as file:\n    import helpers",
        "match 1:\n    case 1:\n        import helpers",
        "for x in ():\n    pass\nelse:\n    import helpers",
        "try:\n    from .helpers import tool\nexcept ImportError:\n    from helpers import tool",
        "x = 1; import helpers",
        "if x := 1: import helpers",
        "async def late():\n    async with x:\n        import helpers",
    ],
)
def test_imports_are_followed_wherever_they_stand(statement: str) -> None:
    files = {"model.py": f"{statement}\n{SIMPLE}", "helpers.py": "tool = 1", "unused.py": ""}

    assert files_of(files, init={}) == ["helpers.py", "model.py"]


def test_imports_are_followed_through_one_another_and_round_in_circles() -> None:
    files = {
        "model.py": "import a, model\n" + SIMPLE,
        "a.py": "import b",
        "b.py": "import a\nfrom c import x",
        "c.py": "import json, numpy, c",
    }

    assert files_of(files, init={}) == ["a.py", "b.py", "c.py", "model.py"]


def test_a_package_travels_whole_with_data_and_what_its_modules_import() -> None:
    files = {
        "fraud/__init__.py": "",
        "fraud/model.py": SIMPLE,
        "fraud/labels.json": "{}",
        "fraud/data/deep/table.bin": b"\x00\xff",
        "fraud/plugins/late.py": "import helpers",
        "fraud/py.typed": "",
        "helpers.py": "",
        "other/__init__.py": "",
    }

    assert files_of(files, class_module="fraud.model", init={}) == [
        "fraud/__init__.py",
        "fraud/data/deep/table.bin",
        "fraud/labels.json",
        "fraud/model.py",
        "fraud/plugins/late.py",
        "fraud/py.typed",
        "helpers.py",
    ]


def test_what_is_private_left_over_or_not_run_does_not_travel() -> None:
    left_out = [
        ".env",
        ".git/config",
        "prod.env",
        "__pycache__/model.cpython-311.pyc",
        "model.pyc",
        "explore.ipynb",
        ".ipynb_checkpoints/a.py",
        "tests/test_model.py",
        "sub/Test/data.json",
        "model.py~",
        ".DS_Store",
    ]
    files = {f"fraud/{name}": "secret" for name in left_out}
    files |= {"fraud/__init__.py": "", "fraud/model.py": SIMPLE, "fraud/testing.py": ""}

    found = files_of(files, class_module="fraud.model", init={})

    assert found == ["fraud/__init__.py", "fraud/model.py", "fraud/testing.py"]


def test_a_module_that_is_imported_travels_even_from_a_folder_that_is_left_out() -> None:
    files = {
        "fraud/__init__.py": "",
        "fraud/model.py": "from .tests.fixtures import x\n" + SIMPLE,
        "fraud/tests/__init__.py": "",
        "fraud/tests/fixtures.py": "x = 1",
        "fraud/tests/test_x.py": "",
    }

    assert files_of(files, class_module="fraud.model", init={}) == [
        "fraud/__init__.py",
        "fraud/model.py",
        "fraud/tests/__init__.py",
        "fraud/tests/fixtures.py",
    ]


@pytest.mark.parametrize(
    "statement",
    [
        "import ns.pkg.mod",
        "from ns.pkg import mod",
        "from ns.pkg.mod import name",
        "import ns.pkg.mod as m",
    ],
)
def test_of_a_folder_without_init_only_what_is_imported_travels(statement: str) -> None:
    files = {
        "model.py": f"{statement}\n{SIMPLE}",
        "ns/pkg/mod.py": "from . import sibling\nfrom .. import above\nname = 1",
        "ns/pkg/sibling.py": "",
        "ns/pkg/unused.py": "",
        "ns/above.py": "",
        "ns/data.json": "",
    }

    assert files_of(files, init={}) == [
        "model.py",
        "ns/above.py",
        "ns/pkg/mod.py",
        "ns/pkg/sibling.py",
    ]


def test_a_package_within_a_folder_without_init_travels_whole() -> None:
    files = {
        "model.py": "import ns.pkg\n" + SIMPLE,
        "ns/pkg/__init__.py": "",
        "ns/pkg/data.json": "{}",
        "ns/other.py": "",
    }

    assert files_of(files, init={}) == ["model.py", "ns/pkg/__init__.py", "ns/pkg/data.json"]


def test_a_folder_without_init_may_lie_in_several_roots() -> None:
    write(Path("."), {"ns/far.py": ""})
    files = {"model.py": "import ns.near, ns.far\n" + SIMPLE, "ns/near.py": ""}

    assert files_of(files, init={}) == ["model.py", "ns/far.py", "ns/near.py"]


def test_a_folder_of_data_with_the_name_of_a_library_is_no_module() -> None:
    write(Path("."), {"numpy/weights.npy": b"1", "json/a.json": "{}", "requests/a.txt": ""})
    files = {"model.py": "import numpy, json, requests\n" + SIMPLE}

    assert files_of(files, init={}) == ["model.py"]


def test_relative_imports_climb() -> None:
    files = {
        "a/__init__.py": "",
        "a/b/__init__.py": "",
        "a/b/model.py": "from ...a.tools import one\nfrom ..shared import two\nfrom . import c\n"
        + SIMPLE,
        "a/b/c.py": "import helpers",
        "a/shared.py": "two = 2",
        "a/tools.py": "one = 1",
        "helpers.py": "",
    }
    write(Path("modules"), files)

    code, problems = collect_step(class_module="a.b.model", init={})

    assert [str(each) for each in problems] == [
        "modules/a/b/model.py:1:1: `from ...a.tools import` fails, because `a.b.model` is in no package"
        " that goes so far up; write it without the dots"
    ]
    assert sorted(code.files) == sorted(files)


def test_each_step_gets_only_its_own_files() -> None:
    write(
        Path("modules"),
        {"a.py": "import shared\n" + SIMPLE, "b.py": SIMPLE, "shared.py": ""},
    )
    steps = [make_step(name=name, class_module=name, init={}) for name in ("a", "b")]

    code, problems = collect(make_graph(*steps), ROOTS)

    assert problems == []
    assert {slug: list(each.files) for slug, each in code.items()} == {
        "a": ["a.py", "shared.py"],
        "b": ["b.py"],
    }


def test_nothing_is_imported_or_run() -> None:
    source = "raise SystemExit('ran')\nopen('ran', 'w')\n" + SIMPLE

    assert check(source, init={}) == []
    assert not Path("ran").exists()
    assert "model" not in sys.modules


def test_what_python_warns_about_in_the_code_is_kept_from_the_user() -> None:
    assert check("PATTERN = '\\d'\nassert (1, 'x')\n1 is 1\n" + SIMPLE, init={}) == []


def test_a_run_sees_what_the_files_say_now() -> None:
    assert check(SIMPLE, init={}) == []
    assert len(check(SIMPLE.replace("predict", "score"), init={})) == 1


# Modules that are not there


def test_a_missing_module_says_where_it_was_looked_for_and_what_is_near() -> None:
    write(Path("modules"), {"fraud_model.py": SIMPLE})

    assert [str(each) for each in collect_step(class_module="fruad_model")[1]] == [
        "graph.yaml:10:7: there is no module `fruad_model` in `modules`, `.` (did you mean"
        " `fraud_model`?); put it there, name its folder with `--modules`, or give `module_paths`"
        " if a volume has it"
    ]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("Fraud_Model", "fraud_model"),
        ("fraud_model.py", "fraud_model"),
        ("fraud_model.FraudModel", "fraud_model"),
        ("pkg.modle", "pkg.model"),
        ("pgk.model", "pkg.model"),
        ("modules.fraudmodel", "modules.fraud_model"),
    ],
)
def test_near_misses_of_module_names(written: str, meant: str) -> None:
    write(Path("modules"), {"fraud_model.py": "", "pkg/__init__.py": "", "pkg/model.py": ""})

    [problem] = collect_step(class_module=written)[1]

    assert f"(did you mean `{meant}`?)" in problem.wrong


def test_absolute_roots_are_shown_by_their_names_only(tmp_path: Path) -> None:
    roots = [tmp_path / "modules", tmp_path / "shared", tmp_path / "gone"]
    write(roots[0], {"model.py": "class Model:\n    def predict(self): ..."})

    _, problems = collect(
        make_graph(make_step(init={}), make_step(name="other", class_module="zzz")), roots
    )

    assert "in `modules`, `shared`, `gone`;" in problems[1].message
    assert all(str(tmp_path) not in each.message for each in problems)
    assert problems[0].location == Location((roots[0] / "model.py").as_posix(), 2, 5)


def test_no_roots_at_all() -> None:
    code, problems = collect(make_graph(make_step()), ())

    assert code == {"score": StepCode({}, None, ())}
    assert "there is no module `model` in any folder;" in str(problems[0])


def test_a_missing_module_is_expected_on_the_volume_if_there_are_module_paths() -> None:
    write(Path("modules"), {"audit.py": "def record(context, message): ..."})
    functions = (function("audit", "record"), function("far.away", "call"), function("model", "f"))

    code, problems = collect_step(module_paths=("/User/modules",), functions=functions)

    assert problems == []
    assert list(code.files) == ["audit.py"]
    assert code.takes_logger is None
    assert code.on_volume == ("model", "far.away")


def test_a_local_module_is_taken_even_if_there_are_module_paths() -> None:
    write(Path("modules"), {"model.py": MODEL})

    code, problems = collect_step(module_paths=("/User/modules",), methods=("predict", "gone"))

    assert (list(code.files), code.on_volume) == (["model.py"], ())
    assert [each.code for each in problems] == ["method-missing"]


def test_a_folder_without_init_is_no_class_module() -> None:
    write(Path("modules"), {"fraud/model.py": SIMPLE, "fraud/data.json": ""})

    assert [str(each) for each in collect_step(class_module="fraud")[1]] == [
        "graph.yaml:10:7: `fraud` is a folder without `__init__.py`, and no module;"
        " name a module in it: `fraud.model`"
    ]
    assert collect_step(class_module="fraud", module_paths=("/User",))[0].on_volume == ("fraud",)


@pytest.mark.parametrize(
    "name",
    [
        *(
            "",
            ".",
            "..",
            "a..b",
            "../secret",
            "/etc/passwd",
            "a/b",
            "x\0y",
            "é\ud800",
            "class",
            "1a",
        ),
        *("a." * 100_000 + "a", "a" * 300),
    ],
)
def test_names_that_python_cannot_import_are_just_not_found(name: str) -> None:
    write(Path("modules"), {"class.py": SIMPLE, "a/b.py": SIMPLE, "__init__.py": SIMPLE})
    write(Path("."), {"secret.py": SIMPLE})

    assert [each.code for each in collect_step(class_module=name)[1]] == ["module-missing"]


def test_an_output_function_s_missing_module_is_shown_at_its_own_place() -> None:
    write(Path("modules"), {"model.py": MODEL})
    functions = (function("audit", "record", 51), function("audit", "other", 52))

    _, problems = collect_step(functions=functions)

    assert [(each.location, each.code) for each in problems] == [(place(51), "module-missing")]


def test_every_problem_is_told_at_once_and_each_once() -> None:
    write(Path("modules"), {"model.py": "class Model:\n    def predict(self): ...", "bad.py": "("})
    steps = [
        make_step(name="a", init={}),
        make_step(name="b", init={}, functions=(function("bad", "f"),)),
        make_step(name="c", class_module="bad", class_name="X"),
        make_step(name="d", class_module="gone"),
    ]

    code, problems = collect(make_graph(*steps), ROOTS)

    assert list(code) == ["a", "b", "c", "d"]
    assert [(each.location.path, each.code) for each in problems] == [
        ("graph.yaml", "module-missing"),
        ("modules/bad.py", "module-syntax"),
        ("modules/model.py", "method-signature"),
    ]


# Names that are taken


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("handler", "the generated `handler.py` of the step"),
        ("Delivery", "the generated `delivery.py` of the step"),
        ("handler.model", "the generated `handler.py` of the step"),
        ("json", "`json` of Python's standard library"),
        ("types", "`types` of Python's standard library"),
        ("distutils", "`distutils` of Python's standard library"),
        ("imp", "`imp` of Python's standard library"),
        ("v3io", "the library `v3io`, which every step runs on"),
        ("nuclio_sdk", "the library `nuclio_sdk`, which every step runs on"),
    ],
)
@pytest.mark.parametrize("module_paths", [(), ("/User/modules",)])
def test_a_class_module_may_not_have_a_name_that_is_taken(
    name: str, why: str, module_paths: tuple[str, ...]
) -> None:
    write(Path("modules"), {f"{name.replace('.', '/')}.py": SIMPLE})

    code, problems = collect_step(class_module=name, module_paths=module_paths, init={})

    assert [str(each) for each in problems] == [
        f"graph.yaml:10:7: the module name `{name}` is taken by {why};"
        " give your module another name"
    ]
    assert code == StepCode({}, None, ())


@pytest.mark.parametrize(
    ("statement", "module"),
    [
        ("import delivery", "delivery.py"),
        ("from handler.x import y", "handler/x.py"),
        ("try:\n    import requests\nexcept ImportError: ...", "requests/__init__.py"),
    ],
)
def test_importing_a_module_of_a_taken_name_is_an_error(statement: str, module: str) -> None:
    write(Path("modules"), {module: "y = 1", "model.py": f"{statement}\n{SIMPLE}"})

    code, [problem] = collect_step(init={})

    assert problem.code == "module-name"
    assert problem.severity == "error"
    assert problem.location.path == "modules/model.py"
    assert "would stand in the way of" in problem.wrong
    assert list(code.files) == ["model.py"]


def test_the_standard_library_wins_over_a_file_of_its_name_and_a_warning_says_so() -> None:
    write(Path("."), {"types.py": ""})
    write(Path("modules"), {"model.py": f"import json\nfrom types import x\n{SIMPLE}"})

    code, problems = collect_step(init={})

    assert list(code.files) == ["model.py"]
    assert [str(each) for each in problems] == [
        "modules/model.py:2:1: warning: this imports `types` of Python's standard library, and your"
        " own module `types` is not copied; rename your module if it is meant"
    ]


def test_names_that_are_taken_at_the_top_are_free_in_a_package() -> None:
    files = {
        "fraud/__init__.py": "from .model import Model\nfrom . import json, handler",
        "fraud/model.py": SIMPLE,
        "fraud/json.py": "",
        "fraud/handler.py": "",
    }

    assert files_of(files, class_module="fraud", init={}) == sorted(files)


def test_a_library_that_is_not_among_the_user_s_files_may_be_imported() -> None:
    assert check("import v3io.dataplane, requests, delivery\n" + SIMPLE, init={}) == []


# Imports that fail


def test_a_relative_import_at_the_top_of_the_step_folder_fails() -> None:
    source = "from .helpers import tool\nfrom . import helpers\n" + SIMPLE
    write(Path("modules"), {"helpers.py": ""})

    problems = check(source, init={})

    assert problems == [
        "modules/model.py:1:1: `from .helpers import` fails, because `model` is in no package that"
        " goes so far up; write it without the dots",
        "modules/model.py:2:1: `from . import` fails, because `model` is in no package that goes so"
        " far up; write it without the dots",
    ]


def test_a_relative_import_of_nothing_is_a_warning() -> None:
    files = {
        "fraud/__init__.py": "",
        "fraud/model.py": "from .gone import x\nfrom ._fast import y\nfrom . import z\n"
        "try:\n    from .maybe import v\nexcept ImportError: ...\n" + SIMPLE,
        "fraud/_fast.cpython-311-x86_64-linux-gnu.so": b"\x7fELF",
    }
    write(Path("modules"), files)

    code, problems = collect_step(class_module="fraud.model", init={})

    assert [str(each) for each in problems] == [
        "modules/fraud/model.py:1:1: warning: there is no module `fraud.gone`; the name of a module"
    ]
    assert sorted(code.files) == sorted(files)


# Files that cannot be read


@pytest.mark.parametrize(
    ("source", "line", "column"),
    [
        (b"class Model:\n  x = = 1\n", 2, 7),
        (b"x = '\xff'\n", 1, 8),
        (b"# coding: nonsense\n", 1, 1),
        (b"# coding: hex\n", 1, 1),
        (b"x = 1\n\0", 1, 1),
        ("class A: ...".encode("utf-16"), 1, 1),
        (b"(" * 300, 1, 201),
        (b"<<<<<<< HEAD\n", 1, 1),
        (b"print 'two'\n", 1, 1),
    ],
)
def test_source_that_does_not_parse(source: bytes, line: int, column: int) -> None:
    write(Path("modules"), {"model.py": source})

    code, [problem] = collect_step(methods=("gone",))

    assert problem.code in ("module-syntax", "module-file")
    assert problem.location.path == "modules/model.py"
    assert "Python cannot read this module" in problem.wrong
    assert problem.severity == "error"
    assert code == StepCode({"model.py": source}, None, ())
    if sys.version_info[:2] == (3, 11):
        assert problem.location == Location("modules/model.py", line, column)


@pytest.mark.parametrize(
    "source",
    [
        "x = " + "-" * 50_000 + "1",
        "x = 1" + "+1" * 50_000,
        "x = a" + ".b" * 50_000,
        "x = " + "lambda:" * 50_000 + "1",
        "if a:\n pass\n" + "elif a:\n pass\n" * 20_000,
    ],
)
def test_source_that_is_nested_too_deeply(source: str) -> None:
    [problem] = check(f"{source}\n{SIMPLE}", init={})

    assert problem.startswith("modules/model.py:")
    assert "Python cannot read this module" in problem


def test_what_is_nested_as_deeply_as_python_can_read() -> None:
    branches = "if a:\n    import helpers\n" + "elif a:\n    def f(): ...\n" * 150
    write(Path("modules"), {"helpers.py": ""})

    assert check(f"{branches}\nx = 1{'+1' * 150}\n{SIMPLE}", init={}) == []


def test_syntax_newer_than_this_python_is_a_warning_where_the_step_has_a_newer_one() -> None:
    write(Path("modules"), {"model.py": "class Model\n"})
    newer = f"{sys.version_info[0]}.{sys.version_info[1] + 1}"

    _, problems = collect_step(python=newer)

    assert [(each.severity, each.code) for each in problems] == [("warning", "module-syntax")]


def test_what_only_lies_in_a_package_need_not_parse() -> None:
    files = {
        "fraud/__init__.py": SIMPLE,
        "fraud/template.py": "class {{ name }}:",
        "fraud/not-a-name.py": "from . import x",
        "fraud/model.v2.py": "import helpers",
        "fraud/big.py": "#" * (3 * 2**20),
    }

    assert files_of(files, class_module="fraud", init={}) == sorted(files)


def test_an_imported_module_that_does_not_parse_is_an_error_in_its_own_file() -> None:
    write(Path("modules"), {"helpers.py": "x = (\n"})

    [problem] = check("import helpers\n" + SIMPLE, init={})

    assert problem.startswith("modules/helpers.py:1:5: Python cannot read this module: ")


def test_a_module_that_is_too_large() -> None:
    [problem] = check(SIMPLE + "#" * (2 * 2**20), init={})

    assert problem.startswith("modules/model.py:1:1: this module is larger than 2 MB; ")


def test_a_file_that_is_too_large() -> None:
    write(Path("modules"), {"fraud/__init__.py": SIMPLE, "fraud/w.bin": b"0" * (5 * 2**20 + 1)})

    code, [problem] = collect_step(class_module="fraud", init={})

    assert str(problem).startswith("modules/fraud/w.bin:1:1: this file is larger than 5 MB")
    assert list(code.files) == ["fraud/__init__.py"]


def test_a_package_that_is_too_large() -> None:
    parts = {f"fraud/{number}.bin": b"0" * (4 * 2**20) for number in range(6)}
    write(Path("modules"), {"fraud/__init__.py": SIMPLE, **parts})

    _, [problem] = collect_step(class_module="fraud", init={})

    assert str(problem).startswith("modules/fraud:1:1: this package holds more than 20 MB")


def test_a_package_of_too_many_files() -> None:
    parts = {f"fraud/{number}.txt": "" for number in range(1001)}
    write(Path("modules"), {"fraud/__init__.py": SIMPLE, **parts})

    _, [problem] = collect_step(class_module="fraud", init={})

    assert str(problem).startswith("modules/fraud:1:1: this package holds more than 1000 files")


def test_a_file_name_that_cannot_be_shown() -> None:
    write(Path("modules"), {"fraud/__init__.py": SIMPLE, "fraud/a\nb": "", "fraud/é😀.txt": ""})

    code, [problem] = collect_step(class_module="fraud", init={})

    assert problem.wrong == "this package holds a file named 'a\\nb'"
    assert list(code.files) == ["fraud/__init__.py", "fraud/é😀.txt"]


def test_a_file_that_the_machine_refuses_to_read(monkeypatch: pytest.MonkeyPatch) -> None:
    write(Path("modules"), {"fraud/__init__.py": SIMPLE, "fraud/data.json": "", "fraud/sub/x": ""})
    open_file, list_folder = Path.open, os.listdir

    def refuse_file(path: Path, *arguments: Any, **options: Any) -> Any:
        if path.name == "data.json":
            raise PermissionError(13, "Permission denied")
        return open_file(path, *arguments, **options)

    def refuse_folder(path: Any) -> list[str]:
        if Path(path).name == "sub":
            raise PermissionError(13, "Permission denied")
        return list_folder(path)

    monkeypatch.setattr(Path, "open", refuse_file)
    monkeypatch.setattr(os, "listdir", refuse_folder)

    code, problems = collect_step(class_module="fraud", init={})

    assert [str(each) for each in problems] == [
        f"modules/fraud/{name}:1:1: this cannot be read: permission denied;"
        " a file or folder you may read"
        for name in ("data.json", "sub")
    ]
    assert list(code.files) == ["fraud/__init__.py"]


def test_folders_and_pipes_with_the_name_of_a_module_are_none() -> None:
    write(Path("modules"), {"model.py/file": ""})
    os.mkfifo("model.py")

    assert [each.code for each in collect_step()[1]] == ["module-missing"]


def test_a_pipe_in_a_package_is_passed_over() -> None:
    write(Path("modules"), {"fraud/__init__.py": SIMPLE})
    os.mkfifo("modules/fraud/pipe")

    assert files_of({}, class_module="fraud", init={}) == ["fraud/__init__.py"]


def test_the_case_of_a_name_counts_on_every_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    write(Path("modules"), {"Model.py": SIMPLE})
    is_file = os.path.isfile
    monkeypatch.setattr(
        os.path, "isfile", lambda path: is_file(Path(path).with_name("Model.py")) or is_file(path)
    )

    [problem] = collect_step(init={})[1]

    assert "(did you mean `Model`?)" in problem.wrong


# Symlinks


def test_symlinks_within_the_roots_are_copied_as_what_they_point_to() -> None:
    write(Path("lib"), {"real.py": SIMPLE, "tools/__init__.py": "", "tools/data.json": "{}"})
    Path("modules").mkdir()
    Path("modules/model.py").symlink_to("../lib/real.py")
    Path("modules/tools").symlink_to("../lib/tools")

    code, problems = collect_step(init={}, functions=(function("tools", "__name__"),))

    assert [each.code for each in problems] == ["function-missing"]
    assert code.files == {
        "model.py": SIMPLE.encode(),
        "tools/__init__.py": b"",
        "tools/data.json": b"{}",
    }


def test_symlinks_out_of_the_roots_are_refused(tmp_path: Path) -> None:
    write(tmp_path / "private", {"model.py": SIMPLE, "key.txt": "secret", "keys/a": "secret"})
    inside = write(tmp_path / "inside", {"pkg/__init__.py": SIMPLE})
    (inside / "model.py").symlink_to(tmp_path / "private/model.py")
    (inside / "pkg/key.txt").symlink_to(tmp_path / "private/key.txt")
    (inside / "pkg/keys").symlink_to(tmp_path / "private/keys")
    steps = [make_step(init={}), make_step(name="b", class_module="pkg", init={})]

    code, problems = collect(make_graph(*steps), [Path("inside")])

    assert [each.location.path for each in problems] == [
        "inside/model.py",
        "inside/pkg/key.txt",
        "inside/pkg/keys",
    ]
    assert {each.wrong for each in problems} == {
        "this is a symlink out of the folders that are searched"
    }
    assert (code["score"].files, list(code["b"].files)) == ({}, ["pkg/__init__.py"])


def test_a_root_that_is_a_symlink_is_fine(tmp_path: Path) -> None:
    write(tmp_path / "real", {"model.py": SIMPLE})
    (tmp_path / "modules").symlink_to("real")

    _, problems = collect(make_graph(make_step(init={})), [Path("modules")])

    assert problems == []


def test_a_symlink_does_not_bring_a_private_file_along() -> None:
    write(Path("modules"), {"fraud/__init__.py": SIMPLE, ".env": "TOKEN=1"})
    Path("modules/fraud/settings").symlink_to("../.env")

    assert files_of({}, class_module="fraud", init={}) == ["fraud/__init__.py"]


def test_symlinks_that_lead_back_or_nowhere_end() -> None:
    write(Path("modules"), {"fraud/__init__.py": SIMPLE, "fraud/sub/data": ""})
    Path("modules/fraud/again").symlink_to(".")
    Path("modules/fraud/sub/up").symlink_to("..")
    Path("modules/fraud/loop").symlink_to("loop")
    Path("modules/fraud/gone").symlink_to("not-there")
    Path("modules/loop.py").symlink_to("loop.py")

    assert files_of({}, class_module="fraud", init={}) == ["fraud/__init__.py", "fraud/sub/data"]
    assert [each.code for each in collect_step(class_module="loop")[1]] == ["module-missing"]


def test_symlinks_that_multiply_end() -> None:
    write(Path("modules"), {"fraud/__init__.py": SIMPLE})
    for level in range(30):
        folder = Path(f"modules/level{level}")
        folder.mkdir()
        for side in "ab":
            (folder / side).symlink_to(f"../level{level + 1}")
    Path("modules/fraud/start").symlink_to("../level0")

    [problem] = collect_step(class_module="fraud", init={})[1]

    assert "more than 1000 files" in problem.wrong


# The class


def test_a_missing_class_names_those_that_are_there() -> None:
    source = "from json import dumps\nclass FraudModel: ...\nclass Other: ...\ndef f(): ..."

    assert check(source, class_name="FruadModel", init={}, methods=("x",)) == [
        "graph.yaml:20:7: module `model` has no class `FruadModel` (did you mean `FraudModel`?);"
        " it has `FraudModel`, `Other`"
    ]


def test_an_empty_module_has_no_class() -> None:
    assert check("") == ["graph.yaml:20:7: module `model` has no class `Model`; it has none"]


@pytest.mark.parametrize(
    "source",
    [
        "if x:\n    class Model:\n        def predict(self, c, m): ...",
        "try:\n    class Model:\n        def predict(self, c, m): ...\nexcept E: ...",
        "class Model: ...\nclass Model:\n    def predict(self, c, m): ...",
        "with x:\n    class Model:\n        def predict(self, c, m): ...",
    ],
)
def test_a_class_is_seen_where_it_stands(source: str) -> None:
    assert check(source, init={}) == []
    assert len(check(source, init={"a": 1}, methods=("predict", "gone"))) == 2


@pytest.mark.parametrize(
    "source",
    [
        "Model = make()",
        "Model: type = make()",
        "A, Model = make()",
        "for Model in make(): ...",
        "with make() as Model: ...",
        "try: ...\nexcept E as Model: ...",
        "match x:\n    case {'a': [*Model]}: ...",
        "match x:\n    case {**Model}: ...",
        "match x:\n    case Model: ...",
        "if (Model := make()): ...",
        "print(Model := make())",
        "from library import *",
        "from library import Model",
        "from library import Thing as Model",
        "import library as Model",
        "def Model(threshold): ...",
        "class Model: ...\nModel = wrap(Model)",
        "class Model: ...\nModel += 1",
        "class Model: ...\nif x:\n    Model = other",
        "try:\n    from library import Model\nexcept ImportError:\n    class Model: ...",
        "if x:\n    class Model: ...\nelse:\n    class Model: ...",
        "def __getattr__(name): ...",
        "globals()['Model'] = make()",
        "exec('class Model: ...')",
        "import sys\nsetattr(sys.modules[__name__], 'Model', make())",
        "def build():\n    global A, Model\n    Model = make()",
        "class Model: ...\nsetattr(Model, name, make())",
        "class Model: ...\nadd_methods(Model)",
        "@wrap\nclass Model: ...",
        "@wrap(1)\nclass Model: ...",
        "class Model(metaclass=Meta): ...",
        "class Model(Base, plugin='x'): ...",
        "class Model(**options): ...",
        "class Model(*bases): ...",
        "class Model(make()): ...",
        "from library import Base\nclass Model(Base): ...",
        "import library\nclass Model(library.a.Base[int]): ...",
        "class Model(Exception): ...",
        "class Model(Model): ...",
        "from typing import NamedTuple\nclass Model(NamedTuple):\n    x: int",
        "import pydantic\nclass Model(pydantic.BaseModel):\n    x: int",
        "import attr\n@attr.s\nclass Model:\n    x = attr.ib()",
        "from attrs import define\n@define\nclass Model:\n    x: int",
        "from typing import Protocol\nclass Model(Protocol): ...",
    ],
)
def test_what_cannot_be_seen_is_taken_to_be_right(source: str) -> None:
    assert takes_logger(source, init={"anything": 1}, methods=("any", "other")) is None


@pytest.mark.parametrize(
    ("files", "class_module"),
    [
        ({"model.py": "from other import Model", "other.py": "{}"}, "model"),
        ({"model.py": "from other import X as Model", "other.py": "class X: ..."}, "model"),
        ({"p/__init__.py": "from .m import Model", "p/m.py": "{}"}, "p"),
        ({"p/__init__.py": "from p.m import Model", "p/m.py": "{}"}, "p"),
        (
            {
                "p/__init__.py": "from . import m\nfrom .q import Model",
                "p/q.py": "from .m import *\nfrom .m import Model",
                "p/m.py": "{}",
            },
            "p",
        ),
        ({"p/__init__.py": "", "p/a.py": "from .m import Model", "p/m.py": "{}"}, "p.a"),
    ],
)
def test_a_class_is_followed_to_where_it_is_defined(
    files: dict[str, str], class_module: str
) -> None:
    body = "class Model: ..."
    write(Path("modules"), {name: text.replace("{}", body) for name, text in files.items()})

    code, problems = collect_step(class_module=class_module, init={"a": 1})

    assert [each.code for each in problems] == ["class-argument", "method-missing"]
    assert code.takes_logger is False


def test_a_class_that_the_module_it_comes_from_does_not_have() -> None:
    write(Path("modules"), {"other.py": "class Modell: ..."})

    assert check("from other import Model") == [
        "graph.yaml:20:7: module `other` has no class `Model` (did you mean `Modell`?);"
        " it has `Modell`"
    ]


def test_names_that_are_imported_in_a_circle_cannot_be_seen() -> None:
    write(Path("modules"), {"other.py": "from model import Model"})

    assert check("from other import Model") == []


def test_a_submodule_of_the_name_is_no_missing_class() -> None:
    files = {"p/__init__.py": "", "p/Model.py": ""}

    assert files_of(files, class_module="p") == sorted(files)


# The constructor


CONSTRUCTORS: list[tuple[str, dict[str, Any], list[str]]] = [
    ("self", {}, []),
    ("self, a, b=1", {"a": 1, "b": 2}, []),
    ("self, a, *, b, c=1", {"a": 1, "b": 2}, []),
    ("self, **options", {"a": 1, "anything": 2}, []),
    ("self, *args, **options", {"a": 1}, []),
    ("*args, **options", {"a": 1}, []),
    ("self, /, a", {"a": 1}, []),
    ("self, x=1, /, a=2", {"a": 1}, []),
    ("self, a, logger", {"a": 1}, []),
    ("self, a, *, logger", {"a": 1}, []),
    ("", {"a": 1}, []),
    (
        "self, treshold",
        {"threshold": 1},
        [
            "graph.yaml:30:7: `Model` needs the argument `treshold`; add it to `class_init`",
            "graph.yaml:31:7: `Model` takes no argument `threshold` (did you mean `treshold`?);"
            " it takes `treshold`",
        ],
    ),
    ("self", {"a": 1}, ["graph.yaml:31:7: `Model` takes no argument `a`; it takes none"]),
    (
        "self, a",
        {"self": 1, "a": 2},
        [
            "graph.yaml:31:7: `Model` takes no argument `self`; it takes `a`",
        ],
    ),
    (
        "self, *args",
        {"args": 1},
        [
            "graph.yaml:31:7: `Model` takes no argument `args`; it takes none",
        ],
    ),
    (
        "self, *, a, b",
        {},
        [
            "graph.yaml:30:7: `Model` needs the argument `a`; add it to `class_init`",
            "graph.yaml:30:7: `Model` needs the argument `b`; add it to `class_init`",
        ],
    ),
    (
        "self, a, **options",
        {},
        [
            "graph.yaml:30:7: `Model` needs the argument `a`; add it to `class_init`",
        ],
    ),
    (
        "self, a, /, b",
        {"b": 1},
        [
            "graph.yaml:30:7: `Model` takes its argument `a` by position only;"
            " let the class take it by name, as `class_init` gives it",
        ],
    ),
    (
        "self, a, b=1, /",
        {},
        [
            "graph.yaml:30:7: `Model` takes its argument `a` by position only;"
            " let the class take it by name, as `class_init` gives it",
        ],
    ),
]


@pytest.mark.parametrize(("signature", "init", "expected"), CONSTRUCTORS)
def test_constructor_arguments(signature: str, init: dict[str, Any], expected: list[str]) -> None:
    source = f"class Model:\n    def __init__({signature}): ...\n    def predict(self, c, m): ..."

    assert check(source, init=init) == expected


@pytest.mark.parametrize(
    ("signature", "init", "expected"), [each for each in CONSTRUCTORS if each[0]]
)
def test_constructors_are_judged_as_python_calls_them(
    signature: str, init: dict[str, Any], expected: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    source = f"class Model:\n    def __init__({signature}): ...\n    def predict(self, c, m): ..."
    write(Path("modules"), {"model.py": source})
    logger = {"logger": None} if collect_step(init=init)[0].takes_logger else {}

    with pytest.raises(TypeError) if expected else nullcontext():
        run(source, monkeypatch).Model(**init, **logger)


def test_a_long_list_of_arguments_is_cut() -> None:
    arguments = ", ".join(f"a{number}=0" for number in range(100))
    source = f"class Model:\n    def __init__(self, {arguments}): ...\n    predict = None"

    [problem] = check(source, init={"zzz": 1})

    assert problem.endswith("`a10`, `a11`, …")


def test_problems_of_arguments_fall_back_to_places_that_are_there() -> None:
    places = {"class_name": place(5)}
    source = "class Model:\n    def __init__(self, a): ..."

    problems = check(source, init={"b": 1}, places=places)

    assert [each.split(": ")[0] for each in problems] == [
        "graph.yaml:1:7",
        "graph.yaml:5:7",
        "graph.yaml:5:7",
    ]


@pytest.mark.parametrize(
    ("source", "init", "expected"),
    [
        ("def __init__(self, logger): ...", {}, True),
        ("def __init__(self, *, logger=None): ...", {}, True),
        ("def __init__(self, **options): ...", {}, True),
        ("def __init__(self, *args): ...", {}, False),
        ("def __init__(self, logger=None, /): ...", {}, False),
        ("def __init__(self): ...", {}, False),
        ("pass", {}, False),
        ("def __init__(self, logger=None): ...", {"logger": None}, False),
        ("@wrap\n    def __init__(self): ...", {"a": 1}, None),
        ("__init__ = make()", {"a": 1}, None),
        ("def __new__(cls, a): ...", {"a": 1}, None),
        ("def __new__(cls, *args): ...\n    def __init__(self): ...", {"a": 1}, None),
        ("if x:\n        def __init__(self): ...\n    else:\n        __init__ = y", {"a": 1}, None),
        ("def __init__(): ...", {}, None),
    ],
)
def test_whether_a_logger_is_taken(
    source: str, init: dict[str, Any], expected: bool | None
) -> None:
    text = f"class Model:\n    {source}\n    def predict(self, c, m): ..."

    assert takes_logger(text, init=init) is expected


def test_a_constructor_is_inherited() -> None:
    write(Path("modules"), {"base.py": "class Base:\n    def __init__(self, a, logger): ..."})
    source = """
import base
from abc import ABC, ABCMeta
from typing import Generic, TypeVar

class Middle(ABC, base.Base, Generic[T]): ...

class Model(Middle[int], object, metaclass=ABCMeta):
    def predict(self, context, message): ...
"""

    assert takes_logger(source, init={"a": 1}) is True
    assert len(check(source, init={"b": 1})) == 2


def test_bases_are_searched_in_python_s_order() -> None:
    source = """
class Top:
    def __init__(self, top): ...
    def predict(self): ...
class Left(Top): ...
class Right(Top):
    def __init__(self, right): ...
    def predict(self, context, message): ...
class Model(Left, Right): ...
"""

    assert check(source, init={"right": 1}) == []


def test_a_method_before_an_unknown_base_is_seen_and_one_behind_it_is_not() -> None:
    known = "from lib import Base\nclass Known:\n    def predict(self): ...\n"

    assert len(check(known + "class Model(Known, Base): ...", init={})) == 1
    assert check(known + "class Model(Base, Known): ...", init={}) == []


def test_inheritance_without_end_or_sense() -> None:
    chain = "class C0: ...\n" + "".join(f"class C{i}(C{i - 1}): ...\n" for i in range(1, 3000))
    diamonds = "class A0: ...\nclass B0: ...\n" + "".join(
        f"class A{i}(A{i - 1}, B{i - 1}): ...\nclass B{i}(A{i - 1}, B{i - 1}): ...\n"
        for i in range(1, 45)
    )

    assert check(chain + "class Model(C2999): ...") == []
    assert len(check(diamonds + "class Model(A44, B44): ...")) == 2
    assert len(check("class Model(Other): ...\nclass Other(Model): ...")) == 2


DATACLASS = """
import dataclasses
import typing
from dataclasses import KW_ONLY, InitVar, dataclass, field
from typing import ClassVar

{}
    def predict(self, context, message): ...
"""


DATACLASSES: list[tuple[str, dict[str, Any], list[str]]] = [
    ("@dataclass\nclass Model:\n    a: int\n    b: int = 1", {"a": 1}, []),
    ("@dataclass\nclass Model:\n    a: int\n    b: int = 1", {"b": 1}, ["needs the argument `a`"]),
    ("@dataclass\nclass Model:\n    a: int", {"a": 1, "c": 1}, ["takes no argument `c`"]),
    (
        "@dataclasses.dataclass(frozen=True)\nclass Model:\n    a: int",
        {},
        ["needs the argument `a`"],
    ),
    ("@dataclass(kw_only=True)\nclass Model:\n    a: int = 1\n    b: int", {"b": 1}, []),
    ("@dataclass\nclass Model:\n    a: int = 1\n    _: KW_ONLY\n    b: int", {"b": 1}, []),
    ("@dataclass\nclass Model:\n    a: InitVar[int]", {"a": 1}, []),
    ("@dataclass\nclass Model:\n    a: ClassVar[int]\n    b: typing.ClassVar = 2", {}, []),
    ("@dataclass\nclass Model:\n    a: 'ClassVar[int]'", {}, []),
    ("@dataclass\nclass Model:\n    a: ClassVar[int] = 1", {"a": 1}, ["takes no argument `a`"]),
    ("@dataclass\nclass Model:\n    a: list = field(default_factory=list)", {}, []),
    ("@dataclass\nclass Model:\n    a: int = dataclasses.field(default=1)", {"a": 2}, []),
    ("@dataclass\nclass Model:\n    a: int = field(repr=False)", {}, ["needs the argument `a`"]),
    ("@dataclass\nclass Model:\n    a: int = field(init=False)", {}, []),
    (
        "@dataclass\nclass Model:\n    a: int = field(init=False)",
        {"a": 1},
        ["takes no argument `a`"],
    ),
    ("@dataclass\nclass Model:\n    a: int = field(init=flag)", {"z": 1}, []),
    ("@dataclass\nclass Model:\n    a: int = field(**options)", {"z": 1}, []),
    ("@dataclass\nclass Model:\n    a: int = make()", {}, []),
    ("@dataclass\nclass Model:\n    a: int\n    a = 5", {}, []),
    ("@dataclass\nclass Model:\n    if x:\n        a: int", {"z": 1}, []),
    ("@dataclass(init=False)\nclass Model:\n    a: int", {}, []),
    ("@dataclass(init=False)\nclass Model:\n    a: int", {"a": 1}, ["takes no argument `a`"]),
    ("@dataclass(init=flag)\nclass Model:\n    a: int", {"z": 1}, []),
    ("@dataclass(**options)\nclass Model:\n    a: int", {"z": 1}, []),
    ("@dataclass\nclass Model:\n    a: int\n    def __init__(self, z): ...", {"z": 1}, []),
    (
        "@dataclass\nclass A:\n    a: int\n@dataclass\nclass Model(A):\n    b: int",
        {"a": 1, "b": 1},
        [],
    ),
    ("@dataclass\nclass A:\n    a: int\n@dataclass\nclass Model(A):\n    a: int = 1", {}, []),
    ("@dataclass\nclass A:\n    a: int\nclass Model(A):\n    b: int", {"a": 1}, []),
    ("class A:\n    a: int\n@dataclass\nclass Model(A):\n    b: int", {"b": 1}, []),
    (
        "@dataclass\nclass A:\n    a: int\n@dataclass\nclass B:\n    b: int\nclass Model(A, B):\n    c: int",
        {"a": 1},
        [],
    ),
    ("@dataclass\nclass Model(Unknown):\n    a: int", {"z": 1}, []),
    ("@dataclass\n@wrap\nclass Model:\n    a: int", {"z": 1}, []),
]


@pytest.mark.parametrize(("source", "init", "wrong"), DATACLASSES)
def test_dataclasses(source: str, init: dict[str, Any], wrong: list[str]) -> None:
    problems = check(DATACLASS.format(source), init=init)

    assert [each.split("`Model` ")[1].split(";")[0] for each in problems] == wrong


def test_a_dataclass_may_take_a_logger() -> None:
    source = DATACLASS.format("@dataclass\nclass Model:\n    a: int\n    logger: object = None")

    assert takes_logger(source, init={"a": 1}) is True


@pytest.mark.parametrize(
    ("source", "init", "wrong"),
    [each for each in DATACLASSES if "Unknown" not in each[0] and "z" not in each[1]],
)
def test_dataclasses_are_judged_as_python_builds_them(
    source: str, init: dict[str, Any], wrong: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    model = run(DATACLASS.format(source), monkeypatch).Model

    with pytest.raises(TypeError) if wrong else nullcontext():
        model(**init)


# The methods


def method(text: str) -> str:
    return f"class Model:\n    x = 1\n    {text}\n"


@pytest.mark.parametrize(
    "text",
    [
        "def predict(self, context, message): ...",
        "def predict(self, context, message, extra=None, *, more=1): ...",
        "def predict(self, context, message, /): ...",
        "def predict(self, *args): ...",
        "def predict(*args, **options): ...",
        "def predict(self, context=None, message=None): ...",
        "def predict(self, context, *rest): ...",
        "@staticmethod\n    def predict(context, message): ...",
        "@classmethod\n    def predict(cls, context, message): ...",
        "@wrap\n    def predict(self): ...",
        "@wrap(1)\n    async def predict(self): ...",
        "@staticmethod\n    @wrap\n    def predict(): ...",
        "from abc import abstractmethod as a\n    @a\n    def predict(self): ...",
        "predict = make()",
        "predict = lambda self, context, message: message",
        "predict: Callable",
        "from library import predict",
        "class predict: ...",
        "if x:\n        def predict(self): ...\n    else:\n        predict = y",
        "def __init__(self): self.predict = make()",
        "def predict(self): ...\n    def __init__(self): self.predict = make()",
        "def __init__(self): setattr(self, 'predict', make())",
        "def __init__(self): self.__dict__.update(predict=1)",
        "def __init__(self): vars(self).update(predict=1)",
        "def __getattr__(self, name): ...",
        "def __getattribute__(self, name): ...",
        "def predict(self, context, message):\n        f = lambda: (yield)",
        "def predict(self, context, message):\n        def g():\n            yield 1",
        "def predict(self, context, message):\n        return [x for x in message]",
        "def predict(self, context, message):\n        async def g(): ...",
    ],
)
def test_methods_that_can_be_called(text: str) -> None:
    assert check(method(text), init={}) == []


@pytest.mark.parametrize(
    ("text", "column", "wrong", "expected"),
    [
        (
            "def predict(self, message): ...",
            5,
            "`Model.predict` is `def predict(self, message)`, but is called with `(context, message)`",
            "write `def predict(self, context, message)`",
        ),
        (
            "def predict(self, context, message, model): ...",
            5,
            "`Model.predict` is `def predict(self, context, message, model)`, but is called with"
            " `(context, message)`",
            "write `def predict(self, context, message)`",
        ),
        (
            "def predict(self, context, /, message, *, deep, more=1, **options): ...",
            5,
            "`Model.predict` is `def predict(self, context, /, message, *, deep, more, **options)`,"
            " but is called with `(context, message)`",
            "write `def predict(self, context, message)`",
        ),
        (
            "def predict(context, message): ...",
            5,
            "`Model.predict` is `def predict(context, message)`, but is called with"
            " `(context, message)`",
            "write `def predict(self, context, message)`",
        ),
        (
            "@staticmethod\n    def predict(self, context, message): ...",
            5,
            "`Model.predict` is `def predict(self, context, message)`, but is called with"
            " `(context, message)`",
            "write `def predict(context, message)`",
        ),
        (
            "@classmethod\n    def predict(cls, message): ...",
            5,
            "`Model.predict` is `def predict(cls, message)`, but is called with"
            " `(context, message)`",
            "write `def predict(cls, context, message)`",
        ),
        (
            "async def predict(self, context, message): ...",
            5,
            "`Model.predict` is `async`, but is called without `await`",
            "write `def predict(self, context, message)`",
        ),
        (
            "def predict(self, context, message):\n        if message:\n            yield message",
            5,
            "`Model.predict` has a `yield`, so that its result is a generator and no message",
            "return the message, or None to end the step",
        ),
        (
            "def predict(self, context, message):\n        x = yield from message",
            5,
            "`Model.predict` has a `yield`, so that its result is a generator and no message",
            "return the message, or None to end the step",
        ),
        (
            "@property\n    def predict(self): ...",
            5,
            "`Model.predict` is a property, not a method",
            "write `def predict(self, context, message)`",
        ),
    ],
)
def test_methods_that_cannot_be_called(text: str, column: int, wrong: str, expected: str) -> None:
    write(Path("modules"), {"model.py": method(text)})

    [problem] = collect_step(init={})[1]

    line = 3 + text.startswith("@")
    assert problem == Problem(
        Location("modules/model.py", line, column), wrong, expected, "method-signature"
    )


@pytest.mark.parametrize(
    ("text", "is_callable"),
    [
        ("def predict(self, context, message): ...", True),
        ("def predict(self, context, message, more=1, *, deep=2, **options): ...", True),
        ("def predict(self, *args): ...", True),
        ("def predict(*args): ...", True),
        ("def predict(self, context, /, message=None): ...", True),
        ("def predict(self, context, *args): ...", True),
        ("@staticmethod\n    def predict(context, message): ...", True),
        ("@classmethod\n    def predict(cls, context, message): ...", True),
        ("def predict(self): ...", False),
        ("def predict(): ...", False),
        ("def predict(self, message, /): ...", False),
        ("def predict(self, a, b, c, *args): ...", False),
        ("def predict(self, context, message, *, deep): ...", False),
        ("def predict(self, context, *, message): ...", False),
        ("def predict(self, context, **options): ...", False),
        ("@staticmethod\n    def predict(message): ...", False),
        ("@classmethod\n    def predict(context, message): ...", False),
        ("@property\n    def predict(self): ...", False),
    ],
)
def test_methods_are_judged_as_python_calls_them(
    text: str, is_callable: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = run(method(text), monkeypatch).Model()

    assert (check(method(text), init={}) == []) is is_callable
    with nullcontext() if is_callable else pytest.raises(TypeError):
        model.predict(None, {})


def test_a_missing_method_is_shown_where_the_graph_names_it() -> None:
    source = method("def predict(self, c, m): ...\n    def _hidden(self): ...\n    other = 1")

    assert check(source, init={}, methods=("predict", "predcit", "zzz")) == [
        "graph.yaml:42:7: `Model` has no method `predcit` (did you mean `predict`?);"
        " it has `predict`",
        "graph.yaml:43:7: `Model` has no method `zzz`; it has `predict`",
    ]


def test_a_missing_method_of_a_graph_without_places_is_shown_at_the_step() -> None:
    assert check(method("pass"), init={}, places={})[0].startswith("graph.yaml:1:7: ")


def test_inherited_methods_are_checked_in_their_own_file() -> None:
    write(Path("modules"), {"base.py": "class Base:\n    def predict(self): ..."})

    [problem] = check("from base import Base\nclass Model(Base): ...", init={})

    assert problem.startswith("modules/base.py:2:5: `Model.predict` is `def predict(self)`")


def test_methods_that_somebody_sets_from_outside_are_not_judged() -> None:
    assert check("class Model: ...\nModel.predict = make()", init={}) == []
    assert check("class Model: ...\nif x:\n    Model.predict = make()", init={}) == []
    assert len(check("class Model: ...\nModel.other = make()", init={})) == 1


def test_a_very_long_signature_is_cut() -> None:
    names = ", ".join(f"argument{number}" for number in range(1000))

    [problem] = check(method(f"def predict(self, {names}): ..."), init={})

    assert len(problem) < 350
    assert "…)`, but is called" in problem


# The output functions


@pytest.mark.parametrize(
    "source",
    [
        "def record(context, message): ...",
        "def record(context, message, *rest, key=1, **options): ...",
        "def record(*args): ...",
        "class record: ...",
        "record = make()",
        "from library import record",
        "from library import *",
        "@wrap\ndef record(): ...",
        "try:\n    from library import record\nexcept ImportError:\n    def record(): ...",
    ],
)
def test_output_functions_that_can_be_called(source: str) -> None:
    write(Path("modules"), {"audit.py": source})

    assert check(SIMPLE, init={}, functions=(function("audit", "record"),)) == []


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (
            "def record(message): ...",
            "modules/audit.py:1:1: `audit.record` is `def record(message)`, but is called with"
            " `(context, message)`; write `def record(context, message)`",
        ),
        (
            "async def record(context, message): ...",
            "modules/audit.py:1:1: `audit.record` is `async`, but is called without `await`;"
            " write `def record(context, message)`",
        ),
        (
            "def recrod(context, message): ...\nclass Record: ...",
            "graph.yaml:50:7: module `audit` has no function `record` (did you mean `recrod`?);"
            " it has `recrod`",
        ),
    ],
)
def test_output_functions_that_cannot_be_called(source: str, expected: str) -> None:
    write(Path("modules"), {"audit.py": source})

    assert check(SIMPLE, init={}, functions=(function("audit", "record"),)) == [expected]


def test_an_output_function_that_is_imported_is_followed_and_travels() -> None:
    write(
        Path("modules"),
        {
            "out/__init__.py": "from .audit import write as record",
            "out/audit.py": "def write(message): ...",
            "model.py": SIMPLE,
        },
    )

    code, [problem] = collect_step(init={}, functions=(function("out", "record"),))

    assert str(problem).startswith("modules/out/audit.py:1:1: `out.audit.write` is")
    assert list(code.files) == ["model.py", "out/__init__.py", "out/audit.py"]


# Whatever comes

PIECES = [
    *(
        "class Model",
        "(Model)",
        "(Base, metaclass=M)",
        ":\n",
        "    ",
        "def predict",
        "(self, c, m)",
    ),
    *("@dataclass\n", "a: int = field(init=False)\n", "import model\n", "from . import x\n", "*"),
    *("from model import *\n", "from .model import Model\n", "try:\n", "except E as Model: ...\n"),
    *("lambda: (yield)", "\0", "\xff", "\ud800", "\n", "# coding: utf-7\n", "match x:\n", "pass\n"),
    *(
        "global Model\n",
        "Model.predict = 1\n",
        "async ",
        "/, ",
        "**k",
        "import a.b.c as Model\n",
        "(",
    ),
]


@settings(
    deadline=None,
    max_examples=150,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    database=None,
)
@given(st.one_of(st.binary(max_size=200), st.lists(st.sampled_from(PIECES), max_size=25)))
def test_any_source_gives_an_answer(source: bytes | list[str]) -> None:
    text = source if isinstance(source, bytes) else "".join(source).encode(errors="surrogatepass")
    write(Path("modules"), {"model.py": text})

    code, problems = collect_step(functions=(function("model", "Model"),))

    assert code.files == {"model.py": text}
    assert all(each.wrong and each.location.line >= 1 for each in problems)
    assert all("\n" not in str(each) for each in problems)


# Size


def test_a_thousand_steps_parse_a_module_once(monkeypatch: pytest.MonkeyPatch) -> None:
    write(Path("modules"), {"model.py": "import helpers\n" + MODEL, "helpers.py": ""})
    parse, parsed = ast.parse, []

    def count(source: bytes) -> ast.Module:
        parsed.append(source)
        return parse(source)

    monkeypatch.setattr(ast, "parse", count)
    steps = [make_step(name=f"s{number}") for number in range(1000)]

    code, problems = collect(make_graph(*steps), ROOTS)

    assert (len(code), problems, len(parsed)) == (1000, [], 2)
    assert code["s0"].files["model.py"] is code["s999"].files["model.py"]


def test_the_same_folder_gives_the_same_answer_whatever_order_it_lists(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    names = [f"fraud/{name}" for name in ("__init__.py", "b.py", "a.py", "z/x.json", "c/d.py")]
    write(Path("modules"), dict.fromkeys(names, SIMPLE))
    list_folder = os.listdir
    answers = []
    for is_reversed in (False, True):
        monkeypatch.setattr(
            os, "listdir", lambda path, back=is_reversed: sorted(list_folder(path), reverse=back)
        )
        answers.append(collect_step(class_module="fraud", init={}))

    assert answers[0] == answers[1]
    assert list(answers[0][0].files) == sorted(names)
