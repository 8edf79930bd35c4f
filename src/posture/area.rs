//! The areas a connection looks at: one switch for every subject, so that what is off is `off` and not passed.

/// An area.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Area {
    /// Virtual machines, web apps, containers.
    Compute,
    /// Storage, databases, key vaults.
    Data,
    /// Azure Policy.
    Governance,
    /// Users, groups, applications, roles.
    Identity,
    /// Security groups, gateways, addresses.
    Network,
    /// Logs and alerts.
    Observability,
    /// Defender for Cloud.
    Posture,
}

impl Area {
    /// All of them.
    pub const ALL: [Self; 7] =
        [Self::Compute, Self::Data, Self::Governance, Self::Identity, Self::Network, Self::Observability, Self::Posture];

    /// The word the surface uses.
    pub fn word(self) -> &'static str {
        match self {
            Self::Compute => "compute",
            Self::Data => "data",
            Self::Governance => "governance",
            Self::Identity => "identity",
            Self::Network => "network",
            Self::Observability => "observability",
            Self::Posture => "posture",
        }
    }
}
