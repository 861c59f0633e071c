"""The registry of the site: what it holds, and pushing to it."""
