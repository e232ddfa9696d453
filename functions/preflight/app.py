"""OPTIONS on every path: tell a browser whether a page may ask."""

from switchboard.options import answering_options
from switchboard.usecases.preflight import preflight

handler = answering_options(preflight)
