"""The facts of the scores of waves against their targets."""

from __future__ import annotations

from .score_fact import ScoreFacts

WAVE_FACTS = [
    ScoreFacts(
        "multi_resolution_distance",
        "spectral distance at several resolutions",
        "How far magnitudes of spectra are from those of the target, from 12 to 93 ms at once; 0 means equal.",
        trivial=True,
    ),
    ScoreFacts(
        "log_spectral_distance",
        "log-spectral distance (dB)",
        "How far power spectra are from those of the target, in dB; quiet frequencies count as much as loud ones.",
        trivial=True,
    ),
    ScoreFacts(
        "mel_cepstral_distortion",
        "mel-cepstral distortion (dB)",
        "How far the colour of the sound is from that of the target, frame by frame.",
        trivial=True,
    ),
    ScoreFacts(
        "si_sdr",
        "signal to distortion (SI-SDR, dB)",
        "How much louder the target is than what differs from it, sample by sample, at any level.",
        "higher",
        trivial=True,
    ),
    ScoreFacts(
        "pesq",
        "PESQ",
        "How good listeners would find the speech beside the target, predicted (ITU-T P.862); 4.64 is no difference.",
        "higher",
        trivial=True,
    ),
    ScoreFacts(
        "stoi",
        "STOI",
        "How much of the speech would be understood, predicted, from 0 to 1.",
        "higher",
        trivial=True,
    ),
]
