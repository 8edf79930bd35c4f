//! Terraform's rules, checked on a toy provider: no Azure, no process.

use std::{collections::BTreeMap, time::Duration};

use azposture::sdk::{
    Diagnostics, Number, Path, Result, Severity, Value, docs,
    entry::{
        Configured, DataSource, DataSourceEntry, Function, FunctionEntry, FunctionError, Page, Provider, Tables, Validation,
        ValidationEntry,
    },
    gate::{Gate, Judged},
    msgpack,
    server::{Answer, Object, Server, Wire},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

const PUT_OFF: &str = "tidy_validation: verdict put off until apply";

const PAGE: Page = Page { subcategory: "Toys", permissions: "None." };

struct Toys;

/// The block.
#[derive(Deserialize, JsonSchema)]
struct Settings {
    /// Where.
    host: Option<String>,
}

/// A box of toys.
#[derive(Deserialize, JsonSchema)]
struct BoxArguments {
    /// Which.
    #[schemars(length(min = 3))]
    name: String,
    /// Weight.
    weight: Option<f64>,
    /// Weight in pounds.
    #[deprecated = "use `weight`"]
    #[expect(dead_code, reason = "only its schema is looked at")]
    pounds: Option<f64>,
}

/// What is in it.
#[derive(Serialize, JsonSchema)]
struct BoxAttributes {
    /// Toys.
    toys: Vec<String>,
}

struct ToyBox;

/// What the toys are configured into.
struct Host(String, u32);

impl Configured for Host {
    type Area = &'static str;
    type Stop = Diagnostics;

    fn shows_people(&self) -> bool {
        true
    }

    fn require(&self, area: &'static str) -> Result<()> {
        if self.0 == format!("no {area}") { Err(Diagnostics::of_error("Area is off", area)) } else { Ok(()) }
    }

    fn time_limit(&self) -> Duration {
        Duration::from_secs(60)
    }

    fn out_of_time(&self) -> Diagnostics {
        Diagnostics::of_error("Timed out", &self.0)
    }

    fn fresh(&self) -> Self {
        Self(self.0.clone(), self.1 + 1)
    }
}

impl DataSource for ToyBox {
    const NAME: &'static str = "box";
    const PAGE: Page = PAGE;
    type Context = Host;
    const AREA: Option<&'static str> = Some("boxes");
    type Arguments = BoxArguments;
    type Attributes = BoxAttributes;

    async fn read(arguments: BoxArguments, Host(host, _): &Host, warnings: &mut Diagnostics) -> Result<BoxAttributes> {
        if arguments.name == "slow" {
            tokio::time::sleep(Duration::from_secs(3600)).await;
        }
        if arguments.weight.is_some_and(|weight| weight > 10.0) {
            warnings.warning(Path::attribute("weight"), "Heavy", "Careful.");
        }
        Ok(BoxAttributes { toys: vec![format!("{} at {host}", arguments.name)] })
    }
}

/// Is it tidy?
#[derive(Deserialize, JsonSchema)]
struct TidyArguments {
    /// Toys on the floor.
    on_floor: u32,
}

/// What all validations take.
#[derive(Deserialize, JsonSchema)]
struct Patience {
    /// Anything.
    triggers: Option<BTreeMap<String, String>>,
}

/// Counts.
#[derive(Serialize, JsonSchema)]
struct TidyCounts {
    /// Checked.
    checked: u32,
}

impl Gate for Patience {
    type Context = Host;
    type Judgement = u32;
    type Unjudged = Diagnostics;
    type Counts = TidyCounts;

    fn reads_afresh(&self) -> bool {
        false
    }

    fn patience(&self) -> Duration {
        Duration::from_secs(if self.triggers.is_some() { 50 } else { 0 })
    }

    fn is_final(judged: &Judged<Self>) -> bool {
        matches!(judged, Ok(0))
    }

    fn outcome(&self, name: &str, judged: Judged<Self>, _: &Host, _: &mut Diagnostics) -> Result<TidyCounts> {
        match judged? {
            0 => Ok(TidyCounts { checked: 1 }),
            toys => Err(Diagnostics::of_error("Untidy", format!("{name}: {toys} toys on the floor."))),
        }
    }
}

struct Tidy;

impl Validation for Tidy {
    const NAME: &'static str = "tidy_validation";
    const PAGE: Page = PAGE;
    type Context = Host;
    const AREA: Option<&'static str> = Some("floors");
    type Gate = Patience;
    type Arguments = TidyArguments;

    async fn judge(arguments: &TidyArguments, _: &Patience, host: &Host, advice: &mut Diagnostics) -> Judged<Patience> {
        if arguments.on_floor == ENDLESS {
            tokio::time::sleep(Duration::from_secs(3600)).await;
        }
        // Whoever lives there takes one away between two readings.
        let left = arguments.on_floor.saturating_sub(host.1);
        if arguments.on_floor > 4 {
            advice.warning(Path::attribute("on_floor"), format!("{left} left"), "Careful.");
        }
        Ok(left)
    }
}

/// So many toys that nobody has ever counted them.
const ENDLESS: u32 = 1000;

/// Doubles.
#[derive(Deserialize, JsonSchema)]
struct DoubleArguments {
    /// A number.
    #[schemars(range(min = 0, max = 100))]
    number: i64,
}

struct Double;

impl Function for Double {
    const NAME: &'static str = "double";
    const SUMMARY: &'static str = "Doubles";
    type Arguments = DoubleArguments;
    type Answer = i64;

    fn call(arguments: DoubleArguments) -> std::result::Result<i64, FunctionError> {
        if arguments.number == 13 {
            return Err(FunctionError::about(0, "not that one"));
        }
        Ok(arguments.number * 2)
    }
}

impl Provider for Toys {
    const NAME: &'static str = "toys";
    const ADDRESSES: &'static [&'static str] = &["registry.terraform.io/toys/toys", "registry.opentofu.org/toys/toys"];
    const VERSION: &'static str = "0.0.0";
    type Settings = Settings;
    type Context = Host;
    const TABLES: Tables<Host> = Tables {
        data_sources: &[&[DataSourceEntry::of::<ToyBox>()]],
        validations: &[&[ValidationEntry::of::<Tidy>()]],
        functions: &[&[FunctionEntry::of::<Double>()]],
    };

    fn check(&self, settings: &Settings, problems: &mut Diagnostics) {
        if settings.host.as_deref() == Some("nowhere") {
            problems.error(Path::attribute("host"), "No such host", "Pick another.");
        }
    }

    fn configure(&self, settings: Settings, _: &str, _: &mut Diagnostics) -> Result<Host> {
        Ok(Host(settings.host.unwrap_or_else(|| "home".to_owned()), 0))
    }
}

