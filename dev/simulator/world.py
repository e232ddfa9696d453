"""What every part of one simulator shares: time, chance, faults and answers."""

from dataclasses import dataclass

from dev.simulator.answers import AnswerBook
from dev.simulator.chance import Chance
from dev.simulator.faults import Faults
from dev.simulator.pace import Pace


@dataclass(frozen=True)
class World:
    chance: Chance
    pace: Pace
    faults: Faults
    answers: AnswerBook
