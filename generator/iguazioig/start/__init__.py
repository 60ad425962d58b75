"""What a person begins with: a repository, or one more step in it. It is theirs from then on, and never generated again."""
