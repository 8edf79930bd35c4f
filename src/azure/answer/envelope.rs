//! What an error body says, whatever it comes in: Resource Manager, Microsoft Graph, OData v1, OAuth, and messages that are JSON
//! themselves, as those of Microsoft Graph's role endpoints are. The innermost of such a message is what really happened.

use serde_json::Value;

/// What a refusal says.
#[derive(Debug, Default)]
pub(in crate::azure) struct Said {
    /// The code that decides first, then those of details, inner errors, and what it came in.
    pub(in crate::azure) codes: Vec<String>,
    pub(in crate::azure) message: String,
    /// What the details point at, a resource provider's namespace for example.
    pub(in crate::azure) target: Option<String>,
    /// The ids of this one event, the request's first.
    pub(in crate::azure) ids: Vec<String>,
}

/// Deeper than this no service nests.
const DEEPEST: usize = 12;
/// So many braces of a message are tried as the beginning of JSON.
const MOST_TRIED: usize = 16;

const CODES: [&str; 5] = ["code", "errorCode", "Code", "ErrorCode", "errorcode"];
const MESSAGES: [&str; 6] = ["message", "Message", "error_description", "errorMessage", "ErrorMessage", "errorDescription"];
const IDS: [&str; 10] = [
    "request-id",
    "requestId",
    "RequestId",
    "client-request-id",
    "correlation_id",
    "correlationId",
    "CorrelationId",
    "trace_id",
    "activityId",
    "ActivityId",
];

/// Opens the JSON of an error body.
pub(in crate::azure) fn open(body: &Value) -> Said {
    opened(body, DEEPEST)
}

/// Opens what is JSON in a text; none if nothing in it is an error.
pub(in crate::azure) fn open_text(text: &str) -> Option<Said> {
    within(text, DEEPEST)
}

fn opened(body: &Value, depth: usize) -> Said {
    let mut said = Said::default();
    let error = ["error", "odata.error", "Error"].iter().find_map(|key| body.get(key));
    match error {
        Some(Value::String(text)) => {
            let inner = within(text, depth);
            let code = if inner.is_none() { Some(text.clone()) } else { None };
            inner.into_iter().for_each(|inner| said.add(inner));
            collect(body, &mut said, depth);
            said.codes.extend(code);
        }
        Some(error @ Value::Object(_)) => {
            said.ids = ids(body);
            collect(error, &mut said, depth);
        }
        Some(_) | None => collect(body, &mut said, depth),
    }
    said
}

fn collect(error: &Value, said: &mut Said, depth: usize) {
    let Some(depth) = depth.checked_sub(1) else { return };
    let message = MESSAGES.iter().find_map(|key| text(error, key)).or_else(|| text(error.get("message")?, "value"));
    let message = message.filter(|message| !message.is_empty());
    match message.as_ref().and_then(|message| within(message, depth)) {
        Some(inner) => said.add(inner),
        None => said.append(message.as_deref().unwrap_or_default()),
    }
    let code = CODES.iter().find_map(|key| text(error, key)).filter(|code| !code.is_empty());
    said.codes.extend(code.filter(|code| !said.codes.contains(code)));
    said.target = said.target.take().or_else(|| text(error, "target"));
    said.ids.extend(ids(error));
    for inner in ["innerError", "innererror"].into_iter().filter_map(|key| error.get(key)) {
        collect(inner, said, depth);
    }
    for detail in error.get("details").and_then(Value::as_array).into_iter().flatten() {
        collect(detail, said, depth);
    }
}

/// What the error says that is JSON somewhere in a message, with the message's own words around it.
fn within(message: &str, depth: usize) -> Option<Said> {
    let depth = depth.checked_sub(1)?;
    if let Ok(Value::String(inner)) = serde_json::from_str(message) {
        return within(&inner, depth).or(Some(Said { message: inner, ..Said::default() }));
    }
    for (start, _) in message.match_indices('{').take(MOST_TRIED) {
        let (before, rest) = message.split_at(start);
        let mut values = serde_json::Deserializer::from_str(rest).into_iter::<Value>();
        let Some(Ok(value)) = values.next() else { continue };
        let after = rest.get(values.byte_offset()..).unwrap_or_default();
        let mut inner = opened(&value, depth);
        if inner.codes.is_empty() && inner.message.is_empty() {
            continue;
        }
        let parts = [bare(before), inner.message.as_str(), bare(after)];
        inner.message = parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ");
        return Some(inner);
    }
    // Escaped once more than it was quoted.
    message.contains("{\\\"").then(|| within(&message.replace("\\\"", "\"").replace("\\\\", "\\"), depth)).flatten()
}

