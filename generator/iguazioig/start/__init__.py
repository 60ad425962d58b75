"""What a person begins with: a repository, or one more step in it. It is theirs from then on, and never generated again.

template            a cookiecutter template → files, as cookiecutter would render them
names               what may be a name, and what becomes of it in Python
repository          a name and an example → the files of a repository
wish, addition      a step that somebody wants → what a graph says more with it
layout, insertion   … put into the graph's own text
obstacles           what is in the way of a step
new_step            all of it, held against what the graph means then
files               new files on disk, all of them or none
"""
