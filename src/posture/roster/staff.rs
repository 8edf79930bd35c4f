//! The people an organisation employs, and the accounts that its directory has.

use time::Date;

use crate::posture::words::words;

words! {
    /// What a person is to the organisation.
    pub enum Employment {
        /// Works there.
        Active = "active",
        /// Works there, and is away.
        Leave = "leave",
        /// Does not work there any more.
        Terminated = "terminated",
    }
}

words! {
    /// Who an entry of the roster stands for.
    pub enum Kind {
        /// A person.
        Person = "person",
        /// A program.
        Service = "service",
        /// Several people, as behind the mailbox of a team.
        Shared = "shared",
    }
}

words! {
    /// By what a person and an account belong together, in the order in which it is believed.
    pub enum Rule {
        /// The `employeeId` of the account.
        EmployeeId = "employee_id",
        /// The `mail` of the account.
        Mail = "mail",
        /// One of its `otherMails`.
        OtherMail = "other_mail",
        /// One of its `proxyAddresses`.
        ProxyAddress = "proxy_address",
        /// The object id of the account.
        UserId = "user_id",
        /// Its `userPrincipalName`, or a name of its `identities`.
        UserPrincipalName = "user_principal_name",
    }
}

impl Rule {
    /// All of them, the first one first.
    pub const ORDER: [Self; 6] =
        [Self::UserId, Self::EmployeeId, Self::Mail, Self::UserPrincipalName, Self::ProxyAddress, Self::OtherMail];

    /// Whether it compares something that belongs to one person alone. An address may be handed on.
    pub fn is_identity(self) -> bool {
        matches!(self, Self::UserId | Self::EmployeeId)
    }
}

words! {
    /// How a person and an account stand to each other.
    pub enum Standing {
        /// The person works there, and the account is disabled.
        ActiveDisabled = "active_disabled",
        /// The person works there and has no account.
        ActiveWithoutAccount = "active_without_account",
        /// The account is claimed by two people, or by one address with two statuses.
        Conflict = "conflict",
        /// The account is declared as that of a program or of a team.
        DeclaredService = "declared_service",
        /// The person is away, and the account is enabled.
        LeaveEnabled = "leave_enabled",
        /// The account belongs to a person who works there.
        Linked = "linked",
        /// The person has left, and the account is disabled.
        TerminatedDisabled = "terminated_disabled",
        /// The person has left, and the account is enabled.
        TerminatedEnabled = "terminated_enabled",
        /// The person has left so lately that the account may still be enabled.
        TerminatedInGrace = "terminated_in_grace",
        /// It cannot be told.
        Unknown = "unknown",
        /// An enabled account that belongs to nobody on the roster.
        UnlinkedAccount = "unlinked_account",
        /// The same of a guest.
        UnlinkedGuest = "unlinked_guest",
    }
}

/// An entry of the roster. Addresses are spelled alike.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// The address.
    pub email: String,
    /// Further ones.
    pub other_emails: Vec<String>,
    /// The object id of the account, where the roster names it; lower case.
    pub user_id: Option<String>,
    /// The number of the person.
    pub employee_id: Option<String>,
    /// What the person is to the organisation.
    pub employment: Employment,
    /// The last day.
    pub terminated_on: Option<Date>,
    /// Who it stands for.
    pub kind: Kind,
}

/// An account of the directory. Agents are none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Account {
    /// Object id, lower case.
    pub id: String,
    /// Its number of an employee.
    pub employee_id: Option<String>,
    /// As the directory writes it.
    pub mail: Option<String>,
    /// As the directory writes it.
    pub user_principal_name: Option<String>,
    /// The names of its `identities`, as the directory writes them.
    pub sign_in_names: Vec<String>,
    /// As the directory writes them.
    pub proxy_addresses: Vec<String>,
    /// As the directory writes them.
    pub other_mails: Vec<String>,
    /// Whether it can sign in; none if that was not seen.
    pub enabled: Option<bool>,
    /// Whether it is a guest's; none if that was not seen.
    pub guest: Option<bool>,
    /// Whether everything it could be matched by was seen.
    pub is_whole: bool,
    /// Whether it is one of those that the configuration looks at.
    pub in_scope: bool,
}
