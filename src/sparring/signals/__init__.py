"""Signal processing: pure functions of waveforms and spectra, each with its equation and source."""
