"""The fixture `v3io`, as the tests of a project use it."""

from __future__ import annotations

import re
import shutil
import sys

import pytest

# pytester forgets what was imported in a session of its own, and not every extension module can be imported twice.
import v3io.dataplane
from cases import EXAMPLES, ROOT
from iguazioig import deployment, project
from iguazioig.emulator import service
from iguazioig.local import preflight, workers

pytest_plugins = ["pytester"]

WITHOUT = ("-p", "no:cacheprovider", "-p", "no:hypothesispytest")
"""What a session leaves out to be quick."""

IMPORTED = (deployment, preflight, project, service, v3io.dataplane, workers)

SCORING = """
import os

NIGHT = {"account": "a-1", "transaction": "t-1", "amount": 990, "country": "FR", "home": "DE", "hour": 3}
"""


@pytest.fixture(autouse=True)
def unknown_plugin(monkeypatch: pytest.MonkeyPatch) -> None:
    """The plugin is imported by nobody yet, as when a user's tests begin."""
    for name in [name for name in sys.modules if name.startswith("iguazioig.testing")]:
        monkeypatch.delitem(sys.modules, name)


@pytest.fixture
def users(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """A user's folder with the scoring example's graph and modules, whose tests have the fixture."""
    monkeypatch.setenv("V3IO_API", "before")
    monkeypatch.delenv("CI", raising=False)  # with it pytest repeats whole errors in its summary
    shutil.copytree(EXAMPLES / "scoring" / "modules", pytester.path / "modules")
    shutil.copy(EXAMPLES / "scoring" / "graph.yaml", pytester.path)
    pytester.makeconftest('pytest_plugins = ["iguazioig.testing"]')
    pytester.makeini("[pytest]\naddopts = --strict-markers\nfilterwarnings = error")
    return pytester


def run(users: pytest.Pytester, test: str, *, passed: int = 0, failed: int = 0) -> list[str]:
    """Run a module with a test; what pytest shows."""
    users.makepyfile(SCORING + test)
    result = users.runpytest_inprocess(*WITHOUT)
    result.assert_outcomes(passed=passed, failed=failed)
    return [re.sub(r"^E\s+", "", line) for line in result.outlines]


def errors(users: pytest.Pytester, test: str) -> list[str]:
    """Run a module whose test gets no fixture; what pytest shows, in which nothing is of our code."""
    users.makepyfile(SCORING + test)
    result = users.runpytest_inprocess(*WITHOUT)
    result.assert_outcomes(errors=1)
    assert [line for line in result.outlines if "Traceback" in line or "iguazioig/" in line] == []
    return result.outlines


def test_the_tests_of_the_documentation_pass(users: pytest.Pytester) -> None:
    page = (ROOT / "docs" / "testing.md").read_text()
    files = dict(re.findall(r"```(?:python|ini)\n# (\S+)\n(.*?)```", page, re.S))
    assert sorted(files) == ["conftest.py", "pytest.ini", "tests/test_fraud.py"]
    (users.path / "tox.ini").unlink()
    (users.path / "tests").mkdir()
    for name, text in files.items():
        (users.path / name).write_text(text)
    users.runpytest_subprocess(*WITHOUT).assert_outcomes(passed=3)


def test_the_streams_of_the_graph_are_there(users: pytest.Pytester) -> None:
    run(
        users,
        """
import http.client
import json

import v3io.dataplane


def test_streams(v3io):
    assert {each.name: v3io.records(each.name) for each in v3io.graph.streams} == {
        "transactions": [], "scores": [], "alerts": [], "rejected": []
    }
    connection = http.client.HTTPConnection("127.0.0.1", v3io.server.port)
    headers = {"X-v3io-function": "DescribeStream"}
    connection.request("PUT", "/projects/fraud/streams/rejected/", headers=headers)
    assert json.loads(connection.getresponse().read()) == {"ShardCount": 1, "RetentionPeriodHours": 168}
    connection.close()
""",
        passed=1,
    )


def test_a_users_own_code_finds_v3io(users: pytest.Pytester) -> None:
    run(
        users,
        """
from v3io.dataplane import Client


def test_environment(v3io):
    assert (os.environ["V3IO_API"], os.environ["V3IO_ACCESS_KEY"]) == (v3io.url, v3io.access_key)
    client = Client(max_connections=1)
    client.stream.put_records("projects", "/fraud/streams/alerts", [{"data": "from a client"}])
    client.close()
    assert [record.data for record in v3io.records("alerts")] == [b"from a client"]


def test_environment_afterwards():
    assert os.environ["V3IO_API"] == "before"
""",
        passed=2,
    )


def test_messages_have_the_partition_key_of_the_graph(users: pytest.Pytester) -> None:
    run(
        users,
        """
def test_keys(v3io):
    v3io.put("alerts", [NIGHT, b"bytes", {"account": 5}, ["a list"], "text", NIGHT])
    records = v3io.records("alerts")
    assert [record.partition_key for record in records] == ["a-1", None, None, None, None, "a-1"]
    assert [record.data for record in records][1] == b"bytes"
    assert [record.json for record in records[2:5]] == [{"account": 5}, ["a list"], "text"]
""",
        passed=1,
    )


def test_every_test_has_a_v3io_of_its_own(users: pytest.Pytester) -> None:
    run(
        users,
        """
import pytest

@pytest.mark.parametrize("number", range(3))
def test_own(v3io, number):
    assert v3io.records("alerts") == []
    v3io.put("alerts", [{"number": number}])
""",
        passed=3,
    )


def test_a_step_handles_each_record_once_and_keeps_its_memory(users: pytest.Pytester) -> None:
    (users.path / "modules" / "alerts.py").write_text(
        "class Alerts:\n"
        "    def __init__(self):\n"
        "        self.count = 0\n\n"
        "    def select(self, context, message):\n"
        "        self.count += 1\n"
        "        context.logger.info(f'alert {self.count}')\n"
        "        return {'account': 'a', 'count': self.count}\n"
    )
    run(
        users,
        """
def test_memory(v3io, capsys):
    for expected in ([1, 2], [1, 2, 3], [1, 2, 3]):
        v3io.put("scores", [NIGHT] * (len(expected) - len(v3io.records("alerts"))))
        v3io.run("alert")
        assert [record.json["count"] for record in v3io.records("alerts")] == expected
    assert v3io.log("alert").count("alert 2") == 1
    assert capsys.readouterr().out == v3io.log("alert")
""",
        passed=1,
    )


def test_all_steps_run_until_nothing_is_left(users: pytest.Pytester) -> None:
    run(
        users,
        """
def test_all(v3io):
    v3io.run()
    v3io.put("transactions", [{**NIGHT, "transaction": f"t-{number}"} for number in range(20)])
    v3io.run()
    found = [record.json["transaction"] for record in v3io.records("alerts")]
    assert found == [f"t-{number}" for number in range(20)]
""",
        passed=1,
    )


def test_volumes_are_folders_of_the_test(pytester: pytest.Pytester) -> None:
    shutil.copytree(EXAMPLES / "converge", pytester.path / "converge")
    pytester.makeconftest('pytest_plugins = ["iguazioig.testing"]')
    pytester.makeini("[pytest]\niguazioig_graph = converge/graph.yaml")
    run(
        pytester,
        """
import json


def test_converge(v3io):
    v3io.put("orders", [{"order": "o-1", "item": "tea", "count": 2}])
    v3io.run()
    result = json.loads((v3io.volume("results") / "o-1.json").read_text())
    assert sorted(result) == ["price", "stock"]
""",
        passed=1,
    )


@pytest.mark.parametrize(
    ("call", "message"),
    [
        ('v3io.put("score", [NIGHT])', "ValueError: the graph has no stream `score` (did you mean `scores`?); there are: "),
        ('v3io.records("nothing")', "ValueError: the graph has no stream `nothing`; there are: `transactions`, `scores`, "),
        ('v3io.run("skore")', "ValueError: the graph has no step `skore` (did you mean `score`?); there are: `score`, `alert`"),
        ('v3io.log("x")', "ValueError: the graph has no step `x`; there are: `score`, `alert`"),
        ('v3io.volume("x")', "ValueError: the graph has no volume `x`; there are: none"),
    ],
)  # fmt: skip
def test_a_name_that_the_graph_has_not(users: pytest.Pytester, call: str, message: str) -> None:
    lines = run(users, f"\ndef test_name(v3io):\n    {call}\n", failed=1)
    assert [line for line in lines if line.startswith(message)]
    assert [line for line in lines if "iguazioig/testing" in line] == []


@pytest.mark.parametrize(
    ("module", "message"),
    [
        ("import nothing_of_this_name", "Failed: step `alert` did not start: ModuleNotFoundError: No module named 'nothing_of_this_name' (alerts.py:1)"),
        ("class Alerts:\n    def __init__(self): 1 / 0\n    def select(self, context, message): pass", "Failed: step `alert` did not start: ZeroDivisionError: division by zero (alerts.py:2)"),
        ("import os\nclass Alerts:\n    def select(self, context, message): os._exit(7)", "Failed: step `alert` ended with exit code 7 at record 1 of `scores`, shard "),
    ],
    ids=["import", "constructor", "exit"],
)  # fmt: skip
def test_a_step_that_fails(users: pytest.Pytester, module: str, message: str) -> None:
    if module.startswith("import nothing"):
        module += "\nclass Alerts:\n    def select(self, context, message): pass"
    (users.path / "modules" / "alerts.py").write_text(module + "\n")
    test = "\ndef test_failing(v3io):\n    v3io.put('scores', [NIGHT])\n    v3io.run('alert')\n"
    lines = run(users, test, failed=1)
    assert [line for line in lines if line.startswith(message)], "\n".join(lines)
    assert [line for line in lines if "iguazioig/testing" in line] == []


def test_a_step_that_does_not_end(users: pytest.Pytester) -> None:
    test = """
def test_waiting(v3io):
    v3io.faults.add(kind="drop-before", function="PutRecords")
    v3io.put("transactions", [NIGHT])
    v3io.run("score", seconds=1)
"""
    lines = run(users, test, failed=1)
    expected = r"Failed: step `score` has not (started|handled record 1 of `transactions`, shard \d) in time"
    assert [line for line in lines if re.match(expected, line)], "\n".join(lines)


def test_what_a_step_needs_and_has_not_is_said(users: pytest.Pytester) -> None:
    graph = users.path / "graph.yaml"
    secret = "      env_custom: {TOKEN: {secret: tokens, key: token}}\n      class_module: alerts\n"
    graph.write_text(graph.read_text().replace("      class_module: alerts\n", secret))
    test = """
def test_secret(v3io, monkeypatch):
    v3io.put("scores", [{**NIGHT, "suspicious": False}])
    v3io.run("alert")
"""
    lines = run(users, test, failed=1)
    assert [line for line in lines if "TOKEN comes from key `token` of Secret `tokens`" in line]
    given = test.replace("    v3io.put", "    monkeypatch.setenv('TOKEN', 'x')\n    v3io.put")
    run(users, given, passed=1)


# Which graph


def test_a_marker_names_the_graph_of_one_test(users: pytest.Pytester) -> None:
    shutil.copytree(EXAMPLES / "converge", users.path / "other")
    run(
        users,
        """
import pytest


@pytest.mark.iguazioig_graph("other/graph.yaml")
def test_other(v3io):
    assert v3io.graph.name == "orders"


def test_usual(v3io):
    assert v3io.graph.name == "fraud"
""",
        passed=2,
    )


def test_modules_may_be_elsewhere(users: pytest.Pytester) -> None:
    (users.path / "modules").rename(users.path / "elsewhere")
    users.makeini("[pytest]\niguazioig_modules = elsewhere")
    run(users, "\ndef test_elsewhere(v3io):\n    v3io.run()\n", passed=1)


def test_no_graph_is_said(pytester: pytest.Pytester) -> None:
    pytester.makeconftest('pytest_plugins = ["iguazioig.testing"]')
    lines = errors(pytester, "\ndef test_none(v3io):\n    pass\n")
    (said,) = [line for line in lines if line.startswith("there is no graph ")]
    assert said.startswith(f"there is no graph {pytester.path}/graph.yaml; say where it is: ")


def test_a_graph_with_problems_is_said(users: pytest.Pytester) -> None:
    graph = users.path / "graph.yaml"
    slips = graph.read_text().replace("[scores]", "[score]").replace("max_workers", "max_worker")
    graph.write_text(slips)
    lines = errors(users, "\ndef test_problems(v3io):\n    pass\n")
    assert [line.split(":")[0] for line in lines if line.startswith("graph.yaml:")] == [
        "graph.yaml"
    ] * 2
    assert [line for line in lines if "did you mean `scores`?" in line]


@pytest.mark.parametrize("mark", ["()", '("a", "b")', "(5)", '(path="a")'])
def test_a_marker_without_a_path_is_said(users: pytest.Pytester, mark: str) -> None:
    test = (
        f"\nimport pytest\n\n@pytest.mark.iguazioig_graph{mark}\ndef test_marker(v3io):\n    pass\n"
    )
    lines = errors(users, test)
    assert [line for line in lines if line.startswith("the marker takes one path, as in ")]


def test_without_the_fixture_nothing_is_read_or_started(users: pytest.Pytester) -> None:
    (users.path / "graph.yaml").unlink()
    run(users, "\ndef test_plain():\n    assert os.environ['V3IO_API'] == 'before'\n", passed=1)


def test_a_package_that_is_missing_is_said(users: pytest.Pytester) -> None:
    hidden = "import sys\n\nsys.modules['aiohttp'] = None\n"
    users.makeconftest(hidden + 'pytest_plugins = ["iguazioig.testing"]')
    users.makepyfile("def test_missing(v3io):\n    pass")
    result = users.runpytest_subprocess(*WITHOUT)
    result.assert_outcomes(errors=1)
    expected = "the fixture `v3io` needs aiohttp; say: pip install 'iguazioig[run]'"
    assert expected in result.outlines
    assert [line for line in result.outlines if "iguazioig/" in line] == []
