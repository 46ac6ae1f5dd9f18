"""The interface of callbacks, the diagnosis of a training's health, and progress as plain lines."""
