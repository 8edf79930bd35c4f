//! `azposture_roster_match`: people you employ against accounts that exist.

use std::collections::{BTreeMap, BTreeSet};

use ::time::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    azure,
    posture::{
        Reason, Subject, Unreadable,
        roster::{self, Account, Match, Person, Roster, RosterError, Terms, Whose},
        time,
    },
    provider::{
        collect::{
            facts::who_counts::{self, People},
            lists::accounts,
            stop::{self, Argument, Stop},
        },
        context::Context,
        frame::{self, Counting, Listing, Table},
        selection,
        words::{Area, CalendarDate, Employment, MatchRule, ObjectId, RosterKind, RosterStanding},
    },
    sdk::{
        Diagnostics, Result,
        entry::{DataSource, DataSourceEntry, Page},
    },
};

/// The data sources of this subject.
pub const DATA_SOURCES: &[DataSourceEntry<Context>] = &[DataSourceEntry::of::<RosterMatch>()];

/// Compares the people that an organisation employs with the accounts of its directory: who left and is still enabled, accounts that belong
/// to nobody, people without an account. The roster says who works here, whatever the directory says.
///
/// An account belongs to whom `user_id` of the roster names, or who has its `employeeId`; else to whom one of its addresses is that of:
/// `mail`, `userPrincipalName` (of a guest the address that it was made of), `proxyAddresses`, `otherMails`. Addresses are compared as the
/// function `normalize_email` spells them. If addresses of one account are those of several people, it is a `conflict`, because an address
/// may have been handed on; `user_id` or `employee_id` in the roster settles it.
///
/// `identity_scope` of the provider hides accounts of others, never those of people who are `terminated`. Accounts of agents belong to
/// nobody and are left out. An account that is disabled and that nobody claims has no row, and so has a person who left and has no account.
///
/// One request for each 999 users (500 where sign-in times may be read). The directory is minutes behind a change.
#[derive(Deserialize, JsonSchema)]
struct Arguments {
    /// The people. Two entries with one address have to say the same of it.
    #[schemars(length(min = 1))]
    roster: BTreeSet<Entry>,
    /// By what people and accounts belong together. Default all; the order is always `user_id`, `employee_id`, `mail`,
    /// `user_principal_name`, `proxy_address`, `other_mail`.
    #[schemars(length(min = 1))]
    match_by: Option<BTreeSet<MatchRule>>,
    /// Whether `ada+jobs@contoso.com` is `ada@contoso.com`. Default `true`.
    ignore_plus_tags: Option<bool>,
    /// For how many days after `terminated_on` an account may stay enabled. Default 1.
    termination_grace_days: Option<u32>,
    /// The day it is judged on. Default today, in UTC.
    as_of: Option<CalendarDate>,
    /// What to return. Default all but `linked`.
    #[schemars(length(min = 1))]
    statuses: Option<BTreeSet<RosterStanding>>,
    /// Rows to return; 0 is all. Default 100.
    limit: Option<u32>,
}

/// A person.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Eq, PartialOrd, Ord)]
pub struct Entry {
    /// The address.
    email: String,
    /// `active`, `leave` or `terminated`. Default `active`.
    status: Option<Employment>,
    /// Further addresses.
    other_emails: Option<BTreeSet<String>>,
    /// Object id of the account.
    user_id: Option<ObjectId>,
    /// Number of the person, as `employeeId` has it.
    employee_id: Option<String>,
    /// The last day, `YYYY-MM-DD`. Without it there is no grace.
    terminated_on: Option<CalendarDate>,
    /// `person`, `service` (a program) or `shared` (a team). Default `person`.
    kind: Option<RosterKind>,
}

/// What is asked, by the data source and by the validation.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// The people.
    pub roster: &'a BTreeSet<Entry>,
    /// By what they belong together with accounts.
    pub match_by: Option<&'a BTreeSet<MatchRule>>,
    /// Whether tags are left out of account.
    pub ignore_plus_tags: Option<bool>,
    /// How long an account may stay enabled.
    pub termination_grace_days: Option<u32>,
    /// The day it is judged on.
    pub as_of: Option<&'a CalendarDate>,
}

