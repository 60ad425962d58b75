"""A worker: a process that runs one step's handler, as Nuclio's Python wrapper does (nuclio-facts 2.4, 3.4, 3.5).

Run as a script, so that nothing of iguazioig is in reach of the step: `worker.py CHANNEL LIFELINE`, both descriptors.
The channel brings a Setup as a dictionary, then one event after another; each is answered with what became of it. When
the lifeline ends, so does the process, whatever the handler is doing: nobody is left to tell of its result.
"""

from __future__ import annotations

import ast
import asyncio
import base64
import contextlib
import ctypes
import datetime
import importlib.machinery
import inspect
import json
import logging
import os
import re
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable
from multiprocessing.connection import Connection
from types import CodeType, ModuleType
from typing import Any

import nuclio_sdk

PR_SET_PDEATHSIG = 1  # of Linux's prctl: the signal that comes when the parent ends
HANDLER = re.compile(r"^([\w|-]+(\.[\w|-]+)*):(\w+)$")
CAUGHT = "Exception caught in handler"
LENIENT = ("utf-8", "replace")


def main() -> None:
    """Serve until the channel or the lifeline ends."""
    channel, lifeline = Connection(int(sys.argv[1])), int(sys.argv[2])
    live_with(lifeline)
    keep(channel.fileno(), lifeline)
    setup = channel.recv()
    mount(setup["mounts"], setup["folder"])
    sys.path.insert(0, setup["folder"])
    try:
        step = Step(setup, channel)
    except BaseException as error:  # whatever the step's modules raise
        traceback.print_exc()
        channel.send({"started": False, "error": explain(error)})
        sys.exit(1)
    step.loop.run_until_complete(serve(channel, step))


async def serve(channel: Connection, step: Step) -> None:
    """Handle one event after another, until there are none or the step has to end.

    Between two of them the step's own timers and tasks have their turn, as in the wrapper.
    """
    channel.send({"started": True})
    while True:
        await there_is_more(channel)
        try:
            event = channel.recv()
        except EOFError:
            return
        if event is None:
            await step.terminate()
            channel.send(None)
            return
        channel.send(await step.handle(event))


async def there_is_more(channel: Connection) -> None:
    """Wait until the channel has something to say."""
    loop = asyncio.get_running_loop()
    told = asyncio.Event()
    loop.add_reader(channel.fileno(), told.set)
    try:
        await told.wait()
    finally:
        loop.remove_reader(channel.fileno())


def live_with(lifeline: int) -> None:
    """End as soon as the process that holds the other end of the lifeline is gone.

    Where that is the leader of a session, everything in it ends, whatever the step has started or holds.
    """
    parent = os.getppid()
    leads = os.getsid(0) == parent
    threading.Thread(target=end_with, args=(lifeline, leads), daemon=True).start()
    if leads and sys.platform == "linux":
        # A handler may hold the interpreter's lock for ever: then only the system can end it.
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)


def end_with(lifeline: int, leads: bool) -> None:
    """Wait for the end of the lifeline, and end."""
    os.read(lifeline, 1)
    if leads:
        os.killpg(0, signal.SIGKILL)
    os._exit(1)


def keep(*descriptors: int) -> None:
    """Keep what belongs to this process from the children of the step: they may outlive it."""
    for descriptor in descriptors:
        os.set_inheritable(descriptor, False)

    def forget() -> None:
        for descriptor in descriptors:
            with contextlib.suppress(OSError):  # the step may have closed everything
                os.close(descriptor)

    os.register_at_fork(after_in_child=forget)


def mount(mounts: dict[str, str], folder: str) -> None:
    """Let the step find its mounted volumes in local folders.

    A text in its modules, or in those on the volumes, that is a path on a volume becomes the path in the local folder when the
    module is loaded: the files stay as they are. So does a variable.
    """
    for name, value in os.environ.items():
        os.environ[name] = relocate(value, mounts)
    if mounts:
        roots = [folder, *mounts.values()]
        sys.path_hooks.insert(0, hook(mounts, tuple(os.path.join(root, "") for root in roots)))
        sys.path_importer_cache.clear()


