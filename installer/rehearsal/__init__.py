"""Container hosts on this machine in place of the customer's: systemd, sshd, sudo, and no way out."""
