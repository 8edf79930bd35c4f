//! `azposture_users`: the accounts of the directory, their state and when they were last used.

use std::collections::BTreeSet;

use ::time::{OffsetDateTime, Time};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    azure::{self, Failure},
    posture::{
        Place, Reason, Subject, Unreadable, filter,
        people::{When, idle_since, is_guest, is_stale},
        time::written,
    },
    provider::{
        collect::{
            facts::who_counts::{self, People},
            lists::accounts::{self, Account, Registered},
            stop::Stop,
        },
        context::Context,
        frame::{self, Counting, Listing, Table},
        selection,
        words::{Area, Moment, ObjectId, UserType, lowered},
    },
    sdk::{
        Diagnostics, Result,
        entry::{DataSource, DataSourceEntry, Page},
    },
    text::quoted,
};

/// The data sources of this subject.
pub const DATA_SOURCES: &[DataSourceEntry<Context>] = &[DataSourceEntry::of::<Users>()];

/// The accounts of the directory: people, guests, services and agents, whether they are enabled, and when they were last used.
///
/// An account is idle since its last *successful* sign-in: failed attempts, which `last_sign_in_on` has too, prove no use. One that nobody
/// ever signed in with is idle since it was made. The service records successful sign-ins since 1 December 2023, and needs
/// `AuditLog.Read.All` and Entra ID P1 to show any; without them `sign_in_known` is false, the times are null, and `inactive_days` keeps
/// every row, because each may be idle.
///
/// `identity_scope` of the provider block hides rows of people here; how many stands in `summary.hidden_by_scope`, and how many of them hold
/// a directory role, Owner or User Access Administrator, or could, in `summary.hidden_privileged`. Agents (`category = "agent"`) are no
/// people: no scope hides them, and no count but `matched` and `agents` has them.
///
/// **What it costs.** One request for 500 users (for 999 without sign-ins), one for 999 rows of the report of registered methods, of which
/// the service takes 5 in 10 seconds, and one or more for each group of `group_ids`. Where `identity_scope` hides people: its groups, the
/// directory roles, and the role assignments of every subscription, which other data sources read, too. **Freshness.** Users: the moment.
/// Sign-ins: hours behind. Registered methods: up to a day. Each row costs Terraform time and memory: take `summary`, filters or `limit`.
#[derive(Deserialize, JsonSchema)]
struct Arguments {
    /// Kinds of users to return, without case. Default all. One whose kind is not stated is always returned; a word that is none of the two
    /// only by default.
    #[schemars(length(min = 1))]
    user_types: Option<BTreeSet<UserType>>,
    /// `true`: only accounts that can sign in, `false`: only those that cannot. Default any. One that does not say is always returned.
    enabled: Option<bool>,
    /// Object ids of users to return. Default all; one that the directory does not have is an error.
    #[schemars(length(min = 1))]
    user_ids: Option<BTreeSet<ObjectId>>,
    /// User principal names to return, without case; `*` is any run of characters, `?` any one. Default all; one that no user has is an
    /// error.
    #[schemars(length(min = 1))]
    user_principal_names: Option<BTreeSet<String>>,
    /// Object ids of groups whose members to return, nested ones too. Default everybody; a group that is not there, or in which no user is,
    /// is an error.
    #[schemars(length(min = 1))]
    group_ids: Option<BTreeSet<ObjectId>>,
    /// Only accounts that were idle for at least so many days on `as_of`. Default any. One of which that is not known is always returned.
    #[schemars(range(min = 1))]
    inactive_days: Option<u32>,
    /// The moment from which `inactive_days` counts back: a date (`2026-11-02`, from midnight UTC) or a time as RFC 3339. Default today.
    as_of: Option<Moment>,
    /// Whether to read the report of registered methods. Default `true`.
    include_registration: Option<bool>,
    /// Rows to return; 0 is all. Default 100.
    limit: Option<u32>,
}

