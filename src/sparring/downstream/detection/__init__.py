"""Whether pasted objects help a detector: pasting, the detector that judges, the arms and their scores."""
