#!/bin/sh
# Puts a built provider where `terraform init` and `tofu init` look for local plugins: each under the name of its own registry.
set -eu
binary=$1 version=$2
case "$(uname -m)" in x86_64) arch=amd64 ;; aarch64 | arm64) arch=arm64 ;; *) arch=$(uname -m) ;; esac
os=$(uname -s | tr '[:upper:]' '[:lower:]')
for host in registry.terraform.io registry.opentofu.org; do
    directory="$HOME/.terraform.d/plugins/$host/azposture/azposture/$version/${os}_$arch"
    installed="$directory/terraform-provider-azposture_v$version"
    if [ -f "$installed" ] && ! cmp -s "$binary" "$installed"; then replaced=yes; fi
    mkdir -p "$directory"
    # Not over the old file, which a running plan may have open.
    rm -f "$installed"
    cp "$binary" "$installed"
    echo "Installed $installed"
done
echo "A configuration with source = \"azposture/azposture\" finds it at the next \`terraform init\` or \`tofu init\`."
if [ -n "${replaced:-}" ]; then
    echo "It replaced another build of version $version: where \`init\` says that the checksum does not match, delete the entry of azposture from"
    echo ".terraform.lock.hcl, and initialise again."
fi
