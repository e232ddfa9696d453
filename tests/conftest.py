"""What every test has: patience, as a busy machine may take longer over an example than Hypothesis allows."""

from hypothesis import HealthCheck, settings

settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")
