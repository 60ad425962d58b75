"""What the team shares between its vision steps."""
