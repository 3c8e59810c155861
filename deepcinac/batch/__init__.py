"""One command over many recordings: a table of rows, on the cores at hand or on a cluster.

``table`` reads and checks the rows, ``states`` keeps what became of them, ``job`` runs a command in a
process of its own on a worker, ``clusters`` opens the workers and ``running`` brings all of it together.
"""
