//! `azposture_groups`: the groups of the tenant, and who is in them.

use std::{collections::BTreeSet, sync::Arc};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    azure::{self, Failure},
    posture::{
        Place, Reason, Seen, Subject, Unreadable,
        filter::{self, glob},
        seen::agreed,
        time::canonical,
    },
    provider::{
        collect::{
            lists::{
                directory,
                memberships::{self, ListedGroup, Membership},
            },
            stop::{self, Stop},
            twice,
        },
        context::Context,
        frame::{self, Counting, Listing, Table},
        words::{Area, ObjectId, lowered},
    },
    sdk::{
        Diagnostics, Path, Result, Value,
        entry::{DataSource, DataSourceEntry, Page},
    },
    text::quoted,
};

/// The data sources of this subject.
pub const DATA_SOURCES: &[DataSourceEntry<Context>] = &[DataSourceEntry::of::<Groups>()];

/// Groups of the tenant, whether they can be given directory roles, what decides who is in them, and, where that is asked for, everybody who
/// is, those in nested groups included.
///
/// One list of Microsoft Graph in pages of 999, and with `include_members` one in such pages for each group that meets the filters. What was
/// changed a moment ago may take minutes to appear, and a dynamic group longer to follow its rule.
#[derive(Deserialize, JsonSchema)]
struct Arguments {
    /// Object ids of groups to return. Default all; one that does not exist is an error.
    #[schemars(length(min = 1))]
    group_ids: Option<BTreeSet<ObjectId>>,
    /// Names to return, as globs (`*`, `?`), without case. Default all; one that matches nothing is an error.
    #[schemars(length(min = 1))]
    display_names: Option<BTreeSet<String>>,
    /// Whether to return those that can be given directory roles, or those that cannot. Default both.
    role_assignable: Option<bool>,
    /// Whether to return those whose members a rule decides, or the others. Default both.
    dynamic: Option<bool>,
    /// Whether to read who is in them. Default `false`; needs `group_ids` or `display_names`.
    include_members: Option<bool>,
    /// Rows to return; 0 is all. Default 100.
    limit: Option<u32>,
}

/// Counts.
#[derive(Serialize, JsonSchema)]
struct Summary {
    /// Groups that met the filters.
    matched: Option<usize>,
    /// Groups returned.
    returned: usize,
    /// Those that can be given directory roles.
    role_assignable: Option<usize>,
    /// Those whose members a rule decides.
    dynamic: Option<usize>,
    /// Those that are synchronized from Active Directory.
    synced: Option<usize>,
    /// Those that nobody is in. Null without `include_members`.
    empty: Option<usize>,
}

/// One group. What the service did not say, or says twice and not alike, is null.
#[derive(Clone, Serialize, JsonSchema)]
struct Row {
    /// `id`: unique and stable.
    key: String,
    /// Object id, lower case.
    id: String,
    /// Its name. Not unique.
    display_name: Option<String>,
    /// What it is for, in people's words. Null under `personal_data = "redact"`, too.
    description: Option<String>,
    /// Whether something can be given to it.
    security_enabled: Option<bool>,
    /// Whether it has a mailbox.
    mail_enabled: Option<bool>,
    /// Whether it can be given directory roles; who may change its members is restricted then.
    role_assignable: Option<bool>,
    /// Whether a rule decides who is in it.
    dynamic: Option<bool>,
    /// The rule. Null if there is none.
    membership_rule: Option<String>,
    /// `On` or `Paused`. Null without a rule.
    membership_rule_state: Option<String>,
    /// `cloud`, or `synced` from Active Directory.
    source: Option<&'static str>,
    /// `Public`, `Private`, `HiddenMembership`, or whatever other word the service has. Null for those that have none, as security groups do.
    visibility: Option<String>,
    /// Since when it is there, RFC 3339.
    created_on: Option<String>,
    /// How many are in it, nested groups and those in them included. Null if that was not asked for or could not be read, or if the group, or
    /// one in it, hides its members.
    member_count: Option<usize>,
    /// Object ids of users in it. Null likewise.
    user_ids: Option<Vec<String>>,
    /// Object ids of groups in it. Null likewise.
    group_ids: Option<Vec<String>>,
    /// Object ids of service principals in it, those of agents' identities included. Null likewise.
    service_principal_ids: Option<Vec<String>>,
    /// Object ids of devices in it. Null likewise.
    device_ids: Option<Vec<String>>,
    /// Object ids of whatever else is in it: contacts, accounts of agents, and what does not say what it is. Null likewise.
    other_ids: Option<Vec<String>>,
}

