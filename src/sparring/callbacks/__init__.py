"""The interface of everything that looks at a training, and the parts of it that need nothing else."""
