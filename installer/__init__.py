"""sitewright: stand up a Kubernetes platform from one signed file, over SSH, without internet."""

__version__ = "0.1.0"
