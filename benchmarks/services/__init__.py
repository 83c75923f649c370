"""Services that others would write around the same model, each a program: MODEL PORT."""
