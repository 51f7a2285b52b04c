"""What is paid for: journal, lease, budget, batches, estimate."""
