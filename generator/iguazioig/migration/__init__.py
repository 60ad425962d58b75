"""Older graphs, and old spellings, rewritten as 0.2.0 in their own text.

tree                    the file as a tree of its text
editing, words, notes   changes of it: keys and comments, new values, comments of ours
roles                   which mapping is a function, which a stream …
older                   from an older version: the project and its streams
functions, inputs, outputs, environment, packages
                        the same for functions
newer                   from old spellings of 0.2.0
anchors                 those whose place is gone
wanted, repair          what the new text has to mean, and what it lacks for that
decisions               what a person has to decide
migrate                 a file from one end to the other
"""
