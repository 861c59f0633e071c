"""What machines a platform needs, from what its users need; pure, and useful without the installer."""
