//! Whether accounts belong to people who work here: one sentence a case.

use azposture::posture::roster::{
    Account, Employment, Kind, Match, Person, Roster, RosterError, Rule, Standing, Terms, Whose, spelled,
};
use time::{Date, macros::date};

const AS_OF: Date = date!(2026 - 11 - 02);

/// A sentence, the roster, the accounts, and how they stand.
type Case = (&'static str, Vec<Person>, Vec<Account>, Vec<Standing>);

fn terms() -> Terms {
    Terms { rules: Rule::ORDER.into(), ignores_tags: true, grace_days: 1, as_of: AS_OF }
}

fn person(email: &str) -> Person {
    Person {
        email: spelled(email, true).unwrap(),
        other_emails: Vec::new(),
        user_id: None,
        employee_id: None,
        employment: Employment::Active,
        terminated_on: None,
        kind: Kind::Person,
    }
}

fn left(email: &str) -> Person {
    Person { employment: Employment::Terminated, terminated_on: Some(date!(2026 - 09 - 30)), ..person(email) }
}

fn account(id: &str) -> Account {
    Account { id: id.into(), enabled: Some(true), guest: Some(false), is_whole: true, in_scope: true, ..Account::default() }
}

fn mail(address: &str) -> Account {
    Account { mail: Some(address.into()), ..account("a1") }
}

fn disabled(account: Account) -> Account {
    Account { enabled: Some(false), ..account }
}

fn judged(people: Vec<Person>, accounts: Vec<Account>) -> Vec<Match> {
    Roster::of(people, terms()).unwrap().matches(&accounts, true)
}

/// The standings, those of accounts first.
fn standings(people: Vec<Person>, accounts: Vec<Account>) -> Vec<Standing> {
    judged(people, accounts).into_iter().map(|row| row.standing).collect()
}

#[test]
fn each_case_stands_as_its_sentence_says() {
    use Standing::*;
    let ava = || person("ava@x.example");
    let bo = || left("bo@x.example");
    let on_leave = || Person { employment: Employment::Leave, ..ava() };
    let service = || Person { kind: Kind::Service, ..person("svc@x.example") };
    let with_id = |person: Person, id: &str| Person { user_id: Some(id.into()), ..person };
    let number = |person: Person, id: &str| Person { employee_id: Some(id.into()), ..person };
    let also = |person: Person, email: &str| Person { other_emails: vec![spelled(email, true).unwrap()], ..person };
    let on = |person: Person, day: Date| Person { terminated_on: Some(day), ..person };
    let guest = |account: Account| Account { guest: Some(true), ..account };
    let hidden = |account: Account| Account { enabled: None, ..account };
    let partial = |account: Account| Account { is_whole: false, ..account };
    let outside = |account: Account| Account { in_scope: false, ..account };
    let employee = |account: Account, id: &str| Account { employee_id: Some(id.into()), ..account };
    let proxy = |account: Account, entry: &str| Account { proxy_addresses: vec![entry.into()], ..account };
    let ava_on = || mail("ava@x.example");
    let bo_on = || mail("bo@x.example");
    let cases: Vec<Case> = vec![
        ("who works here and has an enabled account is linked", vec![ava()], vec![ava_on()], vec![Linked]),
        (
            "an account that is disabled does not serve who works here",
            vec![ava()],
            vec![disabled(ava_on())],
            vec![ActiveDisabled],
        ),
        ("who works here may lack an account", vec![ava()], vec![], vec![ActiveWithoutAccount]),
        (
            "a second account of one person is linked, too",
            vec![ava()],
            vec![ava_on(), Account { id: "a2".into(), ..ava_on() }],
            vec![Linked; 2],
        ),
        ("who left must not have an enabled account", vec![bo()], vec![bo_on()], vec![TerminatedEnabled]),
        ("who left may have a disabled one", vec![bo()], vec![disabled(bo_on())], vec![TerminatedDisabled]),
        ("who left and has none has no row", vec![bo()], vec![], vec![]),
        ("who left today is in grace", vec![on(bo(), AS_OF)], vec![bo_on()], vec![TerminatedInGrace]),
        (
            "so is who left yesterday, as long as the grace lasts",
            vec![on(bo(), date!(2026 - 11 - 01))],
            vec![bo_on()],
            vec![TerminatedInGrace],
        ),
        ("and the day after it is over", vec![on(bo(), date!(2026 - 10 - 31))], vec![bo_on()], vec![TerminatedEnabled]),
        (
            "who is said to leave tomorrow has not left",
            vec![on(bo(), date!(2026 - 11 - 03))],
            vec![bo_on()],
            vec![TerminatedInGrace],
        ),
        (
            "without a last day there is no grace",
            vec![Person { terminated_on: None, ..bo() }],
            vec![bo_on()],
            vec![TerminatedEnabled],
        ),
        (
            "one enabled account of two is one too many",
            vec![bo()],
            vec![disabled(bo_on()), Account { id: "a2".into(), ..bo_on() }],
            vec![TerminatedDisabled, TerminatedEnabled],
        ),
        ("whether an account is enabled may be hidden", vec![bo()], vec![hidden(bo_on())], vec![Unknown]),
        ("the same of who works here", vec![ava()], vec![hidden(ava_on())], vec![Unknown]),
        ("somebody on leave has an enabled account", vec![on_leave()], vec![ava_on()], vec![LeaveEnabled]),
        ("somebody on leave with a disabled one is as it should be", vec![on_leave()], vec![disabled(ava_on())], vec![Linked]),
        ("somebody on leave needs no account", vec![on_leave()], vec![], vec![]),
        ("an enabled account of nobody", vec![bo()], vec![mail("who@x.example")], vec![UnlinkedAccount]),
        ("a disabled account of nobody is not used", vec![bo()], vec![disabled(mail("who@x.example"))], vec![]),
        ("a guest of nobody", vec![bo()], vec![guest(mail("who@y.example"))], vec![UnlinkedGuest]),
        (
            "a guest that may be a member is not let off as a guest",
            vec![bo()],
            vec![Account { guest: None, ..mail("who@y.example") }],
            vec![UnlinkedAccount],
        ),
        ("a guest on the roster is linked", vec![ava()], vec![guest(ava_on())], vec![Linked]),
        ("a guest who left and is enabled", vec![bo()], vec![guest(bo_on())], vec![TerminatedEnabled]),
        ("an account of nobody that may be disabled", vec![bo()], vec![hidden(mail("who@x.example"))], vec![Unknown]),
        ("an account whose names were not seen may be anybody's", vec![bo()], vec![partial(account("a1"))], vec![Unknown]),
        ("one whose names were seen in part may be somebody else's", vec![ava()], vec![partial(ava_on())], vec![Unknown]),
        ("but who left is who left", vec![bo()], vec![partial(bo_on())], vec![TerminatedEnabled]),
        ("a declared service", vec![service()], vec![mail("svc@x.example")], vec![DeclaredService]),
        ("a declared service that is disabled", vec![service()], vec![disabled(mail("svc@x.example"))], vec![DeclaredService]),
        (
            "a service that was given up and runs",
            vec![Person { employment: Employment::Terminated, ..service() }],
            vec![mail("svc@x.example")],
            vec![TerminatedEnabled],
        ),
        ("a declared service needs no account", vec![service()], vec![], vec![]),
        (
            "a shared mailbox",
            vec![Person { kind: Kind::Shared, ..service() }],
            vec![mail("svc@x.example")],
            vec![DeclaredService],
        ),
        ("two people with one address of an account", vec![ava(), also(bo(), "ava@x.example")], vec![ava_on()], vec![Conflict]),
        ("two people by two addresses of it", vec![ava(), bo()], vec![proxy(ava_on(), "smtp:bo@x.example")], vec![Conflict]),
        (
            "unless the roster says whose it is",
            vec![with_id(ava(), "A1"), bo()],
            vec![proxy(ava_on(), "smtp:bo@x.example")],
            vec![Linked],
        ),
        (
            "or the directory, by the number",
            vec![number(ava(), "E1"), bo()],
            vec![employee(proxy(ava_on(), "smtp:bo@x.example"), "e1")],
            vec![Linked],
        ),
        (
            "the roster and the directory name different owners",
            vec![with_id(ava(), "a1"), number(bo(), "E2")],
            vec![employee(ava_on(), "E2")],
            vec![Conflict],
        ),
        (
            "two people with one number",
            vec![number(ava(), "E1"), number(bo(), "E1")],
            vec![employee(account("a1"), "E1")],
            vec![Conflict],
        ),
        ("an empty number is nobody's", vec![number(bo(), "")], vec![employee(account("a1"), "")], vec![UnlinkedAccount]),
        (
            "an address with two statuses and no account",
            vec![ava(), also(bo(), "ava@x.example")],
            vec![],
            vec![Conflict, Conflict],
        ),
        (
            "one person written down twice is one person",
            vec![ava(), number(ava(), "E1"), with_id(ava(), "a1")],
            vec![ava_on()],
            vec![Linked],
        ),
        (
            "of two last days the earlier one counts",
            vec![on(bo(), AS_OF), on(bo(), date!(2026 - 09 - 30))],
            vec![bo_on()],
            vec![TerminatedEnabled],
        ),
        (
            "two people may share an address of nobody's account",
            vec![number(ava(), "E1"), number(ava(), "E2")],
            vec![ava_on()],
            vec![Conflict],
        ),
        (
            "an account that is not looked at has no row",
            vec![ava()],
            vec![outside(mail("who@x.example"))],
            vec![ActiveWithoutAccount],
        ),
        ("and still it is the account of who works here", vec![ava()], vec![outside(ava_on())], vec![]),
        ("but who left does not vanish with it", vec![bo()], vec![outside(bo_on())], vec![TerminatedEnabled]),
        (
            "nor does a conflict with somebody who left",
            vec![ava(), bo()],
            vec![outside(proxy(ava_on(), "smtp:bo@x.example"))],
            vec![Conflict],
        ),
    ];
    assert!(cases.len() >= 40);
    for (sentence, people, accounts, expected) in cases {
        assert_eq!(standings(people, accounts), expected, "{sentence}");
    }
}

#[test]
fn somebody_who_left_is_found_under_every_spelling() {
    let spellings = [
        "bo.berg@x.example",
        "Bo.Berg@X.EXAMPLE",
        "  bo.berg@x.example ",
        "smtp:bo.berg@x.example",
        "SMTP:Bo.Berg@x.example",
        "mailto:bo.berg@x.example",
        "bo.berg+tag@x.example",
        "bo.berg_x.example#EXT#@y.example",
        "Bo.Berg+tag_x.example#ext#@y.example",
    ];
    type Put = fn(&str) -> Account;
    let places: [(Rule, Put); 5] = [
        (Rule::Mail, |text| mail(text)),
        (Rule::UserPrincipalName, |text| Account { user_principal_name: Some(text.into()), ..account("a1") }),
        (Rule::UserPrincipalName, |text| Account { sign_in_names: vec![text.into()], ..account("a1") }),
        (Rule::ProxyAddress, |text| Account { proxy_addresses: vec!["x500:/o=x".into(), text.into()], ..account("a1") }),
        (Rule::OtherMail, |text| Account { other_mails: vec!["other@y.example".into(), text.into()], ..account("a1") }),
    ];
    for on_roster in spellings {
        let also = Person { other_emails: vec![spelled(on_roster, true).unwrap()], ..left("else@x.example") };
        for person in [left(on_roster), also] {
            for in_directory in spellings {
                for (rule, put) in places {
                    let rows = judged(vec![person.clone()], vec![put(in_directory)]);
                    let found: Vec<_> = rows.iter().map(|row| (row.standing, row.matched_by)).collect();
                    assert_eq!(found, [(Standing::TerminatedEnabled, Some(rule))], "{on_roster:?} {in_directory:?}");
                }
            }
        }
    }
}

#[test]
fn only_the_rules_that_are_asked_for_are_applied_and_the_first_one_is_named() {
    let everything = Account {
        employee_id: Some("E1".into()),
        user_principal_name: Some("ava@x.example".into()),
        proxy_addresses: vec!["SMTP:ava@x.example".into()],
        other_mails: vec!["ava@x.example".into()],
        ..mail("ava@x.example")
    };
    let ava = Person { user_id: Some("a1".into()), employee_id: Some("E1".into()), ..person("ava@x.example") };
    for (place, first) in Rule::ORDER.into_iter().enumerate() {
        let rules = Rule::ORDER.into_iter().skip(place).collect();
        let roster = Roster::of(vec![ava.clone()], Terms { rules, ..terms() }).unwrap();
        let rows = roster.matches(std::slice::from_ref(&everything), true);
        assert_eq!(rows.iter().map(|row| (row.standing, row.matched_by)).collect::<Vec<_>>(), [(Standing::Linked, Some(first))]);
        let alone = Roster::of(vec![ava.clone()], Terms { rules: [first].into(), ..terms() }).unwrap();
        let stripped = Account { id: "a1".into(), ..account("a1") };
        let rows: Vec<_> = alone.matches(&[stripped], true).iter().map(|row| row.standing).collect();
        let expected = match first {
            Rule::UserId => vec![Standing::Linked],
            _ => vec![Standing::UnlinkedAccount, Standing::ActiveWithoutAccount],
        };
        assert_eq!(rows, expected, "{}", first.word());
    }
}

#[test]
fn tags_tell_people_apart_where_they_are_asked_to() {
    let terms = Terms { ignores_tags: false, ..terms() };
    let tagged = Person { email: spelled("ava+jobs@x.example", false).unwrap(), ..person("ava@x.example") };
    let roster = Roster::of(vec![tagged], terms).unwrap();
    let standings = |address| roster.matches(&[mail(address)], true).into_iter().map(|row| row.standing).collect::<Vec<_>>();
    assert_eq!(standings("Ava+Jobs@x.example"), [Standing::Linked]);
    assert_eq!(standings("ava@x.example"), [Standing::UnlinkedAccount, Standing::ActiveWithoutAccount]);
}

#[test]
fn nobody_is_said_to_have_no_account_while_some_were_not_read() {
    let roster = Roster::of(vec![person("ava@x.example"), left("bo@x.example"), person("cy@x.example")], terms()).unwrap();
    let rows = roster.matches(&[mail("cy@x.example")], false);
    let found: Vec<_> = rows.iter().map(|row| (row.whose, row.standing)).collect();
    let unknown = |place| (Whose::Person(place), Standing::Unknown);
    assert_eq!(found, [(Whose::Account(0), Standing::Linked), unknown(0), unknown(1)]);
    let service = Person { kind: Kind::Service, ..person("svc@x.example") };
    let roster = Roster::of(
        vec![service.clone(), Person { employment: Employment::Terminated, email: "old@x.example".into(), ..service }],
        terms(),
    );
    let rows = roster.unwrap().matches(&[], false);
    let found: Vec<_> = rows.iter().map(|row| (row.whose, row.standing)).collect();
    assert_eq!(found, [unknown(1)], "who left may be among those that were not read, whatever they are");
}

#[test]
fn a_roster_that_contradicts_itself_or_is_empty_is_refused() {
    let of = |people| Roster::of(people, terms()).map(|roster| roster.people().len());
    assert_eq!(of(vec![]), Err(RosterError::Empty));
    let twofold = Err(RosterError::Twofold("ava@x.example".into()));
    assert_eq!(of(vec![person("ava@x.example"), left("Ava@X.example")]), twofold);
    let shared = Person { kind: Kind::Shared, ..person("ava@x.example") };
    assert_eq!(of(vec![person("ava@x.example"), shared.clone()]), twofold);
    let other = Person { employee_id: Some("E2".into()), ..person("ava@x.example") };
    let one = Person { employee_id: Some("E1".into()), ..person("ava@x.example") };
    assert_eq!(of(vec![one.clone(), other.clone(), shared]), twofold, "whichever of them it contradicts");
    assert_eq!(of(vec![one, other]), Ok(2));
}

#[test]
fn no_row_names_anybody() {
    let accounts =
        [mail("ava@x.example"), mail("bo@x.example"), mail("who@x.example"), Account { enabled: None, ..mail("ava@x.example") }];
    let people = vec![person("ava@x.example"), left("bo@x.example"), person("cy@x.example")];
    for row in judged(people, accounts.into()) {
        assert!(!row.explanation.is_empty() && !row.explanation.contains('@') && row.explanation.ends_with('.'), "{row:?}");
    }
}
