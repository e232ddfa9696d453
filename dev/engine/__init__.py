"""The local AWS engine: deploys template.yaml to one child process and runs all parts around it."""