/// How people and accounts stand to each other.
#[derive(Debug)]
pub struct Compared {
    /// The people.
    pub roster: Roster,
    /// The rows.
    pub matches: Vec<Match>,
    /// The accounts that they speak of.
    pub accounts: Vec<accounts::Account>,
    /// What `identity_scope` leaves out and nobody is.
    pub unmatched: Vec<(&'static str, &'static str, Vec<String>)>,
    /// How many accounts `identity_scope` hides.
    pub hidden: usize,
    /// What could not be read.
    pub gaps: Vec<Unreadable>,
}

impl Compared {
    /// Compares them.
    pub async fn of(asked: Asked<'_>, context: &Context) -> stop::Result<Self> {
        let roster = roster_of(asked, context.now().date())?;
        let found = who_counts::people(context).await?;
        let mut gaps: Vec<Unreadable> = found.gaps().cloned().collect();
        frame::require_any(found.so_far().is_ok(), &mut gaps)?;
        let (accounts, hidden, unmatched) = match found.so_far() {
            Ok(people) => (people.accounts.all.clone(), people.hidden().count(), people.unmatched.clone()),
            Err(_) => (Vec::new(), 0, Vec::new()),
        };
        // No agent works here, so none is on any roster.
        let people = accounts.iter().enumerate().filter(|(_, one)| !one.is_agent());
        let (own, places): (Vec<Account>, Vec<usize>) =
            people.map(|(place, one)| (account(one, found.so_far().ok()), place)).unzip();
        // What is not said of one account is told by its own row; who is missing in the list would be told by none.
        let are_all = gaps.iter().all(|gap| gap.subject == Subject::Users && gap.reason == Reason::Hidden);
        let mut matches = roster.matches(&own, are_all && own.iter().all(|one| one.is_whole));
        for row in &mut matches {
            if let Whose::Account(place) = row.whose {
                row.whose = Whose::Account(places.get(place).copied().unwrap_or(place));
            }
        }
        Ok(Self { roster, matches, accounts, unmatched, hidden, gaps })
    }

    /// The key of a row, and the account or the person that it is about.
    pub fn key(&self, row: &Match, redacts: bool) -> String {
        match row.whose {
            Whose::Account(place) => format!("account|{}", self.accounts.get(place).map_or("", |one| one.id.as_str())),
            Whose::Person(place) => {
                let Some(person) = self.roster.people().get(place) else { return "person|".to_owned() };
                let number = person.employee_id.as_ref().filter(|id| self.is_of_one(id));
                match number {
                    Some(id) if !id.trim().is_empty() => format!("person|{}", id.trim().to_lowercase()),
                    _ if redacts => format!("person|{}", fingerprint(&person.email)),
                    _ => format!("person|{}", person.email),
                }
            }
        }
    }

    /// Whether a number is that of one person alone.
    fn is_of_one(&self, id: &str) -> bool {
        let same = |other: &&Person| other.employee_id.as_ref().is_some_and(|own| own.trim().eq_ignore_ascii_case(id.trim()));
        self.roster.people().iter().filter(same).count() == 1
    }

    /// The account of a row.
    pub fn account(&self, row: &Match) -> Option<&accounts::Account> {
        match row.whose {
            Whose::Account(place) => self.accounts.get(place),
            Whose::Person(_) => None,
        }
    }

    /// The person of a row.
    pub fn person(&self, row: &Match) -> Option<&Person> {
        row.person.and_then(|place| self.roster.people().get(place))
    }
}

/// What stands for an address that must not be told.
fn fingerprint(email: &str) -> String {
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, email.as_bytes());
    digest.as_ref().iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