/// Counts. But for `matched`, `returned` and `agents` they are of people, without agents.
#[derive(Serialize, JsonSchema)]
struct Summary {
    /// Accounts that met the filters, agents included.
    matched: Option<usize>,
    /// Accounts returned.
    returned: usize,
    /// Those that can sign in.
    enabled: Option<usize>,
    /// Those that cannot.
    disabled: Option<usize>,
    /// Those of the kind `Guest`.
    guests: Option<usize>,
    /// Those whose kind is neither `Member` nor `Guest`, or is not stated.
    other: Option<usize>,
    /// Those of which no successful sign-in is recorded. Null where sign-ins could not be read.
    never_signed_in: Option<usize>,
    /// Those idle for at least `inactive_days`. Null without `inactive_days`, and where sign-ins could not be read.
    stale: Option<usize>,
    /// Those that have registered a second factor that the tenant allows. Null without `include_registration`, and where the report could not
    /// be read.
    mfa_capable: Option<usize>,
    /// People in the directory whom `identity_scope` of the provider block hides, whatever the filters.
    hidden_by_scope: Option<usize>,
    /// Those of them who hold a directory role, or Owner or User Access Administrator in the scope of the connection, or could activate one.
    hidden_privileged: Option<usize>,
    /// Accounts of agents that met the filters.
    agents: Option<usize>,
}

/// One account. What the service did not say, or says twice and not alike, is null.
#[derive(Serialize, JsonSchema)]
struct Row {
    /// Object id, lower case: unique and stable.
    key: String,
    /// Object id.
    id: String,
    /// What it signs in as, for example `ada@contoso.com`; that of a guest holds `#EXT#`.
    #[schemars(extend("x-personal" = true))]
    user_principal_name: Option<String>,
    /// Its name.
    #[schemars(extend("x-personal" = true))]
    display_name: Option<String>,
    /// Mail address.
    #[schemars(extend("x-personal" = true))]
    mail: Option<String>,
    /// Number in the personnel system.
    #[schemars(extend("x-personal" = true))]
    employee_id: Option<String>,
    /// Department.
    #[schemars(extend("x-personal" = true))]
    department: Option<String>,
    /// Job title.
    #[schemars(extend("x-personal" = true))]
    job_title: Option<String>,
    /// Other mail addresses.
    #[schemars(extend("x-personal" = true))]
    other_mails: Option<Vec<String>>,
    /// Every address of its mailbox, each with its kind: `SMTP:ada@contoso.com` is the first, `smtp:` another.
    #[schemars(extend("x-personal" = true))]
    proxy_addresses: Option<Vec<String>>,
    /// `Member` or `Guest`, or whatever other word the service has.
    user_type: Option<String>,
    /// Whether it can sign in. Null if that is hidden from this sign-in.
    enabled: Option<bool>,
    /// `synced` from Active Directory, or `cloud`.
    source: Option<String>,
    /// Whether its home is elsewhere: invited, or signing in with an identity of another organization.
    external: Option<bool>,
    /// `PendingAcceptance` or `Accepted`, of the invited.
    external_state: Option<String>,
    /// When it was made, RFC 3339. The service does not say it of accounts made before June 2018.
    created_on: Option<String>,
    /// The last attempt to sign in, by the person or a program in their name, failed ones too, RFC 3339. Null if there was none, or unread
    /// (`sign_in_known`).
    last_sign_in_on: Option<String>,
    /// The last sign-in that succeeded, RFC 3339. Null if there was none since 1 December 2023, or unread (`sign_in_known`).
    last_successful_sign_in_on: Option<String>,
    /// When its password was changed, RFC 3339.
    last_password_change_on: Option<String>,
    /// When it last came from Active Directory, RFC 3339.
    on_premises_last_sync_on: Option<String>,
    /// Whether its sign-ins could be read. False without the licence or the permission: then the times are null because they are unread, not
    /// because there are none.
    sign_in_known: bool,
    /// Whether a method is registered that counts as a second factor. Null if it is not in the report (disabled accounts never are, new
    /// ones not yet) or unread.
    mfa_registered: Option<bool>,
    /// Whether, besides, the tenant allows that method. Null likewise.
    mfa_capable: Option<bool>,
    /// The registered methods, in the service's words. Null likewise.
    methods: Option<Vec<String>>,
    /// Whether it has any licence.
    licensed: Option<bool>,
    /// `member`, `guest`, `agent`, `directory_sync` (with which Entra Connect writes to the directory, by its name), or `unlicensed`: a member
    /// without licence, often a shared mailbox or a service. Null where what decides is not stated, or in a new word.
    category: Option<String>,
}

