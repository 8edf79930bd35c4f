//! Logs as the host reads them: one JSON object a line on stderr (hclog). Decides which events are written at all; without one of
//! the `TF_LOG` variables none is, and nothing is spent on them.

use std::{
    collections::BTreeMap,
    fmt,
    io::{self, Write},
};

use time::{OffsetDateTime, format_description::BorrowedFormatItem, macros::format_description};
use tracing::{
    Event, Level, Metadata, Subscriber,
    field::{Field, Visit},
    level_filters::LevelFilter,
};
use tracing_subscriber::{
    Registry,
    layer::{Context, Layer, SubscriberExt},
};

use crate::text::masked;

/// The first that is set decides.
const VARIABLES: [&str; 3] = ["TF_LOG_PROVIDER_AZPOSTURE", "TF_LOG_PROVIDER", "TF_LOG"];
/// Whose events are written; a library's only at debug or trace, and never its trace events, which may hold bodies.
const OWN: &str = env!("CARGO_CRATE_NAME");
const LIBRARIES: [&str; 2] = ["azure_core", "azure_identity"];
/// The host cuts lines of 64 KiB into fragments that it cannot parse (hashicorp/go-plugin client.go).
const LONGEST_LINE: usize = 60 * 1024;
/// The host takes exactly six decimals; any other line is plain text to it.
const TIMESTAMP: &[BorrowedFormatItem<'_>] =
    format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:6]Z");

/// Starts logging, if a variable asks for it.
pub(super) fn install(variable: impl Fn(&str) -> Option<String>) {
    let level = level(variable);
    if level != LevelFilter::OFF {
        // Refused only if there is a logger already, which is then as good.
        let _ = tracing::subscriber::set_global_default(Registry::default().with(Hclog(level)));
    }
}

/// `json` is Terraform's word for everything in JSON; a word it does not know, such as `1`, means trace to it, too.
fn level(variable: impl Fn(&str) -> Option<String>) -> LevelFilter {
    let set = VARIABLES.iter().find_map(|name| variable(name).filter(|value| !value.is_empty()));
    match set.map(|value| value.to_ascii_lowercase()).as_deref() {
        None | Some("off") => LevelFilter::OFF,
        Some("error") => LevelFilter::ERROR,
        Some("warn") => LevelFilter::WARN,
        Some("info") => LevelFilter::INFO,
        Some("debug") => LevelFilter::DEBUG,
        Some(_) => LevelFilter::TRACE,
    }
}

struct Hclog(LevelFilter);

impl<S: Subscriber> Layer<S> for Hclog {
    fn enabled(&self, metadata: &Metadata<'_>, _: Context<'_, S>) -> bool {
        let level = *metadata.level();
        let within = |krate: &str| metadata.target().split("::").next() == Some(krate);
        let wanted = within(OWN) || (self.0 >= LevelFilter::DEBUG && level <= Level::DEBUG && LIBRARIES.into_iter().any(within));
        wanted && level <= self.0
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(self.0)
    }

    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut values = Values::default();
        event.record(&mut values);
        let now = OffsetDateTime::now_utc().format(TIMESTAMP).unwrap_or_default();
        let line = line(event.metadata(), &now, &values.0);
        // Nothing can be done about a closed stderr.
        let _ = io::stderr().lock().write_all(line.as_bytes());
    }
}

