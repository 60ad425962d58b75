"""The local run: the generated project on this machine, as it would be deployed.

    session        a run from start to end: a v3io, the replicas, messages in, looking on, what arrived
    supervisor     the project's setup_streams.py and every replica; starts again what ends
    replica        a process per replica: a consumer per trigger (consumer group, claims, commits), and the workers
    worker.py      a process per worker: runs the step's handler, with nothing of this package in reach

The supervisor imports what it starts by name only; a replica knows its step and the web API, and no graph.
"""

USUAL_PORT = 8081
"""Of v3io's web API, where `iguazioig send` and `tail` look for it."""
