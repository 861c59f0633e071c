"""The page of the hosts: their table, what it takes to change it, and connection tests."""
