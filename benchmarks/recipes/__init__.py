"""What every part of a recipe gains, measured on held-out training images: `python -m benchmarks.recipes`."""
