"""The verbs of the command line: each opens what it needs, calls an operation, prints the result."""