/// All fields of an event as text, without tokens.
#[derive(Default)]
struct Values(BTreeMap<&'static str, String>);

impl Visit for Values {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.record_str(field, &format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.insert(field.name(), masked(value).into_owned());
    }
}

/// The line, short enough for the host: as long as it is not, every value is cut further.
fn line(metadata: &Metadata<'_>, timestamp: &str, values: &BTreeMap<&'static str, String>) -> String {
    let mut longest_value = LONGEST_LINE;
    loop {
        let line = json(metadata, timestamp, values, longest_value);
        if line.len() <= LONGEST_LINE || longest_value == 0 {
            return line;
        }
        longest_value /= 2;
    }
}

fn json(metadata: &Metadata<'_>, timestamp: &str, values: &BTreeMap<&'static str, String>, longest_value: usize) -> String {
    let text = |text: &str| serde_json::Value::from(cut(text, longest_value));
    let mut object = serde_json::Map::new();
    object.insert("@level".into(), text(&metadata.level().as_str().to_ascii_lowercase()));
    object.insert("@message".into(), text(values.get("message").map_or("", String::as_str)));
    object.insert("@timestamp".into(), text(timestamp));
    object.insert("@module".into(), text(&metadata.target().replace("::", ".")));
    let fields = values.iter().filter(|(name, _)| **name != "message");
    object.extend(fields.map(|(name, value)| ((*name).to_owned(), text(value))));
    format!("{}\n", serde_json::Value::Object(object))
}

fn cut(text: &str, longest: usize) -> String {
    if text.len() <= longest {
        return text.to_owned();
    }
    let end = (0..=longest).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
    format!("{}…", text.get(..end).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn level_of(variables: &[(&str, &str)]) -> LevelFilter {
        level(|name| variables.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned()))
    }

    /// What is written of the events of `work`.
    fn logged(level: LevelFilter, work: impl FnOnce()) -> Vec<serde_json::Value> {
        use std::sync::{Arc, Mutex};

        struct Into(Hclog, Arc<Mutex<Vec<String>>>);
        impl<S: Subscriber> Layer<S> for Into {
            fn enabled(&self, metadata: &Metadata<'_>, context: Context<'_, S>) -> bool {
                self.0.enabled(metadata, context)
            }
            fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
                let mut values = Values::default();
                event.record(&mut values);
                self.1.lock().unwrap().push(line(event.metadata(), "now", &values.0));
            }
        }
        let lines = Arc::new(Mutex::new(vec![]));
        let subscriber = Registry::default().with(Into(Hclog(level), lines.clone()));
        tracing::subscriber::with_default(subscriber, work);
        let lines = lines.lock().unwrap();
        assert!(lines.iter().all(|line| line.ends_with('\n') && line.len() < 64 * 1024));
        lines.iter().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    #[test]
    fn nothing_is_logged_unless_asked_for() {
        assert_eq!(level_of(&[]), LevelFilter::OFF);
        assert_eq!(level_of(&[("TF_LOG", "")]), LevelFilter::OFF);
    }

    #[test]
    fn the_nearest_variable_decides() {
        assert_eq!(level_of(&[("TF_LOG", "trace"), ("TF_LOG_PROVIDER", "WARN")]), LevelFilter::WARN);
        assert_eq!(level_of(&[("TF_LOG_PROVIDER", "info"), ("TF_LOG_PROVIDER_AZPOSTURE", "off")]), LevelFilter::OFF);
        assert_eq!(level_of(&[("TF_LOG", "json")]), LevelFilter::TRACE);
        assert_eq!(level_of(&[("TF_LOG", "error"), ("TF_LOG_PROVIDER", "")]), LevelFilter::ERROR);
    }

    #[test]
    fn a_line_carries_the_keys_the_host_looks_for_and_fields_as_text() {
        let lines = logged(LevelFilter::INFO, || {
            tracing::info!(target: "azposture::azure", status = 200, ok = true, path = "/x", "read {}", "it");
        });
        let expected = serde_json::json!({"@level": "info", "@message": "read it", "@timestamp": "now",
            "@module": "azposture.azure", "status": "200", "ok": "true", "path": "/x"});
        assert_eq!(lines, [expected]);
    }

    #[test]
    fn only_this_crate_and_at_debug_the_azure_libraries_are_heard() {
        let events = || {
            tracing::info!(target: "azposture::sdk", "1");
            tracing::warn!(target: "azure_core::http", "2");
            tracing::trace!(target: "azure_identity", "3");
            tracing::error!(target: "h2::frame", "4");
            tracing::error!(target: "azposturefake", "5");
            tracing::trace!(target: "azposture", "6");
        };
        let heard =
            |level| logged(level, events).iter().map(|line| line["@message"].as_str().unwrap().to_owned()).collect::<String>();
        assert_eq!(heard(LevelFilter::INFO), "1");
        assert_eq!(heard(LevelFilter::DEBUG), "12");
        assert_eq!(heard(LevelFilter::TRACE), "126");
    }

    #[test]
    fn a_token_does_not_reach_the_line() {
        let token = format!("eyJ{}.{}", "x".repeat(30), "y".repeat(30));
        let lines = logged(LevelFilter::INFO, || {
            tracing::info!(target: "azposture", header = format!("Bearer {token}"), token, "sent {token:?}");
        });
        assert_eq!(lines[0]["header"], "[redacted]");
        assert!(!lines[0].to_string().contains("eyJ"), "{lines:?}");
    }

    #[test]
    fn a_long_line_is_cut_and_stays_json() {
        let lines = logged(LevelFilter::INFO, || {
            // Each of these characters takes six bytes in JSON.
            tracing::info!(target: "azposture", body = "\u{1}".repeat(100_000), other = "ä".repeat(100_000), "long");
        });
        assert_eq!(lines[0]["@message"], "long");
        assert!(lines[0]["body"].as_str().unwrap().ends_with('…'));
    }

    #[test]
    fn timestamps_have_six_decimals() {
        let text = OffsetDateTime::from_unix_timestamp(1_700_000_000).unwrap().format(TIMESTAMP).unwrap();
        assert_eq!(text, "2023-11-14T22:13:20.000000Z");
    }
}
