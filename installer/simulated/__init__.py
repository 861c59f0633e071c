"""A site that exists in memory alone: for `--simulate`, and for tests of everything above the port.

What it has no program for it refuses by name (`Unscripted`), so a step that does something new is seen at once.
"""
