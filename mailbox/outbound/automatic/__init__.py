"""Letters the portal writes by itself, on somebody's behalf."""
