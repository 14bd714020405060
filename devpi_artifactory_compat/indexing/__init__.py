"""When files that were deployed without name and version become resolvable, and how."""
