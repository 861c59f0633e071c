"""SSH to a host: the login, whose key is believed, and commands as root."""
