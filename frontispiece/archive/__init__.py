"""The archive: pictures, originals, catalog and journal below one folder or bucket URL."""

import os

# Arrow's own allocator keeps some 40 MB of what a month of the catalog once took; pyarrow reads this when imported.
os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")