/// The answer.
#[derive(Serialize, JsonSchema)]
struct Attributes {
    /// The groups, by key.
    groups: Vec<Row>,
    #[serde(flatten)]
    listing: Listing<Summary>,
}

struct Groups;

impl DataSource for Groups {
    const NAME: &'static str = "groups";
    const PAGE: Page = Page {
        subcategory: "Identity",
        permissions: "Microsoft Graph, application: `GroupMember.Read.All` (`Group.Read.All`, `Directory.Read.All`) for groups, \
                      `GroupMember.Read.All` (`Directory.Read.All`) for members, and `Member.Read.Hidden` for those of groups that hide them.",
    };
    type Context = Context;
    const AREA: Option<Area> = Some(Area::Identity);
    type Arguments = Arguments;
    type Attributes = Attributes;

    fn check(arguments: &Value, problems: &mut Diagnostics) {
        let is_open = |name: &str| arguments.get(name).is_null();
        if *arguments.get("include_members") == Value::Bool(true) && is_open("group_ids") && is_open("display_names") {
            let detail = "`include_members` costs a request a group: name the groups, in `group_ids` or by `display_names`.";
            problems.error(Path::attribute("include_members"), "Nothing selected", detail);
        }
    }

    async fn read(arguments: Arguments, context: &Context, warnings: &mut Diagnostics) -> Result<Attributes> {
        let list = memberships::groups(context).await?;
        let mut gaps: Vec<Unreadable> = list.gaps().cloned().collect();
        frame::require_any(list.so_far().is_ok(), &mut gaps)?;
        let filter = Filter::of(&arguments);
        require(&list, &filter)?;
        let all = list.so_far().map(|rows| rows.as_slice()).unwrap_or_default();
        let redacts = context.client.settings().redacts_people;
        let mut table =
            Table::of(all.iter().map(|row| row_of(row, redacts)).collect(), arguments.limit, |row| &row.key, Row::and);
        table.retain(|row| filter.admits(row));
        if arguments.include_members == Some(true) {
            let ids = table.rows().iter().map(|row| row.id.clone()).collect::<Vec<_>>();
            let members = memberships::members(context, ids).await?;
            gaps.extend(members.gaps().cloned());
            let hiding = Hiding::of(all, directory::sees_hidden_members(context).await);
            for row in table.rows_mut() {
                let Some(own) = members.so_far().ok().and_then(|all| all.get(&row.id)) else { continue };
                gaps.extend(row.hold(own, &hiding));
            }
        }
        gaps.extend(table.rows().iter().filter_map(doubt));
        let summary = summary(&table, &arguments, &gaps);
        let (groups, listing) = table.listed(summary, gaps, warnings);
        Ok(Attributes { groups, listing })
    }
}

/// Which groups are asked for.
struct Filter {
    group_ids: Option<BTreeSet<String>>,
    display_names: Option<BTreeSet<String>>,
    role_assignable: Option<bool>,
    dynamic: Option<bool>,
}

impl Filter {
    fn of(arguments: &Arguments) -> Self {
        Self {
            group_ids: lowered(&arguments.group_ids, |id| &id.0),
            display_names: arguments.display_names.clone(),
            role_assignable: arguments.role_assignable,
            dynamic: arguments.dynamic,
        }
    }

