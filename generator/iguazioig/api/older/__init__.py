"""What the versions before 0.2.0 have in common (graph-older): each is read into the keys of 0.2.0, whose translation does the rest.

keys, kinds, literals        what their graphs may hold
dialect                      in what they differ
streams, functions, outputs, environment, packages
                             from their keys to those of 0.2.0
conditions                   from the text of a condition to an expression that may be written down
extras                       what 0.2.0 has no key for
reading                      a document from one end to the other
"""
