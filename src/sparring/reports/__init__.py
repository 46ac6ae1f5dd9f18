"""What a run tells a person: the HTML report, the model card, the film of its samples. Reads run folders, imports no training."""

from sparring.reports.card import write_card
from sparring.reports.film import write_film, write_frames
from sparring.reports.html import write_report

__all__ = ["write_card", "write_film", "write_frames", "write_report"]
