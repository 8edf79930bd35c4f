#!/bin/sh
# Builds what the registry takes: a zip named as it wants, the manifest, SHA256SUMS over both; then proves the zip by an offline init
# and plan from a filesystem mirror. Signing SHA256SUMS needs the release key and is left to whoever holds it.
set -eu
name=$1 version=$2 target=$3
case "$target" in
    x86_64-*) arch=amd64 ;;
    aarch64-*) arch=arm64 ;;
    *) echo "dist: no registry name for $target" >&2 && exit 1 ;;
esac
case "$target" in
    *-linux-*) os=linux ;;
    *) echo "dist: only Linux targets are built here, not $target" >&2 && exit 1 ;;
esac
case "$target" in *-gnu) RUSTFLAGS="${RUSTFLAGS:-} -C target-feature=+crt-static" && export RUSTFLAGS ;; esac

for tool in zip sha256sum; do
    command -v "$tool" >/dev/null || { echo "dist: $tool is not installed" >&2 && exit 1; }
done

cargo build --release --target "$target"
binary=$(pwd)/target/$target/release/$name
if command -v ldd >/dev/null && ldd "$binary" >/dev/null 2>&1 && ! ldd "$binary" 2>&1 | grep -q 'statically linked'; then
    echo "dist: $binary is not static:" >&2
    ldd "$binary" >&2
    exit 1
fi

out=target/dist
rm -rf "$out" && mkdir -p "$out/stage"
cp "$binary" "$out/stage/${name}_v$version"
cp LICENSE README.md CHANGELOG.md "$out/stage"
archive=${name}_${version}_${os}_$arch.zip
(cd "$out/stage" && zip -q -X -9 "../$archive" "${name}_v$version" LICENSE README.md CHANGELOG.md)
cp terraform-registry-manifest.json "$out/${name}_${version}_manifest.json"
(cd "$out" && sha256sum "$archive" "${name}_${version}_manifest.json" >"${name}_${version}_SHA256SUMS")
rm -rf "$out/stage"
ls -l "$out"

tf=${TF:-$(command -v terraform || command -v tofu || true)}
if [ -z "$tf" ]; then
    echo "skipped: no terraform or tofu to prove the archive with"
    exit 0
fi
work=$(mktemp -d "${TMPDIR:-/tmp}/azposture-dist.XXXXXX")
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/plan"
# Each CLI asks for the provider at its own registry.
for host in registry.terraform.io registry.opentofu.org; do
    mkdir -p "$work/mirror/$host/azposture/azposture"
    cp "$out/$archive" "$work/mirror/$host/azposture/azposture"
done
cat >"$work/cli.tfrc" <<EOF
provider_installation {
  filesystem_mirror { path = "$work/mirror" }
}
EOF
sed '/^variable "gate"/,/^}/s/true$/false/' examples/demo/main.tf >"$work/plan/main.tf"
export TF_CLI_CONFIG_FILE="$work/cli.tfrc" CHECKPOINT_DISABLE=1
"$tf" -chdir="$work/plan" init -input=false -no-color
"$tf" -chdir="$work/plan" plan -input=false -no-color -compact-warnings
grep -A 3 azposture "$work/plan/.terraform.lock.hcl"
echo "dist: $archive works from a filesystem mirror, offline"