/// The answer.
#[derive(Serialize, JsonSchema)]
struct Attributes {
    /// The accounts, by key.
    users: Vec<Row>,
    #[serde(flatten)]
    listing: Listing<Summary>,
}

struct Users;

impl DataSource for Users {
    const NAME: &'static str = "users";
    const PAGE: Page = Page {
        subcategory: "Identity",
        permissions: "Microsoft Graph, application: `User.Read.All` (or `Directory.Read.All`); `AuditLog.Read.All` and Entra ID P1 for sign-ins \
                      and registered methods; `GroupMember.Read.All` for `group_ids` and the groups of `identity_scope`. Where that hides \
                      people, what `azposture_directory_role_assignments` and `azposture_role_assignments` need, for \
                      `summary.hidden_privileged`.",
    };
    type Context = Context;
    const AREA: Option<Area> = Some(Area::Identity);
    type Arguments = Arguments;
    type Attributes = Attributes;

    async fn read(arguments: Arguments, context: &Context, warnings: &mut Diagnostics) -> Result<Attributes> {
        let as_of = as_of(&arguments, context)?;
        let registers = arguments.include_registration != Some(false);
        let (people, registrations) =
            tokio::join!(who_counts::people(context), only_if(registers, accounts::registrations(context)));
        let (people, mut gaps) = people?.into_parts();
        frame::require_any(people.is_some(), &mut gaps)?;
        let Some(people) = people else { return Err(Stop::NothingRead(gaps).into()) };
        let (registrations, unregistered) = match registrations.transpose()? {
            Some(seen) => seen.into_parts(),
            None => (None, Vec::new()),
        };
        selection::warn_of_scope(&people.unmatched, warnings);
        let filter = Filter::of(&arguments, as_of, &people, context, &mut gaps).await?;
        require_known(&arguments, &people, warnings)?;
        let found: Vec<&Account> = people.in_scope().filter(|account| filter.admits(account)).collect();
        let sign_ins = people.accounts.sign_ins_gap()?.into_iter().chain(filter.doubt(&found)).collect::<Vec<_>>();
        let hidden = Hidden::of(context, &people).await?;
        let table = Table::of(found, arguments.limit, |account| &account.id, |first, _| first);
        let registered = |account: &Account| registrations.as_ref().and_then(|all| all.of.get(&account.id));
        let on = |more: &[Unreadable]| Counting::on(&gaps, &[]).and(more.is_empty());
        let mut summary = counts(&table, on(&[]), hidden.counts(on(&[])));
        let people_of = || table.rows().iter().filter(|account| !account.is_agent());
        let never = |account: &&&Account| account.sign_ins.is_some_and(|own| own.succeeded == When::Never);
        summary.never_signed_in = on(&sign_ins).count(people_of().filter(never).count());
        let stale = people_of().filter(|account| filter.is_stale(account) == Some(true)).count();
        summary.stale = on(&sign_ins).and(filter.inactive.is_some()).count(stale);
        let capable = people_of().filter(|account| registered(account).is_some_and(|own| own.capable == Some(true))).count();
        summary.mfa_capable = on(&unregistered).and(registers).count(capable);
        gaps.extend(sign_ins.into_iter().chain(unregistered).chain(hidden.gaps));
        let (found, listing) = table.listed(summary, gaps, warnings);
        let redacts = context.client.settings().redacts_people;
        Ok(Attributes { users: found.into_iter().map(|one| as_row(one, registered(one), redacts)).collect(), listing })
    }
}

async fn only_if<T>(asked: bool, read: impl Future<Output = T>) -> Option<T> {
    if asked { Some(read.await) } else { None }
}

/// The moment from which `inactive_days` counts back; of today the first, so that all plans of a day are alike.
fn as_of(arguments: &Arguments, context: &Context) -> std::result::Result<OffsetDateTime, Stop> {
    match &arguments.as_of {
        Some(moment) => selection::moment("as_of", moment),
        None => Ok(context.now().replace_time(Time::MIDNIGHT)),
    }
}

/// Which accounts are asked for.
struct Filter {
    user_types: Option<BTreeSet<String>>,
    enabled: Option<bool>,
    ids: Option<BTreeSet<String>>,
    names: Option<BTreeSet<String>>,
    members: Option<BTreeSet<String>>,
    inactive: Option<(u32, OffsetDateTime)>,
}

