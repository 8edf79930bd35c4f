//! The picture of a red plan: drawn from what the gate says on the demo tenant, so that it never shows what is not so. `UPDATE=1` (`make
//! generate`) draws it anew.

use std::{fmt::Write, path::Path};

use azposture::demo::Tenant;
use serde_json::json;

use super::golden::golden;
use crate::support::inside::Inside;

/// Room for the rows of the table, which Terraform does not wrap either.
const COLUMNS: usize = 152;
const LINE: usize = 19;
const MARGIN: usize = 22;

#[tokio::test]
async fn the_picture_of_a_red_plan_shows_what_the_gate_says() {
    let gate = json!({
        "tags": {"env": "prod"},
        "plans": {
            "KeyVaults": {},
            "StorageAccounts": {"extensions": ["OnUploadMalwareScanning", "SensitiveDataDiscovery"]},
            "VirtualMachines": {"subplan": "P2", "extensions": ["AgentlessVmScanning"]},
        },
        "require_full_coverage": true,
    });
    let reading = Inside::on(Tenant::demo()).await.plan("defender_validation", gate).await;
    let [summary] = reading.errors()[..] else { panic!("{:?}", reading.said) };
    let mut lines = vec![
        "$ terraform plan".to_owned(),
        String::new(),
        format!("Error: {}", summary),
        String::new(),
        "  with azposture_defender_validation.production,".to_owned(),
        "  on main.tf line 32, in resource \"azposture_defender_validation\" \"production\":".to_owned(),
        String::new(),
    ];
    reading.detail().lines().for_each(|line| lines.extend(wrapped(line)));
    assert!(lines.len() > 12, "{lines:?}");
    golden(&Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/images/red-plan.svg"), &drawn(&lines));
}

/// Breaks what is longer than the picture is wide; what is indented stays so.
fn wrapped(line: &str) -> Vec<String> {
    let indent = line.len() - line.trim_start().len();
    let mut lines = vec![" ".repeat(indent)];
    for word in line.trim_start().split(' ') {
        let last = lines.last_mut().unwrap();
        if last.chars().count() + word.chars().count() > COLUMNS && last.chars().count() > indent {
            lines.push(format!("{}{word} ", " ".repeat(indent)));
        } else {
            last.push_str(word);
            last.push(' ');
        }
    }
    lines.iter().map(|line| line.trim_end().to_owned()).collect()
}

fn drawn(lines: &[String]) -> String {
    let (width, height) = (MARGIN * 2 + COLUMNS * 8, MARGIN * 2 + lines.len() * LINE);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\" role=\"img\" \
         aria-label=\"A plan that a gate has stopped\">\n<rect width=\"100%\" height=\"100%\" rx=\"8\" fill=\"#16181d\"/>\n<g \
         font-family=\"ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace\" font-size=\"13\" fill=\"#d7dae0\" \
         xml:space=\"preserve\">\n"
    );
    for (number, line) in lines.iter().enumerate().filter(|(_, line)| !line.is_empty()) {
        let y = MARGIN + (number + 1) * LINE - 5;
        let text = escaped(line);
        let text = match text.strip_prefix("Error:") {
            Some(rest) => format!("<tspan fill=\"#ff6b68\" font-weight=\"bold\">Error:</tspan>{rest}"),
            None => text,
        };
        let _ = writeln!(svg, "<text x=\"{MARGIN}\" y=\"{y}\">{text}</text>");
    }
    svg + "</g>\n</svg>\n"
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
