"""What a project's own scripts are told, so that they do as iguazioig does; they need nothing of ours."""

ANSWER_SECONDS = 60
"""How long nuctl may take for an answer."""

MARK = "iguazioig.json"
"""The item in a stream's folder whose attribute `project` names the project that made the stream.

Consumer groups keep their state in such items, too (v3io-protocol 2): they go with the stream. A shard could not hold it, because
there is none before its first record.
"""
