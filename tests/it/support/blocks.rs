//! The Terraform blocks of the guides and the README: people paste them, so each is a whole configuration.

use std::{fs, path::Path};

use super::terraform::{Version, numbers};

/// A block, and the page it stands on.
#[derive(Debug)]
pub(crate) struct Block {
    pub(crate) page: String,
    pub(crate) text: String,
}

impl Block {
    /// All of them.
    pub(crate) fn all() -> Vec<Self> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut pages: Vec<_> = fs::read_dir(root.join("docs/guides")).unwrap().map(|entry| entry.unwrap().path()).collect();
        pages.push(root.join("README.md"));
        pages.sort();
        let mut all = Vec::new();
        for page in pages {
            let (text, page) = (fs::read_to_string(&page).unwrap(), page.display().to_string());
            let found = text.split("```terraform\n").skip(1).filter_map(|rest| rest.split_once("```"));
            all.extend(found.map(|(block, _)| Self { page: page.clone(), text: block.to_owned() }));
        }
        assert!(all.iter().any(|block| block.page.ends_with("README.md")) && all.len() > 10, "{}", all.len());
        all
    }

    /// The file it says it is; none if it is a configuration by itself.
    pub(crate) fn file(&self) -> Option<&str> {
        self.text.lines().next().and_then(|line| line.strip_prefix("# ")).filter(|name| name.ends_with(".tftest.hcl"))
    }

    /// The providers of other vendors that it names, which no test can install.
    pub(crate) fn other_providers(&self) -> Vec<&str> {
        let sources = self.text.lines().filter_map(|line| line.trim().strip_prefix("source"));
        let sources = sources.filter_map(|rest| rest.trim_start().strip_prefix('=')?.trim().strip_prefix('"')?.strip_suffix('"'));
        sources.filter(|source| *source != "azposture/azposture").collect()
    }

    /// The lowest version of the CLI that it asks for.
    pub(crate) fn required(&self) -> Option<(u32, u32)> {
        let (_, rest) = self.text.split_once("required_version = \">= ")?;
        numbers(rest.split('"').next()?)
    }

    /// Whether only OpenTofu has what it uses: `for_each` in a provider block, `enabled` in a lifecycle.
    fn is_for_opentofu(&self) -> bool {
        let mut head = "";
        self.text.lines().any(|line| {
            if line.ends_with('{') {
                head = line.trim();
            }
            let argument = line.split('=').next().unwrap_or_default().trim();
            (head.starts_with("provider ") && argument == "for_each") || (head == "lifecycle {" && argument == "enabled")
        })
    }

    /// Why this CLI cannot run it; none if it can.
    pub(crate) fn out_of_reach(&self, version: Version) -> Option<String> {
        let other = self.other_providers();
        if let Some(file) = self.file() {
            return Some(format!("only formatted, because it is {file} of a module"));
        }
        if !other.is_empty() {
            return Some(format!("only formatted, because it needs {}", other.join(", ")));
        }
        if self.is_for_opentofu() && !version.is_opentofu {
            return Some(format!("needs OpenTofu, not {version}"));
        }
        let (major, minor) = self.required().unwrap_or_default();
        // Ephemeral blocks came to OpenTofu a release later than the block asks for.
        let ephemeral = self.text.contains("\nephemeral \"") && !version.can(super::terraform::Ability::Ephemeral);
        (ephemeral || version.number < (major, minor)).then(|| format!("needs {major}.{minor}, not {version}"))
    }
}
