"""Pages of standing orders: filters, and the reply while away."""