/// The words around an envelope, without what quotes it; empty if there are none.
fn bare(text: &str) -> &str {
    let text = text.trim_matches(|c: char| c.is_whitespace() || "\"'`".contains(c));
    if text.contains(char::is_alphanumeric) { text } else { "" }
}

impl Said {
    fn add(&mut self, inner: Self) {
        self.append(&inner.message);
        self.codes.extend(inner.codes);
        self.ids.extend(inner.ids);
        self.target = self.target.take().or(inner.target);
    }

    fn append(&mut self, message: &str) {
        if self.message.is_empty() {
            message.clone_into(&mut self.message);
        } else if !self.message.contains(message) {
            self.message = format!("{} {message}", self.message);
        }
    }
}

fn ids(error: &Value) -> Vec<String> {
    IDS.iter().filter_map(|key| text(error, key)).filter(|id| !id.is_empty()).collect()
}

fn text(value: &Value, key: &str) -> Option<String> {
    match value.get(key)? {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const LACKING: &str = "Authorization failed due to missing permission scope RoleManagement.Read.All.";

    fn inner(code: &str) -> Value {
        json!({"errorCode": code, "message": LACKING, "instanceAnnotations": []})
    }

    fn outer(message: impl Into<Value>) -> Value {
        json!({"error": {"code": "UnknownError", "message": message.into(), "innerError": {"date": "d", "request-id": "rid"}}})
    }

    #[test]
    fn a_message_that_is_json_is_opened_in_every_shape() {
        let code = "PermissionScopeNotGranted";
        let plain = inner(code).to_string();
        let twice = Value::String(plain.clone()).to_string();
        let nested = outer(plain.clone()).to_string();
        for (name, body, around) in [
            ("as Microsoft Graph's role endpoints send it", outer(plain.clone()), ["", ""]),
            ("with blanks around", outer(format!(" \r\n{plain}\r\n")), ["", ""]),
            ("with words before", outer(format!("Request failed: {plain}")), ["Request failed: ", ""]),
            ("with words after", outer(format!("{plain} Try later.")), ["", " Try later."]),
            ("after braces that are none", outer(format!("Call {{0}} said {plain}")), ["Call {0} said ", ""]),
            ("as a string in a string", outer(twice.clone()), ["", ""]),
            ("as a string with words before", outer(format!("It said {twice}")), ["It said ", ""]),
            ("an envelope in an envelope", outer(nested.clone()), ["", ""]),
            ("the same behind words", outer(format!("Batch part 1: {nested}")), ["Batch part 1: ", ""]),
            ("with other spellings", outer(json!({"Code": code, "Message": LACKING}).to_string()), ["", ""]),
            ("as an error of its own", outer(json!({"error": {"code": code, "message": LACKING}}).to_string()), ["", ""]),
            ("in the value of OData v1", json!({"odata.error": {"code": "UnknownError", "message": {"value": plain}}}), ["", ""]),
            ("without a code outside", json!({"error": {"code": "", "message": plain}}), ["", ""]),
            ("at the top", json!({"code": "UnknownError", "message": plain}), ["", ""]),
            ("as the error itself", json!({"error": plain}), ["", ""]),
            ("as an OAuth description", json!({"error": "UnknownError", "error_description": plain}), ["", ""]),
        ] {
            let said = open(&body);
            let first = said.codes.iter().find(|code| !code.is_empty()).map(String::as_str);
            assert_eq!(first, Some(code), "{name}: {said:?}");
            assert_eq!(said.message, format!("{}{LACKING}{}", around[0], around[1]), "{name}");
            assert!(!said.message.contains("instanceAnnotations"), "{name}");
        }
    }

    #[test]
    fn any_inner_code_comes_before_the_outer_one() {
        for code in ["PermissionScopeNotGranted", "TenantNotOnboarded", "AadPremiumLicenseRequired", "SomethingNew"] {
            let said = open(&outer(inner(code).to_string()));
            assert_eq!((said.codes, said.ids), (vec![code.to_owned(), "UnknownError".to_owned()], vec!["rid".to_owned()]));
        }
    }

    #[test]
    fn json_that_is_no_error_stays_in_its_message() {
        for message in [r#"The value {"x": 1} is invalid."#, "Unbalanced { here", "{}", "[1]", r#"{"a":{"b":{"c":1}}}"#] {
            let said = open(&outer(message));
            assert_eq!((said.codes, said.message), (vec!["UnknownError".to_owned()], message.to_owned()));
        }
        assert!(open_text("no JSON here").is_none());
    }

    #[test]
    fn an_envelope_without_end_is_opened_only_so_far() {
        let mut body = outer("core");
        for _ in 0..9 {
            body = outer(body.to_string());
        }
        assert_eq!(open(&body).codes.first().map(String::as_str), Some("UnknownError"));
    }
}
