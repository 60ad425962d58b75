"""Literal credentials in a document: each is an error that shows the reference to write in its place.

A key of a mapping says what its value is (`api_token: …`), and some values say it themselves (a URL with a password, the
fixed beginnings of well-known tokens). Text that is shown is never the credential. What is reported cannot be generated,
so what may well be something else (the name of a column, a path, a reference) is let through.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from .document import Document, Mapping, Scalar, Sequence, Value, shorten
from .errors import MAX_PROBLEMS, Location, Problem, too_many_problems

_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
_SECRET_ENDINGS = ("password", "passwords", "passwd", "passphrase", "passcode", "secret", "secrets")
_SECRET_WORDS = frozenset(
    {"pwd", "credential", "credentials", "apikey", "accesskey", "secretkey", "privatekey"}
)
_SECRET_KEYS = frozenset({"access", "api", "encryption", "master", "private", "secret", "signing"})
_KEYS_OR_COLUMNS = frozenset({"account", "auth", "client", "session", "shared"})
_TOKENS_OF_TEXT = frozenset(
    {
        "additional", "begin", "bos", "cls", "decoder", "end", "eos", "first", "image", "last", "mask", "max", "min",
        "new", "next", "num", "pad", "per", "prefix", "sep", "separator", "special", "start", "stop", "suffix", "unk",
    }
)  # fmt: skip
"""What makes `…_token` a word of a language model."""

_REFERENCE = re.compile(
    r"\s*|[\[<].*[\]>]|\$\w+|\$\{[^}]*\}|\$\([^)]*\)|\{\{.*\}\}|(?:arn|env|file|vault):\S+|[a-z][a-z0-9+.-]*://\S*"
)
_FILE = re.compile(r"(?:~|\.{1,2})?(?:/[\w.@-]+){2,}/?|(?:~|\.{1,2})/[\w.@-]+")
_PLAIN_WORDS = re.compile(r"[A-Za-z]+(?:[_ .-][A-Za-z]+)*")
_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")

_URL_USER = re.compile(
    r"(?<![A-Za-z0-9+.-])(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*)://(?P<user>[^\s/?#@:]*)(?::(?P<password>[^\s/?#@]*))?@"
)
_URL_QUERY = re.compile(
    r"[?&](?:api_?key|access_?key|(?:access_?|auth_?)?token|password|passwd|secret|sig|signature)=(?P<secret>[^&#\s]{8,})",
    re.IGNORECASE,
)
_CONNECTION = re.compile(
    r"(?:^|[;\s])(?:password|pwd|accountkey|sharedaccesskey)=(?P<secret>[^;\s]+)", re.IGNORECASE
)
_SHAPES = (
    (re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY(?: BLOCK)?-----"), "a private key"),
    (re.compile(r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"), "an AWS access key"),
    (re.compile(r"\bgh[pousr]_[A-Za-z0-9]{30,}"), "a GitHub token"),
    (re.compile(r"\bgithub_pat_[A-Za-z0-9_]{30,}"), "a GitHub token"),
    (re.compile(r"\bglpat-[A-Za-z0-9_-]{18,}"), "a GitLab token"),
    (re.compile(r"\bxox[abeoprs]-[A-Za-z0-9-]{10,}"), "a Slack token"),
    (re.compile(r"\bsk-(?:[a-z]+[0-9]*-)*(?=[A-Za-z]*[0-9])[A-Za-z0-9]{20,}"), "an API key"),
    (re.compile(r"\bAIza[0-9A-Za-z_-]{30,}"), "a Google API key"),
    (re.compile(r"\bhf_[A-Za-z0-9]{30,}"), "a Hugging Face token"),
    (
        re.compile(r"\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}"),
        "a JSON web token",
    ),
    (
        re.compile(r"\b(?:Bearer|Basic) (?=\S*[0-9])[A-Za-z0-9+/._~-]{16,}=*"),
        "an authorization header",
    ),
)
_SHORTEST_LOOKED_AT = len("a://:b@c")
_LONGEST_LOOKED_AT = 20_000
_SHORTEST_USER_THAT_IS_A_TOKEN = 16
_ACCESS_KEYS = frozenset({"access_key", "v3io_access_key", "V3IO_ACCESS_KEY"})
# What follows `…_secret` in a graph is the name of a Secret, in these places.
_REFERENCES = frozenset({"access_key_secret", "volume_secret"})


@dataclass(frozen=True, slots=True)
class _Place:
    """A value, the key that it belongs to, the keys above; `refers` where it names a Secret or a key of one."""

    value: Value
    key: Scalar | None = None
    parents: tuple[str, ...] = ()
    refers: bool = False

    @property
    def name(self) -> str:
        return self.key.text if self.key else ""

    @property
    def parent(self) -> str:
        return self.parents[-1] if self.parents else ""


def find_credentials(document: Document) -> dict[Location, Problem]:
    """Every literal credential of a document, by the places of its value and of its key: nothing else is to be said there."""
    found: dict[Location, Problem] = {}
    problems = (
        (place, problem) for place in _places(document) if (problem := _judge(place)) is not None
    )
    for count, (place, problem) in enumerate(problems, 1):
        if count > MAX_PROBLEMS:
            found[problem.location] = too_many_problems(problem.location)
            break
        said = found.setdefault(problem.location, problem)
        if place.key:
            found.setdefault(place.key.location, said)
    return found


def may_be_credential(key: str, text: str) -> bool:
    """Whether a text under a key may be a credential. Where that is the question, what may also be something else counts."""
    return _shape(text) is not None or (_strength(key) > 0 and not is_reference(text))


def is_reference(text: str) -> bool:
    """Whether a text only says where something is, or is empty."""
    return _REFERENCE.fullmatch(text) is not None


def find_credential(name: str, text: str, place: Location, parent: str) -> Problem | None:
    """What is wrong with giving the key `name` below `parent` a literal text; None where that is no credential."""
    key = Scalar(name, "str", False, place)
    return _judge(_Place(Scalar(text, "str", False, place), key, (parent,)))


def _places(document: Document) -> Iterator[_Place]:
    """Every value at every key that it stands at, directly or by an alias, in the order of the file."""
    stack = [_Place(document.root)] if document.root is not None else []
    seen: set[tuple[int, str, str]] = set()
    while stack:
        place = stack.pop()
        known = (id(place.value), place.name, place.parent)
        if known not in seen:
            seen.add(known)
            yield place
            if not isinstance(place.value, Scalar):
                stack.extend(reversed(list(_below(place, place.value))))


def _below(place: _Place, value: Mapping | Sequence) -> Iterator[_Place]:
    if isinstance(value, Sequence):
        return (_Place(item, place.key, place.parents, place.refers) for item in value.items)
    is_of_environment = place.parent == "env_custom" and bool(
        {"secret", "key"} & value.entries.keys()
    )
    refers = place.refers or is_of_environment
    return (
        _Place(entry, key, (*place.parents, place.name), refers or key.text in _REFERENCES)
        for key, entry in value.entries.values()
    )


def _judge(place: _Place) -> Problem | None:
    if place.key and (shape := _shape(place.key.text)):
        return _problem(place.key.location, f"a key holds {shape}", _cure(place, "SECRET"))
    value = place.value
    if not isinstance(value, Scalar) or value.tag in ("null", "bool", "broken"):
        return None
    what = _shape(value.text)
    if place.name == "registry" and "@" in value.text:
        what = "a user of it"
    if place.refers and _UUID.fullmatch(value.text):
        what = "what looks like a key itself"
    if what:
        subject = f"`{shorten(place.name)}` holds" if place.key else "here is"
        return _problem(value.location, f"{subject} {what}", _cure(place, place.name))
    if place.refers or not _is_named(place.name, value.text):
        return None
    wrong = f"`{shorten(place.name)}` is given a literal credential"
    return _problem(value.location, wrong, _cure(place, place.name))


def _problem(place: Location, wrong: str, expected: str) -> Problem:
    return Problem(place, wrong, expected, "credential")


def _shape(text: str) -> str | None:
    """What a text says of itself, whatever its key."""
    return _shape_of(text[:_LONGEST_LOOKED_AT]) if len(text) >= _SHORTEST_LOOKED_AT else None


@lru_cache(maxsize=1024)
def _shape_of(text: str) -> str | None:
    if "://" in text and any(map(_is_secret_user, _URL_USER.finditer(text))):
        return "a URL with a password"
    if "=" in text and any(map(_is_secret, _URL_QUERY.finditer(text))):
        return "a URL with a credential"
    if text.count("=") > 1 and any(map(_is_secret, _CONNECTION.finditer(text))):
        return "a connection string with a password"
    return next((what for shape, what in _SHAPES if shape.search(text)), None)


def _is_secret_user(found: re.Match[str]) -> bool:
    """Whether a URL has a password, or a user that is a token; `git@` is a user."""
    if found["password"]:
        return not _REFERENCE.fullmatch(found["password"])
    is_token = len(found["user"]) >= _SHORTEST_USER_THAT_IS_A_TOKEN
    is_web = found["scheme"].rpartition("+")[2].lower() in ("http", "https")
    return is_web and is_token and not _REFERENCE.fullmatch(found["user"])


def _is_secret(found: re.Match[str]) -> bool:
    return not _REFERENCE.fullmatch(found["secret"])


def _is_named(key: str, text: str) -> bool:
    """Whether the key says that its value is a credential, and the value may be one."""
    strength = _strength(key)
    if strength == 0 or _REFERENCE.fullmatch(text) or _FILE.fullmatch(text):
        return False
    return strength > 1 or not _PLAIN_WORDS.fullmatch(text)


@lru_cache(maxsize=4096)
def _strength(key: str) -> int:
    """How sure a key's name is that its value is a credential: not at all, if it is no plain word, or whatever it is."""
    words = [word.lower() for word in _WORDS.findall(key[:_LONGEST_LOOKED_AT])]
    while words and words[-1].isdigit():
        words.pop()
    if not words:
        return 0
    before, last = (words[-2] if len(words) > 1 else ""), words[-1]
    if last.endswith(_SECRET_ENDINGS) or last in _SECRET_WORDS:
        return 2
    if last in ("key", "keys"):
        return 2 if before in _SECRET_KEYS else int(before in _KEYS_OR_COLUMNS)
    return 2 if last.endswith("token") and before not in _TOKENS_OF_TEXT else 0


def _cure(place: _Place, key: str) -> str:
    if key == "access_key" and "v3io_volumes" in place.parents:
        return "leave it out: the key is in the Secret that `volume_secret` names"
    if key in _ACCESS_KEYS:
        return "leave it out: the key comes from the Secret that `access_key_secret: {name: …, key: …}` names"
    if place.refers:
        return "write the names of the Kubernetes Secret and of the key in it; the value is only in the cluster"
    if key == "registry":
        return "take it out: who may push there is said to `docker login`, or by a Secret in the cluster"
    if key in ("https", "v3io_api", "pip"):
        return "take it out of the URL; let a proxy or a mirror inside the cluster add it"
    name = "_".join(_WORDS.findall(key[:_LONGEST_LOOKED_AT]))[:40]
    if place.parent == "env_custom":
        reference = f"{shorten(key)}: {{secret: my-secret, key: {name.lower() or 'key'}}}"
        return f"name a Kubernetes Secret instead: `{reference}`"
    variable = name.upper() if name[:1].isalpha() else "MY_CREDENTIAL"
    reference = f"env_custom: {{{variable}: {{secret: my-secret, key: {variable.lower()}}}}}"
    return f"write `{reference}` and read the variable `{variable}` in the class"
