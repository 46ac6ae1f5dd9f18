"""The facts of the scores of texts."""

from __future__ import annotations

from .score_facts import ScoreFacts, add_facts

add_facts(
    [
        ScoreFacts(
            "nats_a_character",
            "likelihood of held-out texts (nats a character)",
            "How surprised the model is by each character of real texts never trained on; divided by 0.693, in bits.",
            trivial=True,
        ),
        ScoreFacts(
            "text_detection",
            "detection of generated texts (AUC)",
            "How well a classifier of runs of letters separates generated from real texts; 0.5: not at all, 1: always.",
        ),
        ScoreFacts(
            "reverse_nats",
            "reverse likelihood (nats a character)",
            "How surprised a model of runs of six characters that learned from its texts alone is by held-out ones.",
        ),
        ScoreFacts(
            "game_gain",
            "BLEU-4 that the game added",
            "BLEU-4 above what a temperature makes of the model from before the game, at the same Self-BLEU-4.",
            "higher",
        ),
        ScoreFacts(
            "copied_texts",
            "texts equal to a training text",
            "The share of texts that equal a training text; that of held-out texts shows how often real texts repeat.",
            "",
        ),
        ScoreFacts(
            "repeated_texts",
            "texts that repeat another",
            "The share of texts that equal an earlier one. Far above that of real texts: one sentence again and again.",
            "",
        ),
        ScoreFacts(
            "copied_span",
            "longest copied run (characters)",
            "The longest run of characters of a text that a training text holds too, as a mean.",
            "",
        ),
        ScoreFacts(
            "long_copies",
            "texts with a long copied run",
            "The share of texts with a run that is longer than 95 % of held-out texts have in common with training.",
        ),
        *(
            ScoreFacts(
                f"bleu_{order}",
                f"BLEU-{order} against held-out texts",
                f"The share of runs of up to {order} words that occur in some held-out text, as a mean over texts.",
                "higher",
            )
            for order in (2, 3, 4, 5)
        ),
        *(
            ScoreFacts(
                f"self_bleu_{order}",
                f"Self-BLEU-{order}",
                f"BLEU-{order} of each text against all others. Above that of real texts: they repeat one another.",
                "",
            )
            for order in (2, 3, 4, 5)
        ),
        *(
            ScoreFacts(
                f"distinct_{size}",
                f"distinct-{size}",
                f"Different runs of {size} words as a share of all. Below that of as many real texts: less variety.",
                "",
            )
            for size in (1, 2)
        ),
    ]
)
