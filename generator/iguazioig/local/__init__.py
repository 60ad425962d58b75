"""The local run: the generated project on this machine, as it would be deployed.

    supervisor     starts v3io, the project's setup_streams.py and every replica; starts again what ends
    replica        a process per replica: the trigger (consumer group, claims, commits) and its workers
    worker.py      a process per worker: runs the step's handler, with nothing of this package in reach

The supervisor imports what it starts by name only; a replica knows its step and the web API, and no graph.
"""
