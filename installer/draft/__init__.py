"""Answers while they are written: a document that may be incomplete, edited by the wizard with its comments kept."""
