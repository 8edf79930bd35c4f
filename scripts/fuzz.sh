#!/bin/sh
# Builds the fuzz targets with the compiler there is, and runs each for some seconds: scripts/fuzz.sh SECONDS [TARGET...]. What it finds
# grows below target/fuzz; an input that breaks a promise is left there too, to be fixed and put into fuzz/corpus.
set -eu
cd "$(dirname "$0")/.."
seconds=$1 root=$(pwd)
shift
[ $# -gt 0 ] || set -- $(cd fuzz/targets && ls | sed 's/\.rs$//')

(cd fuzz && RUSTC_WRAPPER="$root/fuzz/instrument.sh" CARGO_TARGET_DIR="$root/target" cargo build)
for name in "$@"; do
    mkdir -p "target/fuzz/$name"
    more=''
    [ "$name" != certificate ] || more=tests/it/fixtures/certificates
    [ "$name" != page ] || more=src/demo/fixtures
    echo "=== $name"
    # What was found stands behind the last line; everything before it is progress.
    "target/debug/$name" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=1024 -max_len=4096 -print_final_stats=1 \
        -artifact_prefix="target/fuzz/$name-" "target/fuzz/$name" "fuzz/corpus/$name" $more 2>"target/fuzz/$name.log" ||
        { tail -n 40 "target/fuzz/$name.log" >&2 && exit 1; }
    grep -E "number_of_executed_units|slowest_unit|peak_rss" "target/fuzz/$name.log"
done
