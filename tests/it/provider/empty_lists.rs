//! "Empty is not clean": of each answer without rows that the reference names, the reason that is given for it. One row an answer: what it
//! means, which lists come so, whom that is told, and as what.

use std::collections::BTreeSet;

use azposture::demo::{Fault, PRODUCTION, SANDBOX, Tenant};
use serde_json::{Value as Json, json};

use crate::support::{
    held::edited,
    inside::{Inside, Reading},
};

/// How a list comes.
#[derive(Clone, Copy)]
enum Body {
    /// With status 200 and these rows in JSON.
    Rows(&'static str),
    /// As a refusal that means that there is nothing: its status, code and message.
    Refused(u16, &'static str, &'static str),
}

const EMPTY: Body = Body::Rows("[]");

struct Row {
    /// What the reference says that the answer may mean.
    means: &'static str,
    /// The ends of the paths of the lists.
    lists: &'static [&'static str],
    body: Body,
    /// The queries that read the same lists.
    queries: &'static [&'static str],
    /// The subscription of which they come so; empty where the list is that of the tenant.
    of: &'static str,
    tenant: fn() -> Tenant,
    asked: (&'static str, &'static str),
    /// The subjects and reasons of the gaps of that subscription, else the error.
    said: &'static [&'static str],
    complete: bool,
}

/// A tenant in which every plan is on and covers everything.
fn protected() -> Tenant {
    edited(Tenant::demo(), "pricings", |rows| {
        for row in rows {
            row["properties"]["pricingTier"] = json!("Standard");
            row["properties"]["resourcesCoverageStatus"] = json!("FullyCovered");
            for extension in row["properties"]["extensions"].as_array_mut().into_iter().flatten() {
                *extension = json!({"name": extension["name"], "isEnabled": "True"});
            }
        }
    })
}

/// The same without the assessment of which nothing tells what it is.
fn clear() -> Tenant {
    told(protected())
}

/// The demo tenant without it.
fn told_demo() -> Tenant {
    told(Tenant::demo())
}

fn told(tenant: Tenant) -> Tenant {
    edited(tenant, "assessments", |rows| rows.retain(|row| row["name"] != "fab0000b-0000-4000-8000-00000000dead"))
}

/// A tenant in which Defender for Cloud is not registered.
fn unregistered() -> Tenant {
    let word = |body: &mut Json| body["registrationState"] = json!("NotRegistered");
    Tenant::demo().with_fault(Fault::on("/Microsoft.Security").change(word))
}

/// The same of what monitors.
fn unwatched() -> Tenant {
    let word = |body: &mut Json| body["registrationState"] = json!("NotRegistered");
    Tenant::demo().with_fault(Fault::on("/Microsoft.Insights").change(word))
}

const ALERTS: &str = "/providers/Microsoft.Security/alerts";
const ASSESSMENTS: &str = "/providers/Microsoft.Security/assessments";
const PERMISSIONS: &str = "/providers/Microsoft.Authorization/permissions";
const STANDARDS: &str = "/providers/Microsoft.Security/regulatoryComplianceStandards";
const SUB_ASSESSMENTS: &str = "/providers/Microsoft.Security/subAssessments";
const NOT_REGISTERED: Body = Body::Refused(
    404,
    "Subscription Not Registered",
    "Please register to Microsoft.Security in order to view your security status",
);
const NO_BUNDLE: Body = Body::Refused(
    400,
    "Subscription with no standard pricing bundle",
    "Regulatory compliance is not supported for the subscription as it has no standard pricing bundle",
);

