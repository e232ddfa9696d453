"""Every timeout, interval and size of the local engine, each with its reason."""

ENGINE_START_S = 60.0
"""The engine imports its services and loads its saved state; a cold disk cache takes several seconds."""

ENGINE_STOP_S = 20.0
"""It saves its state after SIGTERM; killed earlier it would lose what the last run wrote."""

CHILD_START_S = 30.0
"""A gateway or simulator imports aiohttp and binds a port: a second, more on a busy machine."""

CHILD_STOP_S = 5.0
"""Gateway and simulator keep nothing, so they need no longer than their open requests."""

SIDEBAND_STOP_S = 30.0
"""A host releases its leases within its stop timeout; past that it is stuck."""

DEPLOY_S = 180.0
"""CreateStack of the whole template: a few seconds here, more while other work shares the machine."""

POLL_S = 0.05
"""How often a start is looked at: below what a person notices, above what a busy loop costs."""

TEMPLATE_INLINE_BYTES = 51_200
"""CloudFormation's own limit for TemplateBody; a larger template goes through S3."""

ENGINE_READ_S = 70.0
"""API Gateway answers within 29 s and a long poll within 20 s; boto3 must outlast both with room."""

LOG_DRAIN_FIRST_LINE_S = 0.01
"""How long to wait for a function's first log line after its answer: it was written before the answer."""

LOG_DRAIN_IDLE_S = 0.001
"""How long the function's output must be silent before its log counts as complete."""
