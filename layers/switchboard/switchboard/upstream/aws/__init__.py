"""The services of the account that we run in: the queue to the sideband, and the workflows."""
