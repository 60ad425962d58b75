"""A project's folder on disk: compared with a file map, and written without destroying anyone's edits."""
