"""The platform's errors, as they go over the wire: v3io-protocol 1.6.

Clients look for words in the text, so each message begins with the platform's own word; what follows says what was
expected. A client that finds `timeout` or `refused` in an answer takes it for trouble of the network and asks again
without end (v3io-protocol 1.2), and some count how often `ErrorCode` occurs in it.
"""

from __future__ import annotations

import json
import re

CONDITION_IS_FALSE = -16777244
ITEM_EXISTS = -369098809
NO_SPACE = -28

_MISREAD = re.compile("timeout|refused|ErrorCode", re.IGNORECASE)


class EmulatorError(Exception):
    """The embedded v3io cannot start; the text says what to do about it."""


class V3ioError(Exception):
    """An answer that is an error: an HTTP `status`, and the platform's `code` and `message`."""

    def __init__(self, status: int, code: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message

    @property
    def fields(self) -> dict[str, int | str]:
        """The error as JSON, for an answer or for one record of an answer."""
        return {"ErrorCode": self.code, "ErrorMessage": self.message}

    @property
    def body(self) -> bytes:
        """The body of the answer."""
        return json.dumps(self.fields).encode()


def invalid_argument(expected: str) -> V3ioError:
    """What was sent does not fit the function; of what it quotes, the words that clients misread are left out."""
    return V3ioError(400, -201326592, f"InvalidArgumentException: {_MISREAD.sub('…', expected)}")


def too_large(limit: int) -> V3ioError:
    """The body has more than `limit` bytes."""
    return V3ioError(413, -201326592, f"InvalidArgumentException: a body of at most {limit} bytes")


def missing_body(seconds: float) -> V3ioError:
    """The body did not come; the text avoids the word that makes clients ask again."""
    return V3ioError(408, -201326592, f"InvalidArgumentException: a body within {seconds:g} s")


def not_found() -> V3ioError:
    """There is no such object, item or folder."""
    return V3ioError(404, -2, "No such file or directory")


def container_not_found() -> V3ioError:
    """There is no such container; they are made by the control plane, never on demand."""
    return V3ioError(404, -2, "Container not found")


def not_permitted() -> V3ioError:
    """What nobody may do, such as deleting a container."""
    return V3ioError(403, -1, "Operation not permitted")


def not_switched_on(option: str) -> V3ioError:
    """An endpoint of the embedded v3io's own that is off."""
    message = f"Operation not permitted: the embedded v3io was started without {option}"
    return V3ioError(403, -1, message)


def permission_denied() -> V3ioError:
    """The access key is not the one that was set."""
    return V3ioError(403, -13, "Permission denied")


def not_empty() -> V3ioError:
    """A folder that still holds something is not deleted."""
    return V3ioError(409, -39, "Directory not empty")


def not_a_folder() -> V3ioError:
    """A part of the path is an object."""
    return V3ioError(400, -20, "Not a directory")


def is_a_folder() -> V3ioError:
    """The path is a folder, where an object or item is expected."""
    return V3ioError(400, -21, "Is a directory")


def no_space() -> V3ioError:
    """The disk is full, or fails: nothing of the request was kept."""
    return V3ioError(507, NO_SPACE, "No space left on device")


def condition_is_false() -> V3ioError:
    """A conditional write found something else; any client that looks, looks for the number."""
    return V3ioError(400, CONDITION_IS_FALSE, "the condition does not hold")


def item_exists() -> V3ioError:
    """`CreateNewItemOnly` found an item; frames wants to find the word twice (v3io-protocol 1.6)."""
    return V3ioError(400, ITEM_EXISTS, "the item exists (ErrorCode 369098809)")


def resource_not_found() -> V3ioError:
    """There is no such stream or shard; mlrun and storey compare this very text."""
    return V3ioError(404, -201326593, "ResourceNotFoundException")


def resource_in_use() -> V3ioError:
    """The path of a new stream exists."""
    return V3ioError(409, -201326597, "ResourceInUseException")


def shard_out_of_range() -> V3ioError:
    """The stream has no such shard, and will not have it before it grows."""
    return V3ioError(400, -201326594, "ShardIDOutOfRangeException")


def invalid_shard_count() -> V3ioError:
    """A stream only grows."""
    return V3ioError(400, -201326595, "InvalidShardCountException")


def not_a_stream(word: str) -> V3ioError:
    """A folder that is no stream; functions differ in the `word` for it."""
    return V3ioError(400, -201326596, word)


def illegal_location() -> V3ioError:
    """A location that no record has; the consumer group then seeks the earliest (v3io-protocol 2.6)."""
    return V3ioError(400, -201326598, "IllegalLocationException")


def busy() -> V3ioError:
    """The engine has no time; what a record that is to fail fails with."""
    return V3ioError(503, -117440512, "Failed to send a control message request")
