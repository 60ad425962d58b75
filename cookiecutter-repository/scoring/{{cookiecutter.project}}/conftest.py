"""Gives every test the fixture `v3io`, which has the streams of graph.yaml."""

pytest_plugins = ["iguazioig.testing"]
