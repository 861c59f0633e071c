"""Formats that others write, each read in one way only, strictly and within bounds; none of them knows the product."""
