"""A trained generator or translator, and what one does with it."""
