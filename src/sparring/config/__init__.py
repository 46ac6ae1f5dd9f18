"""The options that a user sets, and the recipe: the complete description of a training."""
