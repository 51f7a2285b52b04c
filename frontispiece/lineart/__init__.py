"""The drawing engine: surreal ink scenes from a plan, the same picture for the same plan."""
