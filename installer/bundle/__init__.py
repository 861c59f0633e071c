"""The bundle: one signed tar holding an OCI image layout with everything a site needs."""
