"""What the benchmark compares, each as a separate process."""
