"""Steps by topic; each function returns steps and does nothing."""