    /// Whether a group is asked for. What it does not say may be what is asked for.
    fn admits(&self, row: &Row) -> bool {
        let has_name = |own: &str| self.display_names.as_ref().is_none_or(|all| all.iter().any(|pattern| glob(pattern, own)));
        let agrees = |wanted: Option<bool>, own: Option<bool>| wanted.is_none() || own.is_none() || wanted == own;
        filter::admits(self.group_ids.as_ref(), &row.id)
            && row.display_name.as_deref().is_none_or(has_name)
            && agrees(self.role_assignable, row.role_assignable)
            && agrees(self.dynamic, row.dynamic)
    }
}

/// Refuses ids and names of no group in a list that was read whole.
fn require(list: &Seen<Arc<Vec<ListedGroup>>>, filter: &Filter) -> stop::Result<()> {
    let Ok(rows) = list.whole() else { return Ok(()) };
    let is_there = |id: &String| rows.iter().any(|row| row.id.eq_ignore_ascii_case(id));
    let is_called = |name: &String| rows.iter().any(|row| row.display_name.as_deref().is_none_or(|own| glob(name, own)));
    if let Some(id) = filter.group_ids.iter().flatten().find(|id| !is_there(id)) {
        let detail = format!("no group has the object id {id}. What was made a moment ago takes minutes to appear.");
        return Err(Stop::nothing_selected("group_ids", &detail));
    }
    match filter.display_names.iter().flatten().find(|name| !is_called(name)) {
        Some(name) => Err(Stop::nothing_selected("display_names", &format!("no group is called {}.", quoted(name)))),
        None => Ok(()),
    }
}

fn row_of(group: &ListedGroup, redacts_people: bool) -> Row {
    let shown = |text: &Option<String>| text.as_deref().map(|text| azure::shown(text, redacts_people).into_owned());
    let id = group.id.to_lowercase();
    Row {
        key: id.clone(),
        display_name: shown(&group.display_name),
        description: group.description.as_deref().and_then(|text| azure::written(text, redacts_people)),
        security_enabled: group.security_enabled.0,
        mail_enabled: group.mail_enabled.0,
        role_assignable: group.is_assignable_to_role,
        dynamic: is_dynamic(group),
        membership_rule: shown(&group.membership_rule),
        membership_rule_state: shown(&group.membership_rule_processing_state),
        source: group.on_premises_sync_enabled.map(|synced| if synced { "synced" } else { "cloud" }),
        visibility: shown(&group.visibility.clone().filter(|word| !word.is_empty())),
        created_on: group.created_date_time.as_deref().and_then(canonical),
        member_count: None,
        user_ids: None,
        group_ids: None,
        service_principal_ids: None,
        device_ids: None,
        other_ids: None,
        id,
    }
}

/// Whether a rule decides who is in a group. One whose rule runs is not believed to be none.
fn is_dynamic(group: &ListedGroup) -> Option<bool> {
    let types = group.group_types.as_ref()?;
    let state = group.membership_rule_processing_state.as_deref();
    match types.iter().any(|own| own.eq_ignore_ascii_case("DynamicMembership")) {
        true => Some(true),
        false => (!state.is_some_and(|state| state.eq_ignore_ascii_case("On"))).then_some(false),
    }
}

/// Which groups keep their members from being seen.
struct Hiding {
    shown: BTreeSet<String>,
    sees_all: bool,
}

impl Hiding {
    fn of(all: &[ListedGroup], sees_all: bool) -> Self {
        let shows = |group: &ListedGroup| group.visibility.is_some() && !directory::hides_members(group.visibility.as_deref());
        let (shown, hidden): (Vec<_>, Vec<_>) = all.iter().partition(|group| shows(group));
        let ids = |groups: Vec<&ListedGroup>| groups.into_iter().map(|group| group.id.to_lowercase()).collect::<BTreeSet<_>>();
        Self { shown: &ids(shown) - &ids(hidden), sees_all }
    }

