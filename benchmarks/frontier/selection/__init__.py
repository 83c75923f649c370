"""The studies that the networks of the presets were selected by."""
