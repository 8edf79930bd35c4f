#!/bin/sh
# What the field's own tools say of the examples and the pages, where they are installed; where not, a line says so.
set -eu
tf=${1:-}

if command -v tflint >/dev/null; then
    (cd examples && tflint --recursive)
else
    echo "skipped: tflint is not installed (https://github.com/terraform-linters/tflint)"
fi

if ! command -v tfplugindocs >/dev/null; then
    echo "skipped: tfplugindocs is not installed (go install github.com/hashicorp/terraform-plugin-docs/cmd/tfplugindocs@v0.25.0)"
elif [ -z "$tf" ]; then
    echo "skipped: tfplugindocs validate needs terraform or tofu to print the schema"
else
    cargo build
    work=$(mktemp -d "${TMPDIR:-/tmp}/azposture-lint.XXXXXX")
    trap 'rm -rf "$work"' EXIT
    cat >"$work/cli.tfrc" <<END
provider_installation {
  dev_overrides {
    "registry.terraform.io/azposture/azposture" = "$(pwd)/target/debug"
    "registry.opentofu.org/azposture/azposture" = "$(pwd)/target/debug"
  }
  direct {}
}
END
    cp examples/provider/provider.tf "$work"
    # It looks for the provider under the namespace of its vendor.
    TF_CLI_CONFIG_FILE="$work/cli.tfrc" "$tf" -chdir="$work" providers schema -json >"$work/raw.json"
    sed 's#"registry\.[a-z.]*/azposture/azposture"#"registry.terraform.io/hashicorp/azposture"#' "$work/raw.json" >"$work/schema.json"
    tfplugindocs validate --providers-schema "$work/schema.json" --provider-name azposture
fi
