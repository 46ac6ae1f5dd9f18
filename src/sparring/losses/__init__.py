"""Losses and regularisers: pure functions of tensors, each with its equation and its paper."""