fn object(entries: &[(&str, Value)]) -> Value {
    Value::Map(entries.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect())
}

fn int(number: i64) -> Value {
    Value::Number(Number::Int(number))
}

fn wire(value: &Value) -> Wire {
    Wire { msgpack: msgpack::encode(value).unwrap(), json: Vec::new() }
}

fn value(answer: &Answer) -> Value {
    msgpack::decode(answer.value.as_ref().unwrap()).unwrap()
}

fn summaries(diagnostics: &Diagnostics) -> Vec<&str> {
    diagnostics.iter().map(|diagnostic| diagnostic.summary.as_str()).collect()
}

async fn configured(host: Value) -> Server<Toys> {
    let server = Server::new(Toys);
    assert!(server.configure("1.11.4", wire(&object(&[("host", host)]))).await.is_empty());
    server
}

#[tokio::test]
async fn a_block_that_is_refused_leaves_nothing_of_an_earlier_one() {
    let server = configured(Value::Null).await;
    let another = server.another();
    let read = async |server: &Server<Toys>| {
        let config = tidy(int(0), Value::Null);
        summaries(&plan(server, &Value::Null, &config).await.diagnostics).into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(read(&server).await, Vec::<String>::new());
    assert_eq!(read(&another).await, ["Provider is not configured"]);
    let broken = object(&[("host", Value::List(vec![]))]);
    assert!(server.configure("1.11.4", wire(&broken)).await.has_errors());
    assert_eq!(read(&server).await, ["Provider is not configured"]);
    assert!(another.configure("1.11.4", wire(&object(&[("host", Value::Null)]))).await.is_empty());
    assert_eq!(read(&another).await, Vec::<String>::new());
    server.stop();
    assert_eq!(read(&another).await, ["Stopped"]);
}

fn tidy(on_floor: Value, triggers: Value) -> Value {
    object(&[("on_floor", on_floor), ("triggers", triggers)])
}

async fn plan(server: &Server<Toys>, prior: &Value, config: &Value) -> Answer {
    server.plan("toys_tidy_validation", wire(prior), wire(config), wire(config)).await
}

#[test]
fn every_type_of_the_toy_provider_has_a_schema() {
    let server = Server::new(Toys);
    let catalogue = server.catalogue();
    assert!(catalogue.problems.is_empty());
    assert_eq!(catalogue.data_sources.keys().collect::<Vec<_>>(), ["toys_box"]);
    assert_eq!(catalogue.resources.keys().collect::<Vec<_>>(), ["toys_tidy_validation"]);
    let names = |schema: &azposture::sdk::schema::Schema| schema.attributes.iter().map(|a| a.name.clone()).collect::<Vec<_>>();
    assert_eq!(names(&catalogue.resources["toys_tidy_validation"]), ["on_floor", "triggers"], "no computed attribute at all");
    assert_eq!(names(&catalogue.ephemeral_resources["toys_tidy_validation"]), ["on_floor", "triggers", "checked"]);
}

#[test]
fn a_deprecated_attribute_is_marked_in_the_schema_and_on_its_page() {
    let server = Server::new(Toys);
    let attributes = &server.catalogue().data_sources["toys_box"].attributes;
    let marked: Vec<_> = attributes.iter().filter(|one| one.deprecated).map(|one| one.name.as_str()).collect();
    assert_eq!(marked, ["pounds"]);
    let pages = docs::render(&server, &|_| None, &[]);
    let (_, page) = pages.iter().find(|(name, _)| name.contains("data-sources/box")).unwrap();
    let lines: Vec<_> = page.lines().filter(|line| line.contains("Deprecated")).collect();
    assert!(lines.len() == 1 && lines[0].starts_with("- `pounds` (Number, Deprecated)"), "{page}");
}

#[tokio::test]
async fn a_read_echoes_the_configuration_and_adds_the_answer() {
    let server = configured(Value::Null).await;
    // 9.8 travels as a decimal string and has to come back as one.
    let config = object(&[("name", Value::from("lego")), ("weight", Value::from("19.8")), ("toys", Value::Null)]);
    let answer = server.read_data_source("toys_box", wire(&config)).await;
    assert_eq!(summaries(&answer.diagnostics), ["Heavy"]);
    let read = value(&answer);
    assert_eq!(read.get("weight"), &Value::from("19.8"));
    assert_eq!(read.get("toys"), &Value::List(vec![Value::from("lego at home")]));
}

#[tokio::test]
async fn rules_are_checked_at_validate_and_unknowns_are_passed_over() {
    let server = Server::new(Toys);
    let short = object(&[("name", Value::from("ab")), ("weight", Value::Null), ("toys", Value::Null)]);
    let problems = server.validate(Object::DataSource, "toys_box", wire(&short)).await;
    assert_eq!(problems.iter().next().unwrap().path, Path::attribute("name"));
    let unknown = object(&[("name", Value::Unknown), ("weight", Value::Unknown), ("toys", Value::Null)]);
    assert!(server.validate(Object::DataSource, "toys_box", wire(&unknown)).await.is_empty());
    assert_eq!(summaries(&server.validate(Object::Resource, "toys_box", wire(&short)).await), ["Unknown type"]);
    let heavy = tidy(int(1 << 32), Value::Null);
    let problems = server.validate(Object::Resource, "toys_tidy_validation", wire(&heavy)).await;
    assert_eq!(problems.iter().next().unwrap().detail, "`on_floor` is 4294967296; it has to be between 0 and 4294967295.");
    let nowhere = object(&[("host", Value::from("nowhere"))]);
    assert_eq!(summaries(&server.validate_provider(wire(&nowhere)).await), ["No such host"]);
}

#[tokio::test]
async fn an_unknown_provider_argument_is_named_by_a_read_and_planned_by_a_validation() {
    let server = configured(Value::Unknown).await;
    let config = object(&[("name", Value::from("lego")), ("weight", Value::Null), ("toys", Value::Null)]);
    let answer = server.read_data_source("toys_box", wire(&config)).await;
    assert_eq!(summaries(&answer.diagnostics), ["Provider configuration is not known yet"]);
    assert!(answer.diagnostics.iter().next().unwrap().detail.contains("`host`"));

    let red = tidy(int(3), Value::Null);
    let planned = plan(&server, &Value::Null, &red).await;
    assert_eq!(summaries(&planned.diagnostics), [PUT_OFF], "a new validation is planned again at apply, with known values");
    assert!(
        planned.diagnostics.iter().next().unwrap().detail.starts_with("Not known before apply: `host` of the provider block.")
    );
    assert_eq!(value(&planned), red);
    let unchanged = plan(&server, &red, &red).await;
    assert_eq!(summaries(&unchanged.diagnostics), ["Provider configuration is not known yet"], "nobody would ever verify it");
}

#[tokio::test]
async fn a_managed_validation_plans_what_is_configured_and_is_red_in_the_plan() {
    let server = configured(Value::Null).await;
    let green = tidy(int(0), Value::Null);
    let planned = plan(&server, &Value::Null, &green).await;
    assert!(planned.diagnostics.is_empty());
    assert_eq!(value(&planned), green);
    assert_eq!(summaries(&plan(&server, &green, &tidy(int(2), Value::Null)).await.diagnostics), ["Untidy"]);
}

#[tokio::test]
async fn an_unknown_trigger_defers_the_verdict() {
    let server = configured(Value::Null).await;
    let waiting = tidy(int(2), object(&[("when", Value::Unknown)]));
    let planned = plan(&server, &Value::Null, &waiting).await;
    assert_eq!(summaries(&planned.diagnostics), [PUT_OFF], "a plan without a verdict must not look like a green one");
    let warning = planned.diagnostics.iter().next().unwrap();
    assert_eq!((warning.severity, &warning.path), (Severity::Warning, &Path::attribute("triggers")));
    assert!(warning.detail.starts_with("Not known before apply: `triggers`."), "{}", warning.detail);
    assert_eq!(value(&planned), waiting, "unknowns stay unknown in the plan");
    let destroyed = server.plan("toys_tidy_validation", wire(&waiting), wire(&Value::Null), wire(&Value::Null)).await;
    assert!(destroyed.diagnostics.is_empty());
}

#[tokio::test]
async fn refresh_apply_and_upgrade_return_what_is_stored_without_being_configured() {
    let server = Server::new(Toys);
    let state = tidy(int(0), Value::Null);
    assert_eq!(value(&server.read_resource("toys_tidy_validation", wire(&state)).await), state);
    assert_eq!(value(&server.apply("toys_tidy_validation", wire(&state), wire(&Value::Null)).await), Value::Null);
    let upgraded = server.upgrade_state("toys_tidy_validation", 0, br#"{"on_floor":0}"#, false).await;
    assert_eq!(value(&upgraded), state);
    let foreign = server.upgrade_state("toys_tidy_validation", 0, br#"{"x":0}"#, false).await;
    assert_eq!(summaries(&foreign.diagnostics), ["Unreadable state"]);
    assert_eq!(summaries(&server.import("toys_tidy_validation", "x").await), ["Nothing to import"]);
}

#[tokio::test]
async fn the_ephemeral_form_verifies_and_counts() {
    let server = configured(Value::Null).await;
    let config = |toys| object(&[("on_floor", int(toys)), ("triggers", Value::Null), ("checked", Value::Null)]);
    let green = server.open_ephemeral("toys_tidy_validation", wire(&config(0))).await;
    assert_eq!(value(&green).get("checked"), &int(1));
    let red = server.open_ephemeral("toys_tidy_validation", wire(&config(1))).await;
    assert_eq!(summaries(&red.diagnostics), ["Untidy"]);
}

#[tokio::test]
async fn functions_work_unconfigured_and_name_the_argument() {
    let server = Server::new(Toys);
    let call = async |number| server.call_function("double", vec![wire(&number)]).await;
    assert_eq!(msgpack::decode(&call(int(21)).await.unwrap()), Ok(int(42)));
    assert_eq!(call(int(13)).await, Err(FunctionError::about(0, "not that one")));
    assert_eq!(call(int(101)).await.unwrap_err().argument, Some(0));
    assert_eq!(call(Value::Bool(true)).await.unwrap_err().argument, Some(0));
    assert_eq!(server.call_function("triple", vec![]).await.unwrap_err().argument, None);
}

#[tokio::test]
async fn stop_gives_up_the_work_in_flight() {
    let server = std::sync::Arc::new(configured(Value::Null).await);
    let slow = object(&[("name", Value::from("slow")), ("weight", Value::Null), ("toys", Value::Null)]);
    let reading = tokio::spawn({
        let server = server.clone();
        async move { server.read_data_source("toys_box", wire(&slow)).await }
    });
    tokio::task::yield_now().await;
    server.stop();
    assert_eq!(summaries(&reading.await.unwrap().diagnostics), ["Stopped"]);
}

#[tokio::test]
async fn bytes_that_are_no_value_are_a_diagnostic() {
    let server = configured(Value::Null).await;
    let junk = Wire { msgpack: vec![0xdd, 0xff, 0xff, 0xff, 0xff], json: Vec::new() };
    let answer = server.read_data_source("toys_box", junk).await;
    assert_eq!(summaries(&answer.diagnostics), ["The value Terraform sent does not fit the schema"]);
}

#[tokio::test(start_paused = true)]
async fn no_read_outlives_its_time_or_is_made_in_an_area_that_is_off() {
    let read = async |host: &str, name: &str| {
        let server = configured(Value::from(host)).await;
        let config = object(&[("name", Value::from(name)), ("weight", Value::Null), ("toys", Value::Null)]);
        let answer = server.read_data_source("toys_box", wire(&config)).await;
        summaries(&answer.diagnostics).into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(read("home", "quick").await, Vec::<String>::new());
    assert_eq!(read("home", "slow").await, ["Timed out"]);
    assert_eq!(read("no boxes", "quick").await, ["Area is off"]);
    let server = configured(Value::from("no floors")).await;
    assert_eq!(summaries(&plan(&server, &Value::Null, &tidy(int(0), Value::Null)).await.diagnostics), ["Area is off"]);
}

#[tokio::test(start_paused = true)]
async fn a_verdict_is_read_again_until_it_is_final_and_the_last_reading_advises() {
    let said = async |on_floor: i64, waits: bool| {
        let triggers = if waits { object(&[("when", Value::from("now"))]) } else { Value::Null };
        let server = configured(Value::Null).await;
        let started = tokio::time::Instant::now();
        let answer = plan(&server, &Value::Null, &tidy(int(on_floor), triggers)).await;
        let said: Vec<_> = answer.diagnostics.iter().map(|one| one.summary.clone()).collect();
        (started.elapsed().as_secs(), said)
    };
    // The second reading is 15 seconds after the first, the next 30 seconds after that; 50 are granted.
    assert_eq!(said(0, true).await, (0, vec![]));
    assert_eq!(said(2, false).await, (0, vec!["Untidy".to_owned()]));
    assert_eq!(said(1, true).await, (15, vec![]));
    assert_eq!(said(9, true).await, (45, vec!["8 left".to_owned(), "Untidy".to_owned()]));
    assert_eq!(said(ENDLESS.into(), false).await, (60, vec!["Timed out".to_owned()]), "each reading has its own deadline");
}
