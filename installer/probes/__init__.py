"""Probes: proof that what was installed works. They are no steps: nothing is taken back after them (ADR 0001)."""
