"""Care for a whole archive: verify, rebuild, compact, prune, and the import of the predecessor's logs."""
