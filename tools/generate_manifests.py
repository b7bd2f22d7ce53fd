"""Writes `deploy/kubernetes.yaml`, the plain manifests, from the chart beside it. Needs the program `helm`.

python tools/generate_manifests.py
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

DEPLOY = Path(__file__).resolve().parents[1] / "deploy"
NOTICE = """\
# The chart of deploy/helm with its own values, for those without Helm. Made by `make manifests`; put your domain and image in
# place of csms.example.org and stationmaster:…, make the secret (deploy/helm/stationmaster/values.yaml says how), then
#   kubectl apply -f deploy/kubernetes.yaml
"""


def rendered(*options: str) -> str:
    """What Helm makes of the chart. Raises `CalledProcessError` with what Helm says."""
    helm = shutil.which("helm", path=f"{Path(sys.executable).parent}:{os.environ.get('PATH', '')}")
    if helm is None:
        raise FileNotFoundError("helm is not installed here")
    command = [helm, "template", "csms", str(DEPLOY / "helm" / "stationmaster"), *options]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


if __name__ == "__main__":
    (DEPLOY / "kubernetes.yaml").write_text(NOTICE + rendered())
