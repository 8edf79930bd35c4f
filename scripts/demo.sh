#!/bin/sh
# Plans examples/demo against the embedded tenant: outputs first, then the gate that stops the plan. Needs no init, no network and no
# credentials; without terraform or tofu it shows the same through the protocol client of the tests.
set -eu
binaries=$(cd "$1" && pwd)

if [ -t 1 ] && [ -z "${NO_COLOR:-}" ]; then bold=$(printf '\033[1m') plain=$(printf '\033[0m') colour=; else bold='' plain='' colour=-no-color; fi
say() { printf '\n%s%s%s\n\n' "$bold" "$*" "$plain"; }

if [ -z "${TF:-}" ]; then
    say "There is no terraform or tofu to run (https://developer.hashicorp.com/terraform/install or https://opentofu.org/docs/intro/install)."
    say "The same reads and the same gate, through the protocol client of the tests:"
    # The tests are built first, and are seen to be: it takes minutes.
    cargo test --no-run --test it
    said=$(mktemp "${TMPDIR:-/tmp}/azposture-demo.XXXXXX")
    trap 'rm -f "$said"' EXIT
    cargo test --quiet --test it -- --exact showcase::demo_without_terraform --nocapture >"$said" 2>&1 || { cat "$said" && exit 1; }
    cat "$said"
    # No test of that name is no failure to cargo.
    grep -q '^test result: ok. 1 passed' "$said" || { echo "The demo without a Terraform CLI did not run." >&2 && exit 1; }
    exit 0
fi

work=$(mktemp -d "${TMPDIR:-/tmp}/azposture-demo.XXXXXX")
trap 'rm -rf "$work"' EXIT
cat >"$work/cli.tfrc" <<EOF
provider_installation {
  dev_overrides {
    "registry.terraform.io/azposture/azposture" = "$binaries"
    "registry.opentofu.org/azposture/azposture" = "$binaries"
  }
  direct {}
}
EOF
cp examples/demo/*.tf "$work"
export TF_CLI_CONFIG_FILE="$work/cli.tfrc" TF_DATA_DIR="$work/.terraform" TF_IN_AUTOMATION=1
# Where there is nothing worse, only the summaries of warnings (development overrides, demo tenant) are shown; beside an error Terraform
# shows them whole. Everything else is as a user sees it.
plan() { "$TF" -chdir="$work" plan -input=false -compact-warnings $colour "$@"; }

say "1. What is true about the (demo) estate: a plan that only reads"
plan -var gate=false

say "2. The same plan with a gate: Defender for Cloud has to be ready in production"
status=0
colour=-no-color plan >"$work/said" 2>&1 || status=$?
cat "$work/said"
if [ "$status" -eq 0 ]; then
    echo "The gate let the plan pass, which it must not on the demo tenant." >&2
    exit 1
fi
# A plan can fail for many reasons; the demo works only if the gate is the one.
if ! grep -Eq 'defender_validation: [1-9][0-9]* failed of [0-9]+' "$work/said"; then
    echo "The plan failed (exit status $status), but not because of the gate." >&2
    exit 1
fi

say "The plan above was stopped by the gate, before anything was created: exit status 1 in a pipeline. That is the demo working."