fn account(account: &accounts::Account, people: Option<&People>) -> Account {
    Account {
        id: account.id.clone(),
        employee_id: account.employee_id.clone(),
        mail: account.mail.clone(),
        user_principal_name: account.user_principal_name.clone(),
        sign_in_names: account.sign_in_names.clone().unwrap_or_default(),
        proxy_addresses: account.proxy_addresses.clone().unwrap_or_default(),
        other_mails: account.other_mails.clone().unwrap_or_default(),
        enabled: account.enabled,
        guest: crate::posture::people::is_guest(account.user_type.as_deref()),
        is_whole: account.user_principal_name.is_some()
            && account.proxy_addresses.is_some()
            && account.other_mails.is_some()
            && account.sign_in_names.is_some(),
        in_scope: people.is_none_or(|people| !people.hides(&account.id)),
    }
}

fn roster_of(asked: Asked<'_>, today: Date) -> stop::Result<Roster> {
    let wrong = |summary, detail: String| Stop::Argument(Argument { name: "roster", summary, detail });
    let ignores_tags = asked.ignore_plus_tags != Some(false);
    let spelled = |text: &str| {
        let refused = |why| wrong("Invalid value", format!("\"{text}\" is no e-mail address: {why}."));
        roster::spelled(text, ignores_tags).map_err(refused)
    };
    let mut people = Vec::new();
    for entry in asked.roster {
        let others = entry.other_emails.iter().flatten().map(|text| spelled(text)).collect::<stop::Result<Vec<_>>>()?;
        people.push(Person {
            email: spelled(&entry.email)?,
            other_emails: others,
            user_id: entry.user_id.as_ref().map(|id| id.0.to_lowercase()),
            employee_id: entry.employee_id.clone(),
            employment: entry.status.unwrap_or(Employment::Active),
            terminated_on: entry.terminated_on.as_ref().and_then(|text| time::date(&text.0)),
            kind: entry.kind.unwrap_or(RosterKind::Person),
        });
    }
    let terms = Terms {
        rules: asked.match_by.map_or_else(|| MatchRule::ORDER.into(), Clone::clone),
        ignores_tags,
        grace_days: i64::from(asked.termination_grace_days.unwrap_or(1)),
        as_of: asked.as_of.and_then(|text| time::date(&text.0)).unwrap_or(today),
    };
    Roster::of(people, terms).map_err(|error| match error {
        RosterError::Empty => wrong("Nothing selected", "The roster names nobody.".to_owned()),
        RosterError::Twofold(email) => {
            wrong("Invalid value", format!("The roster says two things of {email}. Keep the entry that is true."))
        }
    })
}

/// Counts.
#[derive(Serialize, JsonSchema)]
struct Summary {
    /// Rows that met the filter.
    matched: Option<usize>,
    /// Rows returned.
    returned: usize,
    /// Entries of the roster, each person once.
    people: usize,
    /// Accounts that were compared with them, those that are hidden included.
    accounts: Option<usize>,
    /// Accounts that `identity_scope` hides.
    hidden_by_scope: Option<usize>,
    /// Rows by status, whatever `statuses` says.
    by_status: Option<BTreeMap<String, usize>>,
}

/// An account, or a person without any.
#[derive(Clone, Debug, Serialize, JsonSchema)]
struct Row {
    /// `account|` and the object id, or `person|` and the number of the person, else the address (under `personal_data = "redact"` the
    /// first 16 digits of its SHA-256).
    key: String,
    /// `terminated_enabled`, `terminated_in_grace`, `terminated_disabled`, `leave_enabled`, `unlinked_account`, `unlinked_guest`,
    /// `active_without_account`, `active_disabled`, `declared_service`, `conflict`, `unknown` or `linked`.
    status: &'static str,
    /// Object id of the account. Null for a person without any.
    user_id: Option<String>,
    /// By what the account was found. Null if it was not.
    matched_by: Option<&'static str>,
    /// What the roster says of the person. Null for an account of nobody, and of several.
    roster_status: Option<&'static str>,
    /// The last day, as the roster says. Null if it says none.
    terminated_on: Option<String>,
    /// One sentence, without anybody's name.
    explanation: String,
    /// The address, as it is compared. Null for an account of nobody, and of several.
    #[schemars(extend("x-personal" = true))]
    email: Option<String>,
    /// User principal name of the account.
    #[schemars(extend("x-personal" = true))]
    user_principal_name: Option<String>,
    /// Name of the account.
    #[schemars(extend("x-personal" = true))]
    display_name: Option<String>,
    /// Whether the account can sign in. Null if that was not seen, and for a person without any.
    account_enabled: Option<bool>,
}