def hook(mounts: dict[str, str], inside: tuple[str, ...]) -> Callable[[str], Any]:
    """What finds modules in folders that are `inside`, and relocates what they say; other folders are left to others."""
    machinery = importlib.machinery

    class MountedLoader(machinery.SourceFileLoader):
        def get_code(self, fullname: str) -> CodeType:
            path = self.get_filename(fullname)
            tree = Relocated(mounts).visit(ast.parse(self.get_data(path), path))
            return compile(tree, path, "exec", dont_inherit=True)

    find = machinery.FileFinder.path_hook(
        (machinery.ExtensionFileLoader, machinery.EXTENSION_SUFFIXES),
        (MountedLoader, machinery.SOURCE_SUFFIXES),
    )

    def find_inside(path: str) -> Any:
        if not os.path.join(os.path.abspath(path), "").startswith(inside):
            raise ImportError(path)
        return find(path)

    return find_inside


class Relocated(ast.NodeTransformer):
    """A module in which every text that is a path on a volume is one in a local folder."""

    def __init__(self, mounts: dict[str, str]) -> None:
        self.mounts = mounts

    def visit_Constant(self, node: ast.Constant) -> ast.Constant:
        """Replace a text, where it is such a path."""
        if isinstance(node.value, str):
            moved = relocate(node.value, self.mounts)
            return ast.copy_location(ast.Constant(moved), node)
        return node


def relocate(text: str, mounts: dict[str, str]) -> str:
    """`/results/a` becomes `<folder>/a` where `/results` is mounted from a folder; any other text stays as it is."""
    for path in sorted(mounts, key=len, reverse=True):
        if text == path or text.startswith(path.rstrip("/") + "/"):
            return mounts[path] + text[len(path.rstrip("/")) :]
    return text


class Step:
    """The step's handler, with the context that it is called with."""

    def __init__(self, setup: dict[str, Any], channel: Connection) -> None:
        self.channel = channel
        self.trigger = nuclio_sdk.TriggerInfo(setup["trigger_kind"], setup["trigger"])
        self.loop = asyncio.new_event_loop()
        asyncio.set_event_loop(self.loop)
        logger = make_logger(setup["log_level"].upper(), setup["name"])
        self.platform = nuclio_sdk.Platform(
            "local", namespace="nuclio", on_control_callback=self.tell
        )
        self.context = nuclio_sdk.Context(logger, self.platform, setup["worker"], self.trigger)
        module, self.handler = find_handler(setup["handler"])
        initialise = getattr(module, "init_context", None)
        if initialise is not None:
            self.loop.run_until_complete(finish(initialise(self.context)))

    async def tell(self, message: dict[str, Any]) -> None:
        """Take a control message for the processor: that the step is done with a shard up to a record (nuclio-facts 3.6)."""
        if message["kind"] == "streamMessageAck":
            said = message["attributes"]
            place = said["topic"], said["partition"], said["offset"]
            self.channel.send({"acknowledged": place})

    async def handle(self, fields: dict[str, Any]) -> dict[str, Any]:
        """Call the handler with an event; return the seconds that took, and its error or (for HTTP) its answer."""
        event = self.event(fields)
        answer: dict[str, Any] = {"error": None}
        begun = time.perf_counter()
        try:
            result = await finish(self.handler(self.context, event))
            if "method" in fields:
                answer["response"] = respond(result)
        except BaseException as error:  # as the wrapper: SystemExit as well
            trace = traceback.format_exc()
            self.context.logger.error_with(CAUGHT, exc=str(error), traceback=trace)
            told = f'{CAUGHT} - "{error}": {trace}'
            answer = {"error": explain(error), "response": (500, {}, told.encode(*LENIENT))}
        return {"seconds": time.perf_counter() - begun, **answer}

    def event(self, fields: dict[str, Any]) -> Any:
        """The event as the wrapper makes it of what the processor sends."""
        moment = datetime.datetime.fromtimestamp(fields.pop("timestamp"), datetime.UTC)
        body = fields.pop("body")
        values = {"content_type": "", "method": "", "url": "", "_id": "", "num_shards": 0, **fields}
        return nuclio_sdk.Event(
            body=decode(body, values["content_type"]),
            size=len(body),
            timestamp=moment.replace(tzinfo=None),
            trigger=self.trigger,
            _type="",
            type_version="",
            version="",
            **values,
        )

    async def terminate(self) -> None:
        """Call what the step has registered for its end, and let it finish what that has begun."""
        await finish(self.platform._on_signal(callback_type="termination"))
        await asyncio.sleep(0)


