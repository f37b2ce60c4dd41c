#!/bin/sh
# Everything from a fresh machine with Python 3.11 or newer:
#   ./gazeclass.sh                     makes the environment, installs, opens the desktop program
#   ./gazeclass.sh demo [--headless]   makes the environment, installs, runs the sample lesson
#   ./gazeclass.sh test [ARGS]         the same with the test tools, then the tests
#   ./gazeclass.sh lint                ruff, mypy, import contracts
#   ./gazeclass.sh COMMAND …           any other gazeclass command
set -eu
here=$(cd "$(dirname "$0")" && pwd)
venv=${GAZECLASS_VENV:-$here/.venv}

if [ -x "$venv/bin/python" ]; then
  python=$venv/bin/python
else
  for candidate in python3.13 python3.12 python3.11 python3; do
    if command -v "$candidate" >/dev/null 2>&1 &&
      "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
      "$candidate" -m venv "$venv"
      break
    fi
  done
  [ -x "$venv/bin/python" ] || {
    echo "gazeclass: needs Python 3.11 or newer with venv (on Debian: apt-get install python3 python3-venv)" >&2
    exit 1
  }
  python=$venv/bin/python
fi

# Install when the wish or the files that say what is needed have changed since last time.
install() {
  stamp=$venv/.gazeclass-$1
  wanted=$(cat "$here/pyproject.toml" "$here/constraints.txt" | cksum)
  if [ ! -f "$stamp" ] || [ "$(cat "$stamp")" != "$wanted" ]; then
    echo "gazeclass: installing (once, a few minutes) …" >&2
    "$python" -m pip install --quiet --disable-pip-version-check -c "$here/constraints.txt" -e "$here$2"
    echo "$wanted" >"$stamp"
  fi
}

case ${1:-} in
  test)
    shift
    install test "[test,train,simulation]"
    sh "$here/packaging/test-tools.sh"
    exec "$python" -m pytest -n auto --dist loadgroup "$@"
    ;;
  lint)
    install lint "[lint]"
    cd "$here"
    "$python" -m ruff check .
    "$python" -m ruff format --check .
    "$python" -m mypy
    exec "$venv/bin/lint-imports"
    ;;
  *)
    install run ""
    exec "$python" -m gazeclass "$@"
    ;;
esac
