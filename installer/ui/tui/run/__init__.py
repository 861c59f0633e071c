"""The pages of a run: checks, plan, installation and result, each following a process of its own."""
