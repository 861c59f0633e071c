"""Hosts before anything is installed on them: what they say of themselves, their roles, and lists of them to import."""