    /// Whether a group does; one that is not in the list may.
    fn is(&self, id: &str) -> bool {
        !self.sees_all && !self.shown.contains(id)
    }
}

impl Row {
    /// Takes over who is in it; the gaps of that.
    fn hold(&mut self, own: &Membership, hiding: &Hiding) -> Vec<Unreadable> {
        if let Some(id) = std::iter::once(&self.id).chain(&own.groups).find(|id| hiding.is(id)) {
            let remedy = "it, or a group in it, hides them. Grant Member.Read.Hidden (Microsoft Graph, application) with admin consent, which reads them.";
            let place = if *id == self.id { String::new() } else { format!(" ({id} in it)") };
            return vec![directory::unseen_members(&format!("{}{place}", self.id), remedy)];
        }
        let ids = |all: &BTreeSet<String>| Some(all.iter().cloned().collect());
        self.member_count = Some(own.count());
        self.user_ids = ids(&own.users);
        self.group_ids = ids(&own.groups);
        self.service_principal_ids = ids(&own.service_principals);
        self.device_ids = ids(&own.devices);
        self.other_ids = ids(&own.others);
        let unsaid = format!("{} of them do not say what they are. Run again; if this persists, please report it.", own.unsaid);
        let unsaid = (own.unsaid > 0).then(|| directory::unseen_members(&self.id, &unsaid));
        let what = format!("a member of the group {}", self.id);
        let twofold = own.is_twofold().then(|| twice::gap(Subject::GroupMembers, Place::Graph, &what));
        unsaid.into_iter().chain(twofold).collect()
    }

    /// What two rows of one group say alike.
    fn and(self, other: Self) -> Self {
        Self {
            display_name: agreed(self.display_name, other.display_name),
            description: agreed(self.description, other.description),
            security_enabled: agreed(self.security_enabled, other.security_enabled),
            mail_enabled: agreed(self.mail_enabled, other.mail_enabled),
            role_assignable: agreed(self.role_assignable, other.role_assignable),
            dynamic: agreed(self.dynamic, other.dynamic),
            membership_rule: agreed(self.membership_rule, other.membership_rule),
            membership_rule_state: agreed(self.membership_rule_state, other.membership_rule_state),
            source: agreed(self.source, other.source),
            visibility: agreed(self.visibility, other.visibility),
            created_on: agreed(self.created_on, other.created_on),
            ..self
        }
    }
}

/// What is not known of a group that is in the answer.
fn doubt(row: &Row) -> Option<Unreadable> {
    let lacks = [row.security_enabled, row.mail_enabled, row.role_assignable, row.dynamic].contains(&None)
        || row.display_name.is_none()
        || row.source.is_none();
    lacks.then(|| Unreadable {
        subject: Subject::Groups,
        place: Place::Graph,
        reason: Reason::Hidden,
        code: Failure::UnstatedField.code().to_owned(),
        remedy: "Microsoft Graph does not say of some groups what they are called, what can be given to them, or whether a rule decides who \
                 is in them; what is not said is null. Grant GroupMember.Read.All (Microsoft Graph, application), which reads it."
            .to_owned(),
    })
}

fn summary(table: &Table<Row>, arguments: &Arguments, gaps: &[Unreadable]) -> Summary {
    let counting = Counting::on(gaps, &[Subject::GroupMembers]);
    let count = |is: fn(&Row) -> bool| table.rows().iter().filter(|row| is(row)).count();
    Summary {
        matched: counting.count(table.matched()),
        returned: table.returned(),
        role_assignable: counting.count(count(|row| row.role_assignable == Some(true))),
        dynamic: counting.count(count(|row| row.dynamic == Some(true))),
        synced: counting.count(count(|row| row.source == Some("synced"))),
        empty: match arguments.include_members {
            Some(true) => Counting::on(gaps, &[]).count(count(|row| row.member_count == Some(0))),
            Some(false) | None => None,
        },
    }
}