/// Not here, because nothing reads them yet: which solution scans machines (3.15), integrations of Defender (3.14) and the sign-in of
/// managed instances (5.21a), which come with the checks of issue 12; Conditional Access (9.15), which comes with issue 11. Nobody will read
/// classic administrators (2.9).
const ROWS: &[Row] = &[
    Row {
        means: "no findings",
        lists: &[ALERTS],
        body: EMPTY,
        queries: &["alerts"],
        of: PRODUCTION,
        tenant: Tenant::demo,
        asked: ("defender_alerts", "{}"),
        said: &[],
        complete: true,
    },
    Row {
        means: "plan off",
        lists: &[ALERTS],
        body: EMPTY,
        queries: &["alerts"],
        of: SANDBOX,
        tenant: Tenant::demo,
        asked: ("defender_alerts", "{}"),
        said: &["alerts plan_off"],
        complete: true,
    },
    Row {
        means: "provider not registered",
        lists: &[ALERTS],
        body: EMPTY,
        queries: &["alerts"],
        of: PRODUCTION,
        tenant: unregistered,
        asked: ("defender_alerts", "{}"),
        said: &["alerts not_registered"],
        complete: true,
    },
    Row {
        means: "provider not registered, by 404",
        lists: &[ALERTS],
        body: NOT_REGISTERED,
        queries: &[],
        of: PRODUCTION,
        tenant: unregistered,
        asked: ("defender_alerts", "{}"),
        said: &["alerts not_registered"],
        complete: true,
    },
    Row {
        means: "provider registered, and not registered by 404",
        lists: &[ALERTS],
        body: NOT_REGISTERED,
        queries: &[],
        of: PRODUCTION,
        tenant: Tenant::demo,
        asked: ("defender_alerts", "{}"),
        said: &["alerts not_proven"],
        complete: false,
    },
    Row {
        means: "provider not registered",
        lists: &[ASSESSMENTS],
        body: EMPTY,
        queries: &["assessments"],
        of: SANDBOX,
        tenant: unregistered,
        asked: ("defender_assessments", "{}"),
        said: &["assessments not_registered"],
        complete: true,
    },
    Row {
        means: "other provider not registered, by 409",
        lists: &["/providers/Microsoft.Insights/actionGroups"],
        body: Body::Refused(
            409,
            "MissingSubscriptionRegistration",
            "The subscription is not registered to use microsoft.insights",
        ),
        queries: &[],
        of: SANDBOX,
        tenant: unwatched,
        asked: ("monitor_settings", r#"{"kinds": ["action_groups"]}"#),
        said: &["action_groups not_registered"],
        complete: true,
    },
    Row {
        means: "other provider registered, and not registered by 409",
        lists: &["/providers/Microsoft.Insights/actionGroups"],
        body: Body::Refused(
            409,
            "MissingSubscriptionRegistration",
            "The subscription is not registered to use microsoft.insights",
        ),
        queries: &[],
        of: SANDBOX,
        tenant: Tenant::demo,
        asked: ("monitor_settings", r#"{"kinds": ["action_groups"]}"#),
        said: &["action_groups not_proven"],
        complete: false,
    },
    Row {
        means: "no permission below this scope",
        lists: &[PERMISSIONS],
        body: Body::Rows(r#"[{"actions": ["Microsoft.Storage/*/read"], "notActions": []}]"#),
        queries: &["assessments"],
        of: SANDBOX,
        tenant: Tenant::demo,
        asked: ("defender_assessments", "{}"),
        said: &["assessments not_proven"],
        complete: false,
    },
    Row {
        means: "not scanned yet",
        lists: &[ASSESSMENTS],
        body: EMPTY,
        queries: &["assessments"],
        of: SANDBOX,
        tenant: Tenant::demo,
        asked: ("defender_assessments", "{}"),
        said: &["assessments no_data_yet"],
        complete: true,
    },
    Row {
        means: "plan off",
        lists: &[ASSESSMENTS, SUB_ASSESSMENTS],
        body: EMPTY,
        queries: &["findings", "assessments", "subassessments", "scans"],
        of: SANDBOX,
        tenant: told_demo,
        asked: ("vulnerabilities", r#"{"kinds": ["server"]}"#),
        said: &["vulnerabilities plan_off"],
        complete: true,
    },
    Row {
        means: "not scanned yet",
        lists: &[ASSESSMENTS, SUB_ASSESSMENTS],
        body: EMPTY,
        queries: &["findings", "assessments", "subassessments", "scans"],
        of: PRODUCTION,
        tenant: protected,
        asked: ("vulnerabilities", r#"{"kinds": ["server"]}"#),
        said: &["vulnerabilities no_data_yet"],
        complete: true,
    },
    Row {
        means: "moved to another model",
        lists: &[SUB_ASSESSMENTS],
        body: EMPTY,
        queries: &["subassessments", "scans"],
        of: PRODUCTION,
        tenant: clear,
        asked: ("vulnerabilities", r#"{"kinds": ["server"]}"#),
        said: &[],
        complete: true,
    },
    Row {
        means: "plan off",
        lists: &["/providers/Microsoft.Security/secureScores"],
        body: EMPTY,
        queries: &["securescores"],
        of: SANDBOX,
        tenant: Tenant::demo,
        asked: ("secure_score", r#"{"include_controls": false}"#),
        said: &["secure_scores plan_off"],
        complete: true,
    },
    Row {
        means: "no score where no recommendations apply",
        lists: &["/providers/Microsoft.Security/secureScores"],
        body: EMPTY,
        queries: &["securescores"],
        of: SANDBOX,
        tenant: protected,
        asked: ("secure_score", r#"{"include_controls": false}"#),
        said: &["secure_scores no_data_yet"],
        complete: true,
    },
    Row {
        means: "no standard pricing bundle",
        lists: &[STANDARDS],
        body: NO_BUNDLE,
        queries: &[],
        of: SANDBOX,
        tenant: Tenant::demo,
        asked: ("regulatory_compliance", "{}"),
        said: &["regulatory_compliance_standards plan_off"],
        complete: true,
    },
    Row {
        means: "no standard pricing bundle beside plans that are on",
        lists: &[STANDARDS],
        body: NO_BUNDLE,
        queries: &[],
        of: PRODUCTION,
        tenant: Tenant::demo,
        asked: ("regulatory_compliance", "{}"),
        said: &["Nothing could be read"],
        complete: false,
    },
    Row {
        means: "absent is not passed",
        lists: &[STANDARDS],
        body: EMPTY,
        queries: &["regulatorystandards"],
        of: SANDBOX,
        tenant: protected,
        asked: ("regulatory_compliance", "{}"),
        said: &["regulatory_compliance_standards no_data_yet"],
        complete: true,
    },
    Row {
        means: "never empty: permissions",
        lists: &[PERMISSIONS],
        body: EMPTY,
        queries: &[],
        of: SANDBOX,
        tenant: Tenant::demo,
        asked: ("defender_plans", "{}"),
        said: &["plans not_proven", "resources not_proven"],
        complete: false,
    },
    Row {
        means: "never empty: plans",
        lists: &["/providers/Microsoft.Security/pricings"],
        body: EMPTY,
        queries: &["plans"],
        of: SANDBOX,
        tenant: Tenant::demo,
        asked: ("defender_plans", "{}"),
        said: &["plans not_proven"],
        complete: false,
    },
    Row {
        means: "never empty: roles",
        lists: &["/providers/Microsoft.Authorization/roleAssignments"],
        body: EMPTY,
        queries: &["roleassignments"],
        of: SANDBOX,
        tenant: Tenant::demo,
        asked: ("role_assignments", "{}"),
        said: &["role_assignments not_proven"],
        complete: false,
    },
    Row {
        means: "nothing is assigned, which is an answer",
        lists: &["/providers/Microsoft.Authorization/policyExemptions"],
        body: EMPTY,
        queries: &["policyexemptions"],
        of: SANDBOX,
        tenant: Tenant::demo,
        asked: ("policy_exemptions", r#"{"source": "policy"}"#),
        said: &[],
        complete: true,
    },
    Row {
        means: "nothing is evaluated yet",
        lists: &[],
        body: EMPTY,
        queries: &["policystates"],
        of: SANDBOX,
        tenant: Tenant::demo,
        asked: ("policy_compliance", "{}"),
        said: &["policy_states no_data_yet"],
        complete: true,
    },
    Row {
        means: "nothing is exported, which is an answer",
        lists: &["/providers/Microsoft.Insights/diagnosticSettings"],
        body: EMPTY,
        queries: &[],
        of: SANDBOX,
        tenant: Tenant::demo,
        asked: ("monitor_settings", r#"{"kinds": ["activity_log_export"]}"#),
        said: &[],
        complete: true,
    },
    Row {
        means: "a list of a type of which something is counted",
        lists: &["/providers/Microsoft.KeyVault/vaults"],
        body: EMPTY,
        queries: &["typed"],
        of: SANDBOX,
        tenant: Tenant::demo,
        asked: ("resources", r#"{"resource_types": ["Microsoft.KeyVault/vaults"]}"#),
        said: &["resources incomplete_list"],
        complete: false,
    },
    Row {
        means: "a server without master",
        lists: &["/sql-fab-shop/databases"],
        body: EMPTY,
        queries: &[],
        of: PRODUCTION,
        tenant: Tenant::demo,
        asked: ("resources", r#"{"resource_types": ["Microsoft.Sql/servers/databases"]}"#),
        said: &["resources not_proven"],
        complete: false,
    },
    Row {
        means: "the caller sees nothing",
        lists: &[],
        body: EMPTY,
        queries: &[],
        of: "",
        tenant: unseen,
        asked: ("subscriptions", "{}"),
        said: &["No subscription visible"],
        complete: false,
    },
    Row {
        means: "only groups that the caller can read",
        lists: &["/descendants"],
        body: EMPTY,
        queries: &[],
        of: "",
        tenant: Tenant::demo,
        asked: ("subscriptions", "{}"),
        said: &["management_groups not_proven"],
        complete: false,
    },
];

impl Row {
    fn engines(&self) -> &'static [&'static str] {
        match (self.lists, self.queries) {
            ([], [_, ..]) => &["always"],
            (_, []) => &["never"],
            _ => &["never", "always"],
        }
    }

    /// The tenant in which the lists come so, by either engine.
    fn spoiled(&self) -> Tenant {
        let of = self.of;
        let tenant = self.lists.iter().fold((self.tenant)(), |tenant, list| {
            let fault = Fault::on(*list).method("GET");
            let fault = if of.is_empty() { fault } else { fault.subscription(of) };
            tenant.with_fault(match self.body {
                Body::Rows(rows) => {
                    fault.change(move |body| *body = json!({"value": serde_json::from_str::<Json>(rows).unwrap()}))
                }
                Body::Refused(status, code, message) => fault.refuse(status, code, message),
            })
        });
        self.queries.iter().fold(tenant, |tenant, query| {
            let is_other = move |row: &Json| !row.to_string().to_lowercase().contains(of);
            tenant.with_fault(Fault::on("Microsoft.ResourceGraph").named(query).keep(is_other))
        })
    }

    /// What is said of the subscription, else of the whole.
    fn told(&self, reading: &Reading) -> BTreeSet<String> {
        let words = |gap: String| gap.split(' ').take(2).collect::<Vec<_>>().join(" ");
        match reading.value {
            Some(_) => reading.gaps().into_iter().filter(|gap| gap.contains(self.of)).map(words).collect(),
            None => reading.errors().into_iter().map(str::to_owned).collect(),
        }
    }
}

fn unseen() -> Tenant {
    edited(Tenant::demo(), "subscriptions", Vec::clear)
}

#[tokio::test]
async fn each_answer_without_rows_has_its_own_reason() {
    let mut odd = Vec::new();
    for row in ROWS {
        for engine in row.engines() {
            let block = json!({"environment": "demo", "resource_graph": engine});
            let (name, arguments) = row.asked;
            let inside = Inside::configured(row.spoiled(), block).await;
            let reading = inside.read(name, serde_json::from_str(arguments).unwrap()).await;
            let (told, expected) = (row.told(&reading), row.said.iter().map(|said| (*said).to_owned()).collect::<BTreeSet<_>>());
            let complete = reading.value.as_ref().is_some_and(|answer| answer["complete"] == true);
            if told != expected || complete != row.complete {
                odd.push(format!("{} ({name} {arguments}, {engine}): {told:?}, complete {complete}", row.means));
            }
        }
    }
    assert!(odd.is_empty(), "{} in all:\n{}", odd.len(), odd.join("\n"));
}

/// That there is nothing is an answer in as many cases as it is not one.
#[test]
fn each_meaning_is_tried() {
    let meanings: BTreeSet<&str> = ROWS.iter().map(|row| row.means).collect();
    for named in [
        "no findings",
        "plan off",
        "provider not registered",
        "no permission below this scope",
        "not scanned yet",
        "moved to another model",
    ] {
        assert!(meanings.contains(named), "{named}");
    }
}
