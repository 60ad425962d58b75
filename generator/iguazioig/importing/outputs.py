"""Where the results of a step go, as far as its description says: generated ones say it."""

from __future__ import annotations

from collections.abc import Iterator

from ..api.kinds import FUNCTION
from ..api.naming import slug
from ..api.texts import STREAM_NAME, URL
from ..credentials import may_be_credential
from ..project.yaml_text import flow_list
from ..reported.config import word
from .function import Function, is_ours
from .graph_text import Entry, Mark
from .streams import Streams

_NONE = "no output"


def outputs(function: Function, streams: Streams) -> Iterator[Entry]:
    """The entry `outputs` of a step."""
    if not is_ours(function):
        function.mark("where its results go is not known", "say it in `outputs`")
        return
    named = word(function.spec, "description").partition(" → ")[2].split(", ")
    written, posted, called = [], [], []
    for each in [] if named == [_NONE] else named:
        if URL.fits(each) and "://" in each and not may_be_credential("https", each):
            posted.append(each)
        elif FUNCTION.fits(each):
            called.append(each)
        elif STREAM_NAME.fits(each) and slug(each) == each:
            written.append(each)
        else:
            function.mark("one of its outputs cannot be said in a graph", "say it in `outputs`")
    found = {"streams": streams.written(written), "https": posted, "function": called}
    below = tuple(Entry(key, flow_list(names)) for key, names in found.items() if names)
    if below:
        yield Entry("outputs", below, (_SURE,))


_SURE = Mark("the outputs are those of its description", "see that they are all")
