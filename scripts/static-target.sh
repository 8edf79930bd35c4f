#!/bin/sh
# The target of a static Linux binary: musl where its standard library is installed, else glibc linked statically.
set -eu
arch=$(uname -m)
for target in "$arch-unknown-linux-musl" "$arch-unknown-linux-gnu"; do
    if [ -d "$(rustc --print sysroot)/lib/rustlib/$target/lib" ]; then
        echo "$target"
        exit 0
    fi
done
rustc --print host-tuple 2>/dev/null || rustc -vV | sed -n 's/^host: //p'