async def finish(result: Any) -> Any:
    """What an `async def` function comes to."""
    return await result if inspect.isawaitable(result) else result


def find_handler(name: str) -> tuple[ModuleType, Callable[[Any, Any], Any]]:
    """The module and the function that `handler:` of a function.yaml names."""
    match = HANDLER.match(name)
    if match is None:
        raise ValueError(f"`{name}` is no handler; expected `module:function`")
    __import__(match[1])
    module = sys.modules[match[1]]
    return module, getattr(module, match[3])


def decode(body: bytes, content_type: str) -> Any:
    """A body, which is JSON only where its content type says so: never for a record of a stream."""
    if content_type != "application/json":
        return body
    try:
        return json.loads(body.decode())
    except (ValueError, RecursionError) as error:
        print(f"Failed deserializing json body, error message: {error}", file=sys.stderr)
        return body


def respond(result: Any) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body of the answer to a request, for whatever a handler returned.

    They are what the wrapper and the processor make of it: nothing is `None` in text, and of a list, which is a batch of
    answers, a single request gets the first. Raises whatever says that it is no answer.
    """
    encode = nuclio_sdk.json_encoder.Encoder().encode
    batch = [
        nuclio_sdk.Response.from_entrypoint_output(encode, each)
        for each in (result if isinstance(result, list) else [result])
    ]
    if not batch:
        raise ValueError("an empty list is no answer to a request")
    # JSON is how it comes to the processor: numbers that are headers are lost there, and so are they here.
    answer = json.loads(encode(batch))[0]
    status = answer["status_code"]
    if type(status) is not int or not 200 <= status <= 999:
        raise ValueError(f"{status!r} is no status of an answer to a request")
    headers = {name: it for name, it in answer["headers"].items() if isinstance(it, str)}
    if answer["content_type"]:
        headers = {**headers, "Content-Type": str(answer["content_type"])}
    body: str = answer["body"]
    binary = answer["body_encoding"] == "base64"
    return status, headers, base64.b64decode(body) if binary else body.encode(*LENIENT)


def explain(error: BaseException) -> str:
    """An error in one line, with the line of code that it came from."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f" ({os.path.basename(frames[-1].filename)}:{frames[-1].lineno})" if frames else ""
    return f"{type(error).__name__}: {error}{place}"


def make_logger(level: str, name: str) -> Any:
    """Nuclio's logger, on standard output."""
    logger = nuclio_sdk.Logger(level, name)
    logger.set_handler("default", sys.stdout, LogLine(name))
    # The logger itself lets everything through: under Nuclio the processor is the one that looks at levels.
    for handler in logging.getLogger(name).handlers:
        handler.setLevel(level)
    return logger


class LogLine(logging.Formatter):
    """`<time> <replica and worker> <level> <message> <values>`."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name

    def format(self, record: logging.LogRecord) -> str:
        """One line for a record."""
        values = getattr(record, "with", {})
        more = f" {json.dumps(values, default=str, ensure_ascii=False)}" if values else ""
        return f"{self.formatTime(record)} {self.name} {record.levelname.lower()} {record.getMessage()}{more}"


if __name__ == "__main__":
    main()