/// The answer.
#[derive(Serialize, JsonSchema)]
struct Attributes {
    /// The rows, by key.
    matches: Vec<Row>,
    #[serde(flatten)]
    listing: Listing<Summary>,
}

struct RosterMatch;

impl DataSource for RosterMatch {
    const NAME: &'static str = "roster_match";
    const PAGE: Page = Page {
        subcategory: "Identity",
        permissions: "Microsoft Graph application permission with admin consent: `User.Read.All` (`Directory.Read.All`).",
    };
    type Context = Context;
    const AREA: Option<Area> = Some(Area::Identity);
    type Arguments = Arguments;
    type Attributes = Attributes;

    async fn read(arguments: Arguments, context: &Context, warnings: &mut Diagnostics) -> Result<Attributes> {
        let asked = Asked {
            roster: &arguments.roster,
            match_by: arguments.match_by.as_ref(),
            ignore_plus_tags: arguments.ignore_plus_tags,
            termination_grace_days: arguments.termination_grace_days,
            as_of: arguments.as_of.as_ref(),
        };
        let compared = Compared::of(asked, context).await?;
        selection::warn_of_scope(&compared.unmatched, warnings);
        let redacts = !context.shows_people();
        let rows = compared.matches.iter().map(|own| row(&compared, own, redacts)).collect();
        let mut table = Table::of(rows, arguments.limit, |row: &Row| &row.key, |known, _| known);
        let counting = Counting::on(&compared.gaps, &[]);
        let mut by_status = BTreeMap::new();
        for row in table.rows() {
            *by_status.entry(row.status.to_owned()).or_default() += 1;
        }
        let is_wanted = |status: &str| match &arguments.statuses {
            Some(statuses) => statuses.iter().any(|one| one.word() == status),
            None => status != RosterStanding::Linked.word(),
        };
        table.retain(|row| is_wanted(row.status));
        let people = compared.accounts.iter().filter(|one| !one.is_agent()).count();
        let summary = Summary {
            matched: counting.count(table.matched()),
            returned: table.returned(),
            people: compared.roster.people().len(),
            accounts: counting.count(people),
            hidden_by_scope: counting.count(compared.hidden),
            by_status: counting.by(by_status),
        };
        let (matches, listing) = table.listed(summary, compared.gaps, warnings);
        Ok(Attributes { matches, listing })
    }
}

fn row(compared: &Compared, own: &Match, redacts: bool) -> Row {
    let (account, person) = (compared.account(own), compared.person(own));
    // Under `redact` these are left out as a whole; else what people wrote holds no token.
    let shown = |text: &Option<String>| text.as_deref().map(|text| azure::shown(text, false).into_owned());
    Row {
        key: compared.key(own, redacts),
        status: own.standing.word(),
        user_id: account.map(|one| one.id.clone()),
        matched_by: own.matched_by.map(MatchRule::word),
        roster_status: person.map(|one| one.employment.word()),
        terminated_on: person.and_then(|one| one.terminated_on).map(|day| day.to_string()),
        explanation: own.explanation.clone(),
        email: person.map(|one| one.email.clone()),
        user_principal_name: account.and_then(|one| shown(&one.user_principal_name)),
        display_name: account.and_then(|one| shown(&one.display_name)),
        account_enabled: account.and_then(|one| one.enabled),
    }
}
