"""Build the sideband's image and push it to a stage's repository: `python -m dev.push_image STAGE`."""

from __future__ import annotations

import argparse
import base64
import subprocess
from pathlib import Path

from dev.deploy import ROOT, described, stage_settings

DOCKERFILE = "services/sideband/Dockerfile"
PLATFORM = "linux/arm64"
"""That of the task definition."""


def repository(stack: str) -> str:
    """Return the URI of the stack's repository, which the first deploy of a stage makes. Raise SystemExit."""
    found = described(stack)
    if found is None:
        raise SystemExit(f"There is no stack {stack} yet: run `make deploy` first.")
    outputs = {each["OutputKey"]: each["OutputValue"] for each in found["Outputs"]}
    return str(outputs["SidebandRepositoryUri"])


def log_in(registry: str) -> None:
    """Let docker push to the account's registry for the next twelve hours."""
    import boto3

    [granted] = boto3.client("ecr").get_authorization_token()["authorizationData"]
    user, password = base64.b64decode(granted["authorizationToken"]).decode().split(":", 1)
    login = ["docker", "login", "--username", user, "--password-stdin", registry]
    subprocess.run(login, input=password.encode(), check=True, stdout=subprocess.DEVNULL)


def revision(root: Path) -> str:
    """Return the commit's short name; raise SystemExit if there is something that it does not hold."""
    paths = ["layers/switchboard", "services/sideband"]
    if subprocess.run(["git", "status", "--porcelain", *paths], cwd=root, capture_output=True).stdout:
        raise SystemExit(f"Commit {' and '.join(paths)} first: an image is named after its commit.")
    named = subprocess.run(
        ["git", "rev-parse", "--short=12", "HEAD"], cwd=root, capture_output=True, check=True
    )
    return named.stdout.decode().strip()


def main() -> None:
    """Read the command line, build and push."""
    parser = argparse.ArgumentParser(description="Build and push the sideband's image.")
    parser.add_argument("stage", help="a section of samconfig.toml, such as dev or prod")
    stage: str = parser.parse_args().stage
    stack, _ = stage_settings(stage, (ROOT / "samconfig.toml").read_text("utf-8"))
    uri = repository(stack)
    image = f"{uri}:{revision(ROOT)}"
    log_in(uri.split("/")[0])
    build = ["docker", "buildx", "build", "--platform", PLATFORM, "--provenance=false", "--push"]
    subprocess.run([*build, "--file", DOCKERFILE, "--tag", image, "."], cwd=ROOT, check=True)
    print(f"Deploy it: make deploy STAGE={stage} SET=SidebandImage={image}")


if __name__ == "__main__":
    main()
