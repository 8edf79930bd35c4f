//! The accounts of the directory, each once, with their last sign-ins where these may be read, and what they have registered.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use crate::{
    azure::{
        self, Client, Error, Failure, Kind,
        answer::lenient::Text,
        memo::Key,
        microsoft_graph::users::{self, Registration, SignInActivity, User},
    },
    posture::{
        Place, Reason, Seen, Subject, Unreadable,
        people::{self, Category, Traits, When},
    },
    provider::{
        collect::{stop::Result, twice, unread},
        context::Context,
    },
};

/// One account. What the directory does not say, or says twice and not alike, is none.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Account {
    /// Object id, lower case.
    pub id: String,
    /// Whether it is an agent's.
    pub agent: Option<bool>,
    /// User principal name.
    pub user_principal_name: Option<String>,
    /// Its name.
    pub display_name: Option<String>,
    /// Mail address.
    pub mail: Option<String>,
    /// Other mail addresses.
    pub other_mails: Option<Vec<String>>,
    /// Addresses of its mailbox, each with its kind.
    pub proxy_addresses: Option<Vec<String>>,
    /// The names of its identities.
    pub sign_in_names: Option<Vec<String>>,
    /// Number in the personnel system.
    pub employee_id: Option<String>,
    /// Department.
    pub department: Option<String>,
    /// Job title.
    pub job_title: Option<String>,
    /// `Member`, `Guest`, or a word that is new here.
    pub user_type: Option<String>,
    /// Whether it can sign in.
    pub enabled: Option<bool>,
    /// Whether it comes from Active Directory.
    pub synced: Option<bool>,
    /// Whether its home is elsewhere.
    pub external: Option<bool>,
    /// How far its invitation is.
    pub external_state: Option<String>,
    /// Whether it has any licence.
    pub licensed: Option<bool>,
    /// When it was made.
    pub created: When,
    /// When its password was changed.
    pub password_changed: When,
    /// When it last came from Active Directory.
    pub last_synced: When,
    /// Its sign-ins; none if they could not be read.
    pub sign_ins: Option<SignIns>,
}

/// When an account was signed in with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SignIns {
    /// The last attempt, failed ones too.
    pub attempted: When,
    /// The last that succeeded.
    pub succeeded: When,
}

impl Account {
    /// What kind of account it is.
    pub fn category(&self) -> Option<Category> {
        people::category(Traits {
            agent: self.agent,
            user_principal_name: self.user_principal_name.as_deref(),
            user_type: self.user_type.as_deref(),
            licensed: self.licensed,
        })
    }

    /// Whether it is that of an agent, which is no person. One that is said to be both counts as a person's.
    pub fn is_agent(&self) -> bool {
        self.agent == Some(true)
    }

    fn of(user: User, with_sign_ins: bool) -> Self {
        let is_agent = user.odata_type.as_deref().is_some_and(|kind| kind.eq_ignore_ascii_case(AGENT));
        let enabled = user.account_enabled.0;
        // Of one that the caller may not see, everything is null, so null says nothing.
        let is_hidden = enabled.is_none() && user.user_principal_name.is_none();
        let seen = |absent: bool| (!is_hidden).then_some(absent);
        // Without its identities it is not known that it has none elsewhere.
        let external = is_external(&user).or(seen(false).filter(|_| user.identities.is_some()));
        let activity = user.sign_in_activity.0;
        let is_told = with_sign_ins && (activity.is_some() || !is_hidden);
        let moment = |text: &Text| if is_hidden { When::Unclear } else { When::of(text.as_deref()) };
        Self {
            id: user.id.to_lowercase(),
            agent: Some(is_agent || user.identity_parent_id.is_some()),
            external,
            synced: user.on_premises_sync_enabled.0.or(seen(false)),
            created: moment(&user.created_date_time),
            password_changed: moment(&user.last_password_change_date_time),
            last_synced: moment(&user.on_premises_last_sync_date_time),
            user_principal_name: user.user_principal_name.0,
            display_name: user.display_name.0,
            mail: user.mail.0,
            sign_in_names: user.identities.0.map(|all| all.into_iter().filter_map(|one| one.issuer_assigned_id.0).collect()),
            other_mails: texts(user.other_mails.0),
            proxy_addresses: texts(user.proxy_addresses.0),
            employee_id: user.employee_id.0,
            department: user.department.0,
            job_title: user.job_title.0,
            user_type: user.user_type.0,
            enabled,
            external_state: user.external_user_state.0,
            licensed: user.assigned_licenses.as_ref().map(|all| !all.is_empty()),
            sign_ins: is_told.then(|| SignIns::of(&activity.unwrap_or_default())),
        }
    }

