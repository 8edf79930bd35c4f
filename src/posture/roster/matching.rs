//! Which account belongs to whom, and what follows from that. The roster decides who works here, whatever the directory says.

use std::collections::{BTreeMap, BTreeSet};

use time::Date;

use super::{
    email::{of_proxy, spelled},
    staff::{Account, Employment, Kind, Person, Rule, Standing},
};

/// How people and accounts are compared.
#[derive(Clone, Debug)]
pub struct Terms {
    /// By what they belong together.
    pub rules: BTreeSet<Rule>,
    /// Whether what follows a `+` in an address is left out of account.
    pub ignores_tags: bool,
    /// For how many days after somebody's last day the account may stay enabled.
    pub grace_days: i64,
    /// The day it is judged on.
    pub as_of: Date,
}

/// Why a roster cannot be compared with anything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RosterError {
    /// It names nobody.
    Empty,
    /// This address stands there twice, and is said to be different things.
    Twofold(String),
}

/// People, to be found by what they are called.
#[derive(Debug)]
pub struct Roster {
    people: Vec<Person>,
    by: BTreeMap<(Field, String), BTreeSet<usize>>,
    terms: Terms,
}

/// What somebody is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Field {
    Address,
    EmployeeId,
    UserId,
}

/// Whose row a match is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Whose {
    /// That of an account, by its place among those that were given.
    Account(usize),
    /// That of a person without an account, by the place among [`Roster::people`].
    Person(usize),
}

/// How one account, or one person without any, stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Match {
    /// Whose it is.
    pub whose: Whose,
    /// How it stands.
    pub standing: Standing,
    /// By what the account was found.
    pub matched_by: Option<Rule>,
    /// The person, by the place among [`Roster::people`]; none if it is nobody's, or that of several.
    pub person: Option<usize>,
    /// One sentence, without anybody's name.
    pub explanation: String,
}

/// Who claims an account.
enum Claim {
    Nobody,
    One(Rule, usize),
    Several(Rule, BTreeSet<usize>),
}

impl Roster {
    /// The roster, each person once.
    pub fn of(people: Vec<Person>, terms: Terms) -> Result<Self, RosterError> {
        let mut distinct: Vec<Person> = Vec::new();
        let mut places: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for person in people {
            let known = places.entry(person.email.clone()).or_default();
            let is_other = |other: &Person| (other.employment, other.kind) != (person.employment, person.kind);
            if known.iter().filter_map(|place| distinct.get(*place)).any(is_other) {
                return Err(RosterError::Twofold(person.email));
            }
            let same = known.iter().copied().find(|place| distinct.get(*place).is_some_and(|other| other.may_be(&person)));
            match same.and_then(|place| distinct.get_mut(place)) {
                Some(same) => same.take_in(person),
                None => {
                    known.push(distinct.len());
                    distinct.push(person);
                }
            }
        }
        if distinct.is_empty() {
            return Err(RosterError::Empty);
        }
        let mut by: BTreeMap<(Field, String), BTreeSet<usize>> = BTreeMap::new();
        for (place, person) in distinct.iter().enumerate() {
            let addresses = person.addresses().map(|address| (Field::Address, address.to_owned()));
            let numbers = person.employee_id.iter().map(|id| (Field::EmployeeId, number(id)));
            let ids = person.user_id.iter().map(|id| (Field::UserId, id.to_lowercase()));
            // What is empty is nobody's.
            for name in addresses.chain(numbers).chain(ids).filter(|(_, name)| !name.is_empty()) {
                by.entry(name).or_default().insert(place);
            }
        }
        Ok(Self { people: distinct, by, terms })
    }

    /// Everybody on it, each once.
    pub fn people(&self) -> &[Person] {
        &self.people
    }

    /// How accounts and people stand to each other. Unless the accounts are all there are, nobody is said to have none.
    pub fn matches(&self, accounts: &[Account], are_all: bool) -> Vec<Match> {
        let mut rows = Vec::new();
        let mut found = BTreeSet::new();
        for (place, account) in accounts.iter().enumerate() {
            let claim = self.claim(account);
            match &claim {
                Claim::Nobody => {}
                Claim::One(_, person) => {
                    found.insert(*person);
                }
                Claim::Several(_, people) => found.extend(people),
            }
            rows.extend(self.of_account(place, account, &claim));
        }
        let without = (0..self.people.len()).filter(|place| !found.contains(place));
        rows.extend(without.filter_map(|place| self.without(place, are_all)));
        rows
    }

