"""What a person asked for (options), and what will be trained (recipe)."""