    /// Takes in what another row says of the same account; whether that is the same. What they do not agree on nobody knows.
    fn agrees(&mut self, other: &Self) -> bool {
        if self == other {
            return true;
        }
        twice::agree(&mut self.agent, &other.agent);
        for (own, other) in [
            (&mut self.user_principal_name, &other.user_principal_name),
            (&mut self.display_name, &other.display_name),
            (&mut self.mail, &other.mail),
            (&mut self.employee_id, &other.employee_id),
            (&mut self.department, &other.department),
            (&mut self.job_title, &other.job_title),
            (&mut self.user_type, &other.user_type),
            (&mut self.external_state, &other.external_state),
        ] {
            twice::agree(own, other);
        }
        twice::agree(&mut self.other_mails, &other.other_mails);
        twice::agree(&mut self.sign_in_names, &other.sign_in_names);
        twice::agree(&mut self.proxy_addresses, &other.proxy_addresses);
        twice::agree(&mut self.enabled, &other.enabled);
        twice::agree(&mut self.synced, &other.synced);
        twice::agree(&mut self.external, &other.external);
        twice::agree(&mut self.licensed, &other.licensed);
        twice::agree(&mut self.sign_ins, &other.sign_ins);
        for (own, other) in [
            (&mut self.created, other.created),
            (&mut self.password_changed, other.password_changed),
            (&mut self.last_synced, other.last_synced),
        ] {
            if *own != other {
                *own = When::Unclear;
            }
        }
        false
    }

    /// The fields that decide something and of which nothing is said.
    fn unstated(&self) -> impl Iterator<Item = &'static str> {
        let fields = [
            ("accountEnabled", self.enabled.is_none()),
            ("assignedLicenses", self.licensed.is_none()),
            ("signInActivity", self.sign_ins.is_some_and(|own| own.succeeded == When::Unclear)),
            ("userPrincipalName", self.user_principal_name.is_none()),
            ("userType", self.user_type.is_none()),
        ];
        fields.into_iter().filter(|(_, is_silent)| *is_silent).map(|(name, _)| name)
    }
}

/// A list of texts; one that holds something else says nothing.
fn texts(list: Option<Vec<Text>>) -> Option<Vec<String>> {
    list?.into_iter().map(|text| text.0).collect()
}

const AGENT: &str = "#microsoft.graph.agentUser";

/// Whether an account's home is elsewhere, as far as something says so.
fn is_external(user: &User) -> Option<bool> {
    let is_named_so = user.user_principal_name.as_deref().is_some_and(|name| name.to_lowercase().contains("#ext#"));
    let is_federated =
        |one: &users::Identity| one.sign_in_type.as_deref().is_some_and(|kind| kind.eq_ignore_ascii_case("federated"));
    let signs_in_elsewhere = user.identities.as_ref().is_some_and(|all| all.iter().any(is_federated));
    (is_named_so || signs_in_elsewhere || user.external_user_state.is_some()).then_some(true)
}

impl SignIns {
    fn of(activity: &SignInActivity) -> Self {
        let moment = |text: &Text| When::of(text.as_deref());
        let of_the_person = moment(&activity.last_sign_in_date_time);
        Self {
            attempted: of_the_person.later(moment(&activity.last_non_interactive_sign_in_date_time)),
            succeeded: moment(&activity.last_successful_sign_in_date_time),
        }
    }
}

/// All accounts.
#[derive(Debug)]
pub struct Accounts {
    /// By id, each once.
    pub all: Vec<Account>,
    /// The ids of those that are listed twice, and not with the same contents.
    twofold: BTreeSet<String>,
    /// Why the sign-ins could not be read; none if they were.
    without_sign_ins: Option<Error>,
}

impl Accounts {
    /// The account with this id, in lower case.
    pub fn of(&self, id: &str) -> Option<&Account> {
        let place = self.all.binary_search_by(|one| one.id.as_str().cmp(id)).ok()?;
        self.all.get(place)
    }

    /// What of them is not known.
    pub fn gaps(&self) -> Vec<Unreadable> {
        let twofold = self.twofold.iter().map(|id| twice::gap(Subject::Users, Place::Graph, &format!("the user {id}")));
        twofold.chain(self.unstated()).collect()
    }

    /// Why the last sign-ins could not be read, if they could not.
    pub fn sign_ins_gap(&self) -> Result<Option<Unreadable>> {
        self.without_sign_ins.as_ref().map(|error| unread::gap(Subject::SignInActivity, Place::Graph, error)).transpose()
    }

    /// The gap that accounts are of which the directory does not say all that decides something.
    fn unstated(&self) -> Option<Unreadable> {
        let silent = || self.all.iter().filter(|one| !self.twofold.contains(&one.id) && one.unstated().next().is_some());
        let first = silent().next()?;
        let fields: BTreeSet<&str> = silent().flat_map(Account::unstated).collect();
        let remedy = format!(
            "Microsoft Graph does not state all of {} for {} of the users ({} …); what it does not state is null, and filters keep them. \
             Grant User.Read.All (Microsoft Graph, application), and AuditLog.Read.All for sign-ins; where they are granted, look at \
             these users in the Entra admin center.",
            fields.into_iter().collect::<Vec<_>>().join(", "),
            silent().count(),
            first.id
        );
        Some(Unreadable {
            subject: Subject::Users,
            place: Place::Graph,
            reason: Reason::Hidden,
            code: Failure::UnstatedField.code().to_owned(),
            remedy,
        })
    }

