#!/bin/sh
# Puts a built provider where `terraform init` and `tofu init` look for local plugins.
set -eu
binary=$1 version=$2
case "$(uname -m)" in x86_64) arch=amd64 ;; aarch64 | arm64) arch=arm64 ;; *) arch=$(uname -m) ;; esac
os=$(uname -s | tr '[:upper:]' '[:lower:]')
directory="$HOME/.terraform.d/plugins/registry.terraform.io/azposture/azposture/$version/${os}_$arch"
mkdir -p "$directory"
cp "$binary" "$directory/terraform-provider-azposture_v$version"
echo "Installed $directory/terraform-provider-azposture_v$version"
echo "A configuration with source = \"azposture/azposture\" finds it at the next \`terraform init\`."
