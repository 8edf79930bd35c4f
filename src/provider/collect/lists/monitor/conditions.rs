//! What has to hold for an alert rule to raise an alert, in one line of words. What a query looks for is not among them.

use super::projection::Shown;
use crate::{
    azure::{
        answer::lenient::{List, Number, Part, Text},
        arm::monitor::{ActivityLogField, MetricCriteria, MetricCriterion, QueryCriteria, QueryCriterion},
    },
    text,
};

/// The field of an event that says what was done.
const OPERATION: &str = "operationName";

/// The operations that fields ask for, lower case.
pub(super) fn operations(fields: &[Part<ActivityLogField>], shown: Shown) -> Vec<String> {
    let own = fields.iter().map(|field| (&field.field, &field.equals, &field.contains_any));
    let others = fields.iter().flat_map(|field| field.any_of.iter().flatten());
    let all = own.chain(others.map(|leaf| (&leaf.field, &leaf.equals, &leaf.contains_any)));
    let of_operations = all.filter(|(field, ..)| field.as_deref().is_some_and(|name| name.eq_ignore_ascii_case(OPERATION)));
    let values = of_operations.flat_map(|(_, equals, any)| std::iter::once(equals).chain(any.iter().flatten()));
    values.filter_map(|value| value.as_deref().map(|value| shown.word(&value.to_lowercase()))).collect()
}

/// The condition of a rule on the activity log; none if a part of it is not said.
pub(super) fn of_activity_log(fields: &[Part<ActivityLogField>], shown: Shown) -> Option<String> {
    let one = |field: &Part<ActivityLogField>| match field.any_of.as_deref() {
        None | Some([]) => leaf(&field.field, &field.equals, &field.contains_any, shown),
        Some(leaves) => {
            let all = leaves.iter().map(|one| leaf(&one.field, &one.equals, &one.contains_any, shown));
            all.collect::<Option<Vec<_>>>().map(|all| format!("({})", all.join(" or ")))
        }
    };
    line(fields.iter().map(one))
}

fn leaf(field: &Text, equals: &Text, contains_any: &List<Text>, shown: Shown) -> Option<String> {
    let field = shown.word(field.as_deref()?);
    if let Some(value) = equals.as_deref() {
        return Some(format!("{field} is {}", shown.word(value)));
    }
    let values = contains_any.as_deref().filter(|values| !values.is_empty())?;
    let values = values.iter().map(|value| Some(shown.word(value.as_deref()?))).collect::<Option<Vec<_>>>()?;
    Some(format!("{field} is one of {}", values.join(", ")))
}

/// The condition of a rule on metrics.
pub(super) fn of_metrics(criteria: &MetricCriteria, window: &Text, shown: Shown) -> Option<String> {
    let said = match (criteria.all_of.as_deref(), criteria.failed_location_count.0) {
        (_, Some(places)) => Some(format!("a web test fails in {places} places")),
        (Some(all), None) => line(all.iter().map(|one| of_metric(one, shown))),
        (None, None) => None,
    };
    within(said, window, shown)
}

fn of_metric(criterion: &MetricCriterion, shown: Shown) -> Option<String> {
    let MetricCriterion { metric_name, time_aggregation, operator, threshold, alert_sensitivity } = criterion;
    let aggregation = time_aggregation.as_deref().map(|word| format!("{} of ", shown.word(word))).unwrap_or_default();
    let what = format!("{aggregation}{}", shown.word(metric_name.as_deref()?));
    compared(what, operator, threshold, alert_sensitivity, shown)
}

/// The condition of a rule on the result of a query.
pub(super) fn of_query(kind: &Text, criteria: &QueryCriteria, window: &Text, shown: Shown) -> Option<String> {
    let is = |word: &str| kind.as_deref().is_some_and(|kind| kind.eq_ignore_ascii_case(word));
    let all = criteria.all_of.as_deref()?;
    if is("SimpleLogAlert") {
        return Some("the query finds a row".to_owned());
    }
    if is("LogToMetric") {
        let one = |one: &Part<QueryCriterion>| {
            one.metric_name.as_deref().map(|name| format!("the query becomes the metric {}", shown.word(name)))
        };
        return line(all.iter().map(one));
    }
    within(line(all.iter().map(|one| of_result(one, shown))), window, shown)
}

fn of_result(criterion: &QueryCriterion, shown: Shown) -> Option<String> {
    let QueryCriterion { time_aggregation, operator, threshold, alert_sensitivity, .. } = criterion;
    let what = format!("{} of what the query finds", shown.word(time_aggregation.as_deref()?));
    compared(what, operator, threshold, alert_sensitivity, shown)
}

/// What is compared with a number, or with what is usual.
fn compared(what: String, operator: &Text, threshold: &Number, sensitivity: &Text, shown: Shown) -> Option<String> {
    let operator = shown.word(operator.as_deref()?);
    match (threshold.0, sensitivity.as_deref()) {
        (Some(number), _) => Some(format!("{what} is {operator} {number}")),
        (None, Some(sensitivity)) => {
            Some(format!("{what} is {operator} what is usual, with {} sensitivity", shown.word(sensitivity)))
        }
        (None, None) => None,
    }
}

