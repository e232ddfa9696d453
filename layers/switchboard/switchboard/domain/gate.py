"""The gate before the memories: a summary that talks to the model instead of about the person stays out.

A memory is quoted as data, marked as such; this is the second lock. It looks for what a digest of a talk has
no reason to hold: orders about instructions, roles and prompts, marks of chat formats, words to the reader.
"""

from __future__ import annotations

import re
import unicodedata

ORDERS = (
    r"\b(ignore|disregard|forget|override|bypass|drop|discard)\b[^.!?\n]{0,60}"
    r"\b(instruction|prompt|rule|guideline|polic|direction|system|previous|prior|above|earlier|everything|all)",
    r"\b(system|developer|hidden|initial|original)\s+(prompt|message|instruction)s?\b",
    r"\b(new|updated|real|actual|following|these)\s+(instruction|directive|rule)s?\b",
    r"\byou\s+(are\s+now|must|shall|should|will|have\s+to|need\s+to|are\s+to|can\s+now|may\s+now)\b",
    r"\b(from\s+now\s+on|henceforth|in\s+(all|every|any)\s+(future|later|next)\s+(session|conversation|call)s?)\b",
    r"\b(the\s+)?(assistant|model|ai|agent|bot)\s+(must|shall|should|has\s+to|needs\s+to|is\s+to|ought\s+to|will\s+now)\b",
    r"\b(act|behave|respond|reply|answer|speak|pretend|roleplay)\s+(as|like)\s+(if|a|an|the|though|root|admin)",
    r"\b(always|never)\s+(say|tell|reveal|answer|respond|reply|include|call|use|refuse|mention|obey|follow)\b",
    r"\b(do\s+not|don't|never)\s+(tell|reveal|mention|warn|inform|ask|refuse)\b",
    r"\b(jailbreak|developer\s+mode|dan\s+mode|prompt\s+injection|unrestricted)\b",
    r"\b(call|invoke|run|execute|use)\s+(the\s+)?[\w.]+\s+(tool|function)\b",
    r"\b(reveal|print|repeat|output|leak|send|exfiltrate)\b[^.!?\n]{0,40}"
    r"\b(prompt|instruction|secret|password|api\s*key|token|credential)",
    r"\b(ignorier|vergiss|missacht)\w*\b[^.!?\n]{0,60}\b(anweisung|regel|vorgabe)",
    r"\b(ignora|olvida|ignore[zr]?|oublie[zr]?)\b[^.!?\n]{0,60}\b(instruccion|instrucoes|instruction|regla|regle|consigne)",
)
MARKS = (
    r"<\|?\s*/?\s*(im_start|im_end|system|assistant|user|endoftext|instructions?)",
    r"<<<|>>>|\[/?INST\]|\[/?SYS\]|```",
    r"(^|\n)\s*#{1,6}\s*(system|instruction|assistant)",
    r"(^|\n)\s*(system|assistant|developer|user)\s*:",
    r"<\s*(script|iframe|img|svg|a)\b|javascript:|https?://|data:\w+/",
)
TRIES = re.compile("|".join((*ORDERS, *MARKS)), re.IGNORECASE)


def tries_to_instruct(text: str) -> bool:
    """Tell whether a summary reads like orders. It errs on the safe side: a lost memory costs little."""
    return TRIES.search(_plain(text)) is not None


def _plain(text: str) -> str:
    """Return the text without what hides letters from a reader: accents, other widths, invisible marks."""
    spread = unicodedata.normalize("NFKD", text)
    kept = (letter for letter in spread if not unicodedata.category(letter).startswith(("M", "Cf")))
    return "".join(kept).replace("’", "'")
