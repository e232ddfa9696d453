"""What the use cases and the sideband need from the outside, in words of the domain: one module a capability.

Each docstring is the contract; `tests/contract` runs it against every implementation. Besides the errors
named, every port may raise `Throttled`. A port of one module's values stands beside those instead, as in
`domain/quota.py`.
"""