    fn claim(&self, account: &Account) -> Claim {
        let hits: Vec<(Rule, BTreeSet<usize>)> = Rule::ORDER
            .into_iter()
            .filter(|rule| self.terms.rules.contains(rule))
            .map(|rule| (rule, self.named(rule, account)))
            .filter(|(_, people)| !people.is_empty())
            .collect();
        let Some((rule, _)) = hits.first() else { return Claim::Nobody };
        // An address may have been handed on to somebody else; what belongs to one person alone decides without it.
        let counted = hits.iter().filter(|(other, _)| !rule.is_identity() || other.is_identity());
        let people: BTreeSet<usize> = counted.flat_map(|(_, people)| people).copied().collect();
        match (people.len(), people.first()) {
            (1, Some(person)) => Claim::One(*rule, *person),
            _ => Claim::Several(*rule, people),
        }
    }

    fn named(&self, rule: Rule, account: &Account) -> BTreeSet<usize> {
        let exact = |field, text: &str| self.by.get(&(field, text.to_owned())).cloned().unwrap_or_default();
        let address = |text: &str| match spelled(text, self.terms.ignores_tags) {
            Ok(address) => exact(Field::Address, &address),
            Err(_) => BTreeSet::new(),
        };
        let all = |texts: &[String]| texts.iter().flat_map(|text| address(text)).collect();
        match rule {
            Rule::UserId => exact(Field::UserId, &account.id.to_lowercase()),
            Rule::EmployeeId => {
                account.employee_id.as_deref().map(|id| exact(Field::EmployeeId, &number(id))).unwrap_or_default()
            }
            Rule::Mail => account.mail.as_deref().map(address).unwrap_or_default(),
            Rule::UserPrincipalName => {
                let names = account.user_principal_name.iter().chain(&account.sign_in_names);
                names.flat_map(|name| address(name)).collect()
            }
            Rule::ProxyAddress => account.proxy_addresses.iter().filter_map(|one| of_proxy(one)).flat_map(address).collect(),
            Rule::OtherMail => all(&account.other_mails),
        }
    }

    fn of_account(&self, place: usize, account: &Account, claim: &Claim) -> Option<Match> {
        let (people, matched_by): (Vec<usize>, _) = match claim {
            Claim::Nobody => (Vec::new(), None),
            Claim::One(rule, person) => (vec![*person], Some(*rule)),
            Claim::Several(rule, people) => (people.iter().copied().collect(), Some(*rule)),
        };
        let claimed: Vec<&Person> = people.iter().filter_map(|person| self.people.get(*person)).collect();
        // Whoever left must not vanish because the configuration looks at others.
        let is_read = account.is_whole || account.enabled == Some(false);
        if !account.in_scope && is_read && claimed.iter().all(|person| person.employment != Employment::Terminated) {
            return None;
        }
        let (standing, explanation) = match claimed.as_slice() {
            [] => unclaimed(account)?,
            [person] => self.stands(person, account),
            several if several.iter().all(|person| person.employment == Employment::Terminated) => {
                // One person who left more than once: the last day counts.
                let last = several.iter().max_by_key(|person| person.terminated_on);
                last.map_or_else(|| unclaimed(account), |person| Some(self.stands(person, account)))?
            }
            several => (
                Standing::Conflict,
                format!(
                    "{} entries of the roster claim the account. Name its owner by `user_id` or `employee_id`, or leave a rule out of \
                     `match_by`.",
                    several.len()
                ),
            ),
        };
        let person = if let [person] = people.as_slice() { Some(*person) } else { None };
        Some(Match { whose: Whose::Account(place), standing, matched_by, person, explanation })
    }

    fn stands(&self, person: &Person, account: &Account) -> (Standing, String) {
        let unseen = || (Standing::Unknown, "Whether the account is enabled could not be seen.".to_owned());
        if person.employment == Employment::Terminated {
            return match account.enabled {
                Some(true) => self.left(person),
                Some(false) => (Standing::TerminatedDisabled, format!("{}, and the account is disabled.", last_day(person))),
                None => unseen(),
            };
        }
        if !account.is_whole {
            return (Standing::Unknown, "Not everything by which the account may be somebody else's could be seen.".to_owned());
        }
        if person.kind != Kind::Person {
            return (Standing::DeclaredService, format!("The roster declares the account as `{}`.", person.kind.word()));
        }
        let Some(enabled) = account.enabled else { return unseen() };
        let (standing, text) = match (person.employment, enabled) {
            (Employment::Leave, true) => (Standing::LeaveEnabled, "The person is on leave, and the account is enabled."),
            (Employment::Leave, false) => (Standing::Linked, "The person is on leave, and the account is disabled."),
            (_, true) => (Standing::Linked, "The account belongs to somebody who works here."),
            (_, false) => (Standing::ActiveDisabled, "The person works here, and the account is disabled."),
        };
        (standing, text.to_owned())
    }