    fn made_of(mut all: Vec<Account>, without_sign_ins: Option<Error>) -> Self {
        all.sort_by(|one, other| one.id.cmp(&other.id));
        let mut twofold = BTreeSet::new();
        all.dedup_by(|later, first| {
            let is_same_account = later.id == first.id;
            if is_same_account && !first.agrees(later) {
                twofold.insert(first.id.clone());
            }
            is_same_account
        });
        Self { all, twofold, without_sign_ins }
    }
}

/// All accounts of the directory, with their last sign-ins if these may be read.
pub async fn accounts(context: &Context) -> azure::Result<Arc<Accounts>> {
    let client = context.client.clone();
    context.client.memo(Key::of("accounts"), || read(client)).await
}

async fn read(client: Client) -> azure::Result<Accounts> {
    let mut all = Vec::new();
    match users::users_with_sign_ins(&client, |user| all.push(Account::of(user, true))).await {
        Ok(()) => Ok(Accounts::made_of(all, None)),
        // Without the licence or the permission for sign-ins the whole list is refused, and where a cloud has none, not understood.
        Err(error) if matches!(error.kind(), Kind::Forbidden | Kind::NotLicensed | Kind::Unsupported) => {
            all.clear();
            users::users(&client, |user| all.push(Account::of(user, false))).await?;
            Ok(Accounts::made_of(all, Some(error)))
        }
        Err(error) => Err(error),
    }
}

/// What an account has registered to sign in with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Registered {
    /// Whether a method is registered that counts as a second factor.
    pub mfa: Option<bool>,
    /// Whether the tenant allows it, besides.
    pub capable: Option<bool>,
    /// The methods.
    pub methods: Option<Vec<String>>,
}

impl Registered {
    fn of(row: Registration) -> Self {
        Self { mfa: row.is_mfa_registered.0, capable: row.is_mfa_capable.0, methods: texts(row.methods_registered.0) }
    }

    /// Whether it contradicts itself: nobody is capable of what is not registered, and nothing is registered without a method.
    fn denies_itself(&self) -> bool {
        let claims = self.mfa == Some(true) || self.capable == Some(true);
        (self.capable == Some(true) && self.mfa == Some(false)) || (claims && self.methods.as_ref().is_some_and(Vec::is_empty))
    }

    fn is_stated(&self) -> bool {
        self.mfa.is_some() && self.capable.is_some() && self.methods.is_some()
    }
}

/// What accounts have registered.
#[derive(Debug, Default)]
pub struct Registrations {
    /// By the id of the account, lower case. Who is not in it is disabled, or new.
    pub of: BTreeMap<String, Registered>,
    /// Those of whom something is not said, or not to be believed.
    doubtful: BTreeSet<String>,
}

impl Registrations {
    fn add(&mut self, row: Registration) {
        let (id, mut said) = (row.id.to_lowercase(), Registered::of(row));
        let mut is_doubtful = !said.is_stated();
        if said.denies_itself() {
            (said.mfa, said.capable, is_doubtful) = (None, None, true);
        }
        match self.of.get_mut(&id) {
            None => {
                self.of.insert(id.clone(), said);
            }
            Some(known) if *known == said => {}
            // Which of two rows is true nobody knows.
            Some(known) => (*known, is_doubtful) = (Registered::default(), true),
        }
        if is_doubtful {
            self.doubtful.insert(id);
        }
    }

    fn gap(&self) -> Option<Unreadable> {
        let first = self.doubtful.first()?;
        let remedy = format!(
            "The report of registered methods leaves out something of {} of the users, or contradicts itself ({first} …); what is not \
             to be believed of it is null. It can be a day behind: run again later.",
            self.doubtful.len()
        );
        Some(Unreadable {
            subject: Subject::RegistrationDetails,
            place: Place::Graph,
            reason: Reason::InvalidResponse,
            code: String::new(),
            remedy,
        })
    }
}

/// What accounts have registered; what is not to be believed of it is none, and a gap.
pub async fn registrations(context: &Context) -> Result<Seen<Arc<Registrations>>> {
    let client = context.client.clone();
    let read = || async move {
        let mut all = Registrations::default();
        users::registrations(&client, |row| all.add(row)).await?;
        Ok(all)
    };
    Ok(match context.client.memo(Key::of("registrations"), read).await {
        Ok(found) => {
            let gap = found.gap();
            Seen::part(found, gap)
        }
        Err(error) => Seen::unseen(unread::gap(Subject::RegistrationDetails, Place::Graph, &error)?),
    })
}
