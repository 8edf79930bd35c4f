//! What a check is: one row of a table, data but for the function that judges where no rule can.

use super::{
    estate::{Directory, Resource, Subscription},
    rule::Rule,
    run::Ruling,
};
use crate::posture::{Area, Severity, Subject, Unreadable};

/// One check.
#[derive(Debug)]
pub struct Check {
    /// Its id, as the catalogue has it.
    pub id: &'static str,
    /// The area it belongs to.
    pub area: Area,
    /// How bad it is to fail it.
    pub severity: Severity,
    /// What holds if it passes.
    pub title: &'static str,
    /// The one next step if it fails.
    pub remediation: &'static str,
    /// What it is judged on, by what.
    pub on: On,
}

/// What a check is judged on. Each judge is given what was seen whole, and nothing else.
#[derive(Debug)]
pub enum On {
    /// Each resource of a type, by the resource alone.
    Each(&'static str, Judge),
    /// Each subscription, by these reads of it.
    Subscription(&'static [Subject], fn(&Subscription) -> Judged<'_>),
    /// The tenant, by these reads of its directory.
    Tenant(&'static [Subject], fn(&Directory) -> Judged<'_>),
}

/// How a judgement ends. A read that a judge wants and that its check does not declare is a gap, and no pass.
pub type Judged<'a> = Result<Ruling, &'a Unreadable>;

/// By what a resource is judged.
#[derive(Debug)]
pub enum Judge {
    /// A rule about its properties.
    Rule(Rule),
    /// What no rule can say.
    Function(fn(&Resource) -> Ruling),
}

impl Check {
    /// The type of the resources it is judged on; none for a subscription or the tenant.
    pub fn resource_type(&self) -> Option<&'static str> {
        match self.on {
            On::Each(resource_type, _) => Some(resource_type),
            On::Subscription(..) | On::Tenant(..) => None,
        }
    }

    /// What is read for it.
    pub fn reads(&self) -> &'static [Subject] {
        match self.on {
            On::Each(..) => &[Subject::Resources],
            On::Subscription(reads, _) | On::Tenant(reads, _) => reads,
        }
    }
}
