#!/bin/sh
# Runs the tests under other clocks, one run for each moment given as `date -d` takes it (a time alone is of today, UTC), in a time zone that
# is not even whole hours away. The clock is moved, not stopped, and alike for every process that the tests start; what measures
# durations goes on as it is.
set -eu

if ! command -v faketime >/dev/null; then
    echo "skipped: faketime is not installed (apt-get install faketime), so no tests under another clock"
    exit 0
fi
cargo test --no-run
# Without daylight saving, so that no time zone database has to be there: 12:45 ahead of UTC.
export TZ=AWAY-12:45 LC_ALL=C.UTF-8
for moment; do
    offset=$(($(date -u -d "$moment" +%s) - $(date -u +%s)))
    case $offset in -*) ;; *) offset=+$offset ;; esac
    printf '\n--- tests at %s\n' "$(date -u -d "$moment" '+%Y-%m-%d %H:%M:%S UTC')"
    # A clock that does not move proves nothing.
    moved=$(faketime --exclude-monotonic -f "$offset" date +%s)
    gap=$((moved - $(date -u -d "$moment" +%s)))
    [ "$gap" -ge -60 ] && [ "$gap" -le 60 ] || { echo "faketime does not move the clock ($gap s off)" >&2 && exit 1; }
    # Only the tests: cargo compares the times of files.
    cargo test --quiet --config "target.'cfg(all())'.runner = ['faketime', '--exclude-monotonic', '-f', '$offset']"
done
