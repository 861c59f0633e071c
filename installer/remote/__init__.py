"""The outside: hosts, registries and clusters, behind the ports in `installer.ports`."""
