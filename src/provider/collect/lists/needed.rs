//! Every list that is read through Azure Resource Manager, with what a role has to allow for it: the checks of roles ask for these
//! actions and for no others.

use crate::{
    posture::{Area, connection::evidence::List},
    provider::collect::{
        estate::engine::{ASSESSMENTS, PLANS, RESOURCE_GROUPS, RESOURCES, ROLE_ASSIGNMENTS, ROLE_DEFINITIONS, VULNERABILITIES},
        lists::authorization,
    },
};

/// AKS clusters.
pub const CLUSTERS: &[&str] = &["Microsoft.ContainerService/managedClusters/read"];

/// All of them, sorted by area.
pub const ALL: &[List] = &[
    always(&["Microsoft.Resources/subscriptions/read"]),
    always(&["Microsoft.Resources/subscriptions/providers/read"]),
    always(RESOURCE_GROUPS.actions),
    always(RESOURCES.actions),
    of(Area::Compute, CLUSTERS),
    of(Area::Identity, ROLE_ASSIGNMENTS.actions),
    of(Area::Identity, ROLE_DEFINITIONS.actions),
    of(Area::Identity, &[authorization::READ_DENIALS]),
    of(Area::Identity, &[authorization::READ_ELIGIBILITIES]),
    of(Area::Identity, &[authorization::READ_SCHEDULES]),
    of(Area::Posture, PLANS.actions),
    of(Area::Posture, ASSESSMENTS.actions),
    of(Area::Posture, VULNERABILITIES.actions),
    of(Area::Posture, &["Microsoft.Security/assessmentMetadata/read"]),
];

const fn always(actions: &'static [&'static str]) -> List {
    List { area: None, actions }
}

const fn of(area: Area, actions: &'static [&'static str]) -> List {
    List { area: Some(area), actions }
}
