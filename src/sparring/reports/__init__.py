"""What a run tells a person: the HTML report, the model card, the film of its samples. It reads run folders only."""

from .card import write_card
from .film import write_film, write_frames
from .html import write_report

__all__ = ["write_card", "write_film", "write_frames", "write_report"]
