"""Runs of a site: their directories, locks and processes, and what another laptop may take over of them."""
