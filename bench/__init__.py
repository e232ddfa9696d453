"""The benchmarks: each prints its figures as ratios of things measured side by side in one run."""