    /// Somebody who left and can still sign in.
    fn left(&self, person: &Person) -> (Standing, String) {
        let grace = person.terminated_on.map(|day| (self.terms.as_of - day).whole_days() <= self.terms.grace_days);
        let left = last_day(person);
        match grace {
            Some(true) => (
                Standing::TerminatedInGrace,
                format!("{left}, and the account may stay enabled for {} days after it.", self.terms.grace_days),
            ),
            Some(false) | None => (Standing::TerminatedEnabled, format!("{left}, and the account is still enabled. Disable it.")),
        }
    }

    /// Somebody who no account was found of.
    fn without(&self, place: usize, are_all: bool) -> Option<Match> {
        let person = self.people.get(place)?;
        let row = |standing, explanation: &str| {
            Some(Match {
                whose: Whose::Person(place),
                standing,
                matched_by: None,
                person: Some(place),
                explanation: explanation.to_owned(),
            })
        };
        if self.is_said_otherwise(place, person) {
            return row(
                Standing::Conflict,
                "Another entry of the roster has one of this entry's addresses and another status. Correct the roster.",
            );
        }
        match (person.employment, person.kind, are_all) {
            (_, Kind::Person, false) | (Employment::Terminated, _, false) => {
                row(Standing::Unknown, "No account was found, and not all accounts could be read.")
            }
            (Employment::Active, Kind::Person, true) => {
                row(Standing::ActiveWithoutAccount, "The person works here and has no account.")
            }
            _ => None,
        }
    }

    /// Whether one of somebody's addresses is that of another entry, with another status.
    fn is_said_otherwise(&self, place: usize, person: &Person) -> bool {
        let same = |address: &str| self.by.get(&(Field::Address, address.to_owned())).into_iter().flatten();
        let others = person.addresses().flat_map(same).filter(|other| **other != place);
        others.filter_map(|other| self.people.get(*other)).any(|other| other.employment != person.employment)
    }
}

impl Person {
    fn addresses(&self) -> impl Iterator<Item = &str> {
        std::iter::once(&self.email).chain(&self.other_emails).map(String::as_str)
    }

    /// Whether another entry with the same address and status may be the same person, written down twice.
    fn may_be(&self, other: &Self) -> bool {
        let fits = |one: &Option<String>, two: &Option<String>| match (one, two) {
            (Some(one), Some(two)) => number(one) == number(two),
            _ => true,
        };
        fits(&self.user_id, &other.user_id) && fits(&self.employee_id, &other.employee_id)
    }

    /// One person of two entries. Of two last days the earlier one counts.
    fn take_in(&mut self, other: Self) {
        self.user_id = self.user_id.take().or(other.user_id);
        self.employee_id = self.employee_id.take().or(other.employee_id);
        self.terminated_on = [self.terminated_on, other.terminated_on].into_iter().flatten().min();
        self.other_emails.extend(other.other_emails);
    }
}

/// Numbers of employees are compared without case and blanks around them.
fn number(id: &str) -> String {
    id.trim().to_lowercase()
}

fn last_day(person: &Person) -> String {
    person.terminated_on.map_or("The roster says that the person has left".to_owned(), |day| format!("The last day was {day}"))
}

/// An account that nobody on the roster claims; none if it is disabled, for then nobody uses it.
fn unclaimed(account: &Account) -> Option<(Standing, String)> {
    let (standing, text) = match (account.enabled, account.is_whole, account.guest) {
        (Some(false), ..) => return None,
        (None, ..) => {
            (Standing::Unknown, "Nobody on the roster claims the account, and whether it is enabled could not be seen.")
        }
        (Some(true), false, _) => (
            Standing::Unknown,
            "Nobody on the roster claims the account, and not everything by which it may be somebody's could be seen.",
        ),
        (Some(true), true, Some(true)) => (Standing::UnlinkedGuest, "Nobody on the roster claims this guest."),
        (Some(true), true, _) => (Standing::UnlinkedAccount, "Nobody on the roster claims the account, and it is enabled."),
    };
    Some((standing, text.to_owned()))
}
