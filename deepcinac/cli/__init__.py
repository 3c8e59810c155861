"""The command line: a module per command, with ``add_parser(subparsers)`` and its ``run``.

Importing these modules must stay cheap, because ``deepcinac --help`` imports all of them: whatever
computes is imported inside ``run``.
"""
