#!/bin/sh
# A wrapper of rustc (RUSTC_WRAPPER): the provider's library, and nothing else, reports its edges and comparisons to libFuzzer. RUSTFLAGS
# would build every dependency anew, a profile would also change the build script, which then does not link.
set -eu
for argument in "$@"; do
    [ "$argument" != azposture ] || set -- "$@" -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
        -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
        -Cllvm-args=-sanitizer-coverage-trace-compares
done
exec "$@"
