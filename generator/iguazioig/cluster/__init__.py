"""The cluster that a project is deployed to: `nuctl`, the project's own scripts, and what these leave there to be known again."""
