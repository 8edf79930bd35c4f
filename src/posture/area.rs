//! The areas a connection looks at: one switch for every subject, so that what is off is `off` and not passed.

use crate::posture::words::words;

words! {
    /// An area.
    pub enum Area {
        /// Virtual machines, web apps, containers.
        Compute = "compute",
        /// Storage, databases, key vaults.
        Data = "data",
        /// Azure Policy.
        Governance = "governance",
        /// Users, groups, applications, roles.
        Identity = "identity",
        /// Security groups, gateways, addresses.
        Network = "network",
        /// Logs and alerts.
        Observability = "observability",
        /// Defender for Cloud.
        Posture = "posture",
    }
}
