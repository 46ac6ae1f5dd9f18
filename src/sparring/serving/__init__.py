"""The service: what a run has learned, over HTTP. It knows requests and connections; what it answers comes from below.

One thread computes (`model_thread`); a guarded application (`app`, `guards`) reads requests and waits for it.
"""