/// All of them, of which there has to be one.
fn line(all: impl Iterator<Item = Option<String>>) -> Option<String> {
    let all = all.collect::<Option<Vec<_>>>()?;
    (!all.is_empty()).then(|| text::line(all.join(" and ")))
}

fn within(said: Option<String>, window: &Text, shown: Shown) -> Option<String> {
    let window = window.as_deref().map(|window| format!(" within {}", shown.word(window))).unwrap_or_default();
    said.map(|said| text::line(format!("{said}{window}")))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::super::projection::{activity_log_alerts, metric_alerts, query_alerts};
    use crate::posture::monitor::{AlertRule, Setting};

    fn row(properties: Json) -> Json {
        json!({"id": "/a", "name": "a", "properties": properties})
    }

    fn rule(setting: Setting) -> AlertRule {
        setting.rule.unwrap()
    }

    fn of_activity_log(fields: Json) -> AlertRule {
        rule(activity_log_alerts(serde_json::from_value(row(json!({"condition": {"allOf": fields}}))).unwrap(), false))
    }

    #[test]
    fn a_rule_on_the_activity_log_is_told_field_by_field() {
        let category = json!({"field": "category", "equals": "Administrative"});
        let write = json!({"field": "operationName", "equals": "Microsoft.Network/networkSecurityGroups/write"});
        let delete = json!({"field": "operationName", "containsAny": ["Microsoft.Network/networkSecurityGroups/DELETE"]});
        let both = of_activity_log(json!([category, {"anyOf": [write, delete]}]));
        assert_eq!(
            both.condition.as_deref(),
            Some(
                "category is Administrative and (operationName is Microsoft.Network/networkSecurityGroups/write or operationName is one \
                 of Microsoft.Network/networkSecurityGroups/DELETE)"
            )
        );
        let operations = ["microsoft.network/networksecuritygroups/delete", "microsoft.network/networksecuritygroups/write"];
        assert_eq!(both.operation_names, Some(operations.map(str::to_owned).to_vec()));
        for unsaid in [json!([]), json!([category, {"field": "level"}]), json!([{"anyOf": [{"equals": "x"}]}]), json!(null)] {
            assert_eq!(of_activity_log(unsaid.clone()).condition, None, "{unsaid}");
        }
        assert_eq!(of_activity_log(json!(null)).operation_names, None);
    }

    #[test]
    fn a_rule_on_metrics_is_told_with_its_number_or_without() {
        let of = |criteria: Json| {
            let properties = json!({"windowSize": "PT5M", "criteria": criteria});
            rule(metric_alerts(serde_json::from_value(row(properties)).unwrap(), false)).condition
        };
        let cpu = json!({"metricName": "Percentage CPU", "timeAggregation": "Average", "operator": "GreaterThan"});
        let with = |key: &str, value: Json| {
            let mut one = cpu.clone();
            one[key] = value;
            json!({"allOf": [one]})
        };
        let said = |text: &str| Some(format!("{text} within PT5M"));
        assert_eq!(of(with("threshold", json!(80))), said("Average of Percentage CPU is GreaterThan 80"));
        assert_eq!(of(with("threshold", json!(0.5))), said("Average of Percentage CPU is GreaterThan 0.5"));
        let usual = said("Average of Percentage CPU is GreaterThan what is usual, with High sensitivity");
        assert_eq!(of(with("alertSensitivity", json!("High"))), usual);
        assert_eq!(of(json!({"failedLocationCount": 2, "webTestId": "/w"})), said("a web test fails in 2 places"));
        assert_eq!((of(json!({"allOf": [cpu]})), of(json!({})), of(json!({"allOf": []}))), (None, None, None));
    }

    #[test]
    fn what_a_query_looks_for_is_never_told() {
        let of = |kind: &str, criterion: Json| {
            let mut row = row(json!({"windowSize": "PT15M", "criteria": {"allOf": [criterion]}}));
            row["kind"] = json!(kind);
            rule(query_alerts(serde_json::from_value(row).unwrap(), false)).condition
        };
        let query = json!({"query": "SigninLogs | where a == 'secret'", "timeAggregation": "Count", "operator": "GreaterThan", "threshold": 0});
        assert_eq!(of("LogAlert", query.clone()), Some("Count of what the query finds is GreaterThan 0 within PT15M".to_owned()));
        assert_eq!(of("SimpleLogAlert", json!({"query": "secret"})), Some("the query finds a row".to_owned()));
        let metric = json!({"query": "secret", "metricName": "Sign-ins"});
        assert_eq!(of("LogToMetric", metric), Some("the query becomes the metric Sign-ins".to_owned()));
        assert_eq!(of("LogAlert", json!({"query": "secret", "timeAggregation": "Count"})), None);
    }
}