impl Filter {
    async fn of(
        arguments: &Arguments,
        as_of: OffsetDateTime,
        people: &People,
        context: &Context,
        gaps: &mut Vec<Unreadable>,
    ) -> Result<Self> {
        let mut members = None;
        if let Some(groups) = lowered(&arguments.group_ids, |id| &id.0) {
            let inside = who_counts::in_groups(context, &groups, &people.accounts).await?;
            if let Some(id) = inside.missing.first() {
                return Err(
                    Stop::nothing_selected("group_ids", &format!("the directory has no group with the object id {id}.")).into()
                );
            }
            if let Some(id) = inside.empty.first() {
                return Err(Stop::nothing_selected("group_ids", &format!("no user is in the group {id}.")).into());
            }
            gaps.extend(inside.gaps);
            frame::require_any(inside.is_any_read, gaps)?;
            members = Some(inside.ids);
        }
        Ok(Self {
            user_types: lowered(&arguments.user_types, |word| &word.0),
            enabled: arguments.enabled,
            ids: lowered(&arguments.user_ids, |id| &id.0),
            names: arguments.user_principal_names.clone(),
            members,
            inactive: arguments.inactive_days.map(|days| (days, as_of)),
        })
    }

    /// Whether an account is asked for. What it does not say may be what is asked for.
    fn admits(&self, account: &Account) -> bool {
        let is_called = |names: &BTreeSet<String>| {
            let own = account.user_principal_name.as_ref();
            own.is_none_or(|own| names.iter().any(|pattern| filter::glob(pattern, own)))
        };
        let has = |ids: &BTreeSet<String>| ids.contains(&account.id);
        account.user_type.as_deref().is_none_or(|own| filter::admits(self.user_types.as_ref(), own))
            && self.enabled.is_none_or(|wanted| account.enabled.is_none_or(|own| own == wanted))
            && self.ids.as_ref().is_none_or(has)
            && self.members.as_ref().is_none_or(has)
            && self.names.as_ref().is_none_or(is_called)
            && (self.inactive.is_none() || self.is_stale(account) != Some(false))
    }

    /// Whether an account is idle for as long as is asked for; none if that is not known, or nothing is asked for.
    fn is_stale(&self, account: &Account) -> Option<bool> {
        let (days, at) = self.inactive?;
        is_stale(idle_since(account.sign_ins?.succeeded, account.created), days, at)
    }

    /// The gap that accounts are whose sign-ins were read, and of which it is not known all the same since when they are idle.
    fn doubt(&self, found: &[&Account]) -> Option<Unreadable> {
        self.inactive?;
        let is_open = |account: &&&Account| account.sign_ins.is_some() && self.is_stale(account).is_none();
        let first = found.iter().find(is_open)?;
        Some(Unreadable {
            subject: Subject::SignInActivity,
            place: Place::Graph,
            reason: Reason::Hidden,
            code: Failure::UnstatedField.code().to_owned(),
            remedy: format!(
                "Of {} of the users nobody knows since when they are idle ({} …): no successful sign-in is recorded, and Microsoft Graph does \
                 not say when they were made, as of those from before June 2018, or says it in no time. Their rows are kept; look at \
                 `last_sign_in_on`.",
                found.iter().filter(is_open).count(),
                first.id
            ),
        })
    }
}

/// Refuses ids and names that nobody has; of those that `identity_scope` hides it warns.
fn require_known(arguments: &Arguments, people: &People, warnings: &mut Diagnostics) -> std::result::Result<(), Stop> {
    let ids = lowered(&arguments.user_ids, |id| &id.0).unwrap_or_default();
    if let Some(id) = ids.iter().find(|id| people.accounts.of(id).is_none()) {
        let detail =
            format!("the directory has no user with the object id {id}. What was made a moment ago takes minutes to appear.");
        return Err(Stop::nothing_selected("user_ids", &detail));
    }
    let mut hidden: BTreeSet<String> = ids.into_iter().filter(|id| people.hides(id)).collect();
    let all = &people.accounts.all;
    let are_all_named = all.iter().all(|account| account.user_principal_name.is_some());
    for pattern in arguments.user_principal_names.iter().flatten() {
        let is = |account: &&Account| account.user_principal_name.as_ref().is_some_and(|own| filter::glob(pattern, own));
        if are_all_named && !all.iter().any(|account| is(&account)) {
            return Err(Stop::nothing_selected("user_principal_names", &format!("no user is called {}.", quoted(pattern))));
        }
        if !people.in_scope().any(|account| is(&account)) {
            hidden.extend(all.iter().find(is).map(|account| account.id.clone()));
        }
    }
    selection::warn("identity_scope", "User", "it hides users who are asked for:", &hidden, warnings);
    Ok(())
}

