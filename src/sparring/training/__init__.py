"""Trains: sets up or resumes a run, chooses open values, takes steps, observes, and saves checkpoints."""
