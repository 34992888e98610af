#!/usr/bin/env bash
# Gradescope runs this once, while it builds the image. Grading needs no network after it.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
export DEBIAN_FRONTEND=noninteractive

missing=()
ldconfig -p | grep -q libseccomp || missing+=(libseccomp2)
python3 -c 'import ensurepip' 2>/dev/null || missing+=(python3 python3-venv)
if [ ${#missing[@]} -gt 0 ]; then
    apt-get -qq update
    apt-get -qq install -y --no-install-recommends "${missing[@]}"
fi
python=python3
if ! python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
    apt-get -qq update
    apt-get -qq install -y --no-install-recommends python3.11 python3.11-venv
    python=python3.11
fi

"$python" -m venv "$here/../environment"
# Wheels in a folder of that name make the network unnecessary here, too.
options=(-q --disable-pip-version-check)
if [ -d "$here/wheels" ]; then options+=(--no-index --find-links "$here/wheels"); fi
"$here/../environment/bin/python" -m pip install "${options[@]}" -r "$here/requirements.txt"
chmod -R go-rwx "$here"
