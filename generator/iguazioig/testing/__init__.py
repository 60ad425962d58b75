"""For pytest: a v3io with the streams of a graph, and the graph's steps to run on it.

    # conftest.py
    pytest_plugins = ["iguazioig.testing"]

    # test_orders.py
    def test_an_order_is_answered(v3io):
        v3io.put("orders", [{"order": "a-1", "items": ["tea"]}])
        v3io.run()
        assert [answer.json["order"] for answer in v3io.records("answers")] == ["a-1"]

The graph is `graph.yaml` beside pytest's configuration, or what `iguazioig_graph` says there, or a test's own:
`@pytest.mark.iguazioig_graph("other.yaml")`. It needs the extra `iguazioig[run]`.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

try:
    import pytest
except ImportError:
    raise ImportError("iguazioig.testing is for pytest; say: pip install pytest") from None

from ..deployment import Loaded, load
from ..errors import GraphError
from ..source import read_source
from .graph_v3io import GraphV3io

if TYPE_CHECKING:
    from ..emulator import V3io

__all__ = ["GraphV3io"]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Make the ini options known."""
    parser.addini("iguazioig_graph", "the graph of the fixture `v3io`", default="graph.yaml")
    parser.addini("iguazioig_modules", "more folders with the modules of the graph", type="paths")


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known."""
    text = "iguazioig_graph(path): the graph of the fixture `v3io` for this test"
    config.addinivalue_line("markers", text)


@pytest.fixture
def v3io(
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[GraphV3io]:
    """A v3io of the test's own, in memory, with the streams of the graph.

    V3IO_API and V3IO_ACCESS_KEY lead to it while the test runs.
    """
    loaded = _load(request)
    with contextlib.ExitStack() as stack:
        server = stack.enter_context(_serve())
        made = GraphV3io(server, loaded, tmp_path_factory.mktemp("v3io"))
        stack.enter_context(contextlib.closing(made))
        monkeypatch.setenv("V3IO_API", made.url)
        monkeypatch.setenv("V3IO_ACCESS_KEY", made.access_key)
        yield made


def _load(request: pytest.FixtureRequest) -> Loaded:
    config = request.config
    base = config.rootpath if config.inipath is None else config.inipath.parent
    marker = request.node.get_closest_marker("iguazioig_graph")
    path = base / (config.getini("iguazioig_graph") if marker is None else _argument(marker))
    if not path.is_file():
        where = config.inipath or "pytest.ini"
        raise _failure(
            f"there is no graph {path}; say where it is: `iguazioig_graph = …` in {where},"
            ' or `@pytest.mark.iguazioig_graph("…")` for a test'
        )
    try:
        return load(read_source(os.path.relpath(path)), modules=config.getini("iguazioig_modules"))
    except GraphError as error:
        raise _failure(str(error)) from None


@contextlib.contextmanager
def _serve() -> Iterator[V3io]:
    from ..emulator import serve

    with contextlib.ExitStack() as stack:
        try:
            server = stack.enter_context(serve())
        except ModuleNotFoundError as error:
            cure = "say: pip install 'iguazioig[run]'"
            raise _failure(f"the fixture `v3io` needs {error.name}; {cure}") from None
        yield server


def _argument(marker: pytest.Mark) -> str:
    if marker.kwargs or [type(each) for each in marker.args] != [str]:
        expected = '`@pytest.mark.iguazioig_graph("graph.yaml")`'
        raise _failure(f"the marker takes one path, as in {expected}")
    return str(marker.args[0])


def _failure(text: str) -> BaseException:
    return pytest.fail.Exception(text, pytrace=False)
