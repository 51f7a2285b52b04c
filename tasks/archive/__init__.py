"""The archive: pictures, originals, catalog and journal below one folder or bucket URL."""