/// Those whom `identity_scope` hides.
pub(in crate::provider) struct Hidden {
    count: usize,
    privileged: usize,
    /// What could not be read of them.
    pub(in crate::provider) gaps: Vec<Unreadable>,
}

impl Hidden {
    pub(in crate::provider) async fn of(context: &Context, people: &People) -> Result<Self> {
        let count = people.hidden().count();
        if count == 0 {
            return Ok(Self { count, privileged: 0, gaps: Vec::new() });
        }
        let who_counts::Holders { active, eligible } = who_counts::holders(context).await?;
        let (active, mut gaps) = active.into_parts();
        let (eligible, others) = eligible.into_parts();
        gaps.extend(others);
        let holds = |account: &&Account| active.iter().chain(&eligible).any(|ids| ids.contains(&account.id));
        Ok(Self { count, privileged: people.hidden().filter(holds).count(), gaps })
    }

    /// How many they are, and how many of them may do much.
    pub(in crate::provider) fn counts(&self, counting: Counting) -> (Option<usize>, Option<usize>) {
        (counting.count(self.count), counting.and(self.gaps.is_empty()).count(self.privileged))
    }
}

/// The counts that stand on the list of users alone.
fn counts(table: &Table<&Account>, counting: Counting, hidden: (Option<usize>, Option<usize>)) -> Summary {
    let people = || table.rows().iter().filter(|account| !account.is_agent());
    let kind = |wanted: Option<bool>| people().filter(|account| is_guest(account.user_type.as_deref()) == wanted).count();
    let enabled = |wanted: bool| people().filter(|account| account.enabled == Some(wanted)).count();
    Summary {
        matched: counting.count(table.matched()),
        returned: table.returned(),
        enabled: counting.count(enabled(true)),
        disabled: counting.count(enabled(false)),
        guests: counting.count(kind(Some(true))),
        other: counting.count(kind(None)),
        never_signed_in: None,
        stale: None,
        mfa_capable: None,
        hidden_by_scope: hidden.0,
        hidden_privileged: hidden.1,
        agents: counting.count(table.rows().len() - people().count()),
    }
}

fn as_row(account: &Account, registered: Option<&Registered>, redacts: bool) -> Row {
    let text = |own: &Option<String>| own.as_deref().map(|text| azure::shown(text, redacts).into_owned());
    let texts = |own: &Option<Vec<String>>| {
        own.as_ref().map(|all| all.iter().map(|text| azure::shown(text, redacts).into_owned()).collect::<Vec<_>>())
    };
    let moment = |when: When| when.moment().and_then(written);
    let source = |synced: bool| if synced { "synced" } else { "cloud" };
    Row {
        key: account.id.clone(),
        id: account.id.clone(),
        user_principal_name: text(&account.user_principal_name),
        display_name: text(&account.display_name),
        mail: text(&account.mail),
        employee_id: text(&account.employee_id),
        department: text(&account.department),
        job_title: text(&account.job_title),
        other_mails: texts(&account.other_mails),
        proxy_addresses: texts(&account.proxy_addresses),
        user_type: text(&account.user_type),
        enabled: account.enabled,
        source: account.synced.map(|synced| source(synced).to_owned()),
        external: account.external,
        external_state: text(&account.external_state),
        created_on: moment(account.created),
        last_sign_in_on: account.sign_ins.and_then(|own| moment(own.attempted)),
        last_successful_sign_in_on: account.sign_ins.and_then(|own| moment(own.succeeded)),
        last_password_change_on: moment(account.password_changed),
        on_premises_last_sync_on: moment(account.last_synced),
        sign_in_known: account.sign_ins.is_some(),
        mfa_registered: registered.and_then(|own| own.mfa),
        mfa_capable: registered.and_then(|own| own.capable),
        methods: registered.and_then(|own| texts(&own.methods)),
        licensed: account.licensed,
        category: account.category().map(|category| category.word().to_owned()),
    }
}
