"""The wizard: a terminal interface whose only product is an answers file, and which runs what the command line runs."""
