//! What a known value has to satisfy beyond its type. Checked at validate time, on the parts that are known.

#[cfg(test)]
mod tests;

use regex_lite::Regex;

use super::{
    Diagnostics, Path, Type, Value,
    diagnostic::Step,
    schema::{Attribute, Kind, Mode, Nesting},
};
use crate::text::quoted;

/// One rule of an attribute.
#[derive(Clone, Debug)]
pub enum Rule {
    /// How many elements a list, set or map may have.
    Items {
        /// At least.
        min: Option<u64>,
        /// At most.
        max: Option<u64>,
    },
    /// How many characters a string may have.
    Length {
        /// At least.
        min: Option<u64>,
        /// At most.
        max: Option<u64>,
    },
    /// The string is one of these words.
    OneOf {
        /// The closed set.
        words: Vec<String>,
        /// Whether case does not matter (words that Azure owns).
        ignore_case: bool,
        /// Mistakes that are told what to write instead.
        hints: Vec<Hint>,
    },
    /// The string has a form.
    Pattern {
        /// The form.
        regex: Regex,
        /// The form in words: "a GUID".
        expected: String,
        /// Mistakes that are told what to write instead.
        hints: Vec<Hint>,
    },
    /// The number lies between bounds.
    Range {
        /// At least.
        min: Option<f64>,
        /// At most.
        max: Option<f64>,
    },
    /// The number has no fraction.
    WholeNumber,
}

/// A mistake that people make, recognized by its form, and the one thing to do about it.
#[derive(Clone, Debug)]
pub struct Hint {
    /// The form of the mistaken value.
    pub form: Regex,
    /// What to write instead; `$1` is the first group of the form.
    pub advice: String,
}

/// Where a value stands, which decides what can be done about an empty one.
#[derive(Clone, Copy, PartialEq)]
enum Stand {
    Element,
    Optional,
    Required,
}

/// A broken rule: what is wrong, and in which words to say so.
struct Problem {
    summary: &'static str,
    detail: String,
}

/// Checks every known value of an object against the rules of its attributes.
pub fn check(attributes: &[Attribute], object: &Value, at: &Path, problems: &mut Diagnostics) {
    for attribute in attributes {
        let path = at.then(Step::Attribute(attribute.name.clone()));
        let value = object.get(&attribute.name);
        let stand = if attribute.mode == Mode::Required { Stand::Required } else { Stand::Optional };
        let named = format!("`{path}`");
        apply(&attribute.rules, value, &path, (&named, stand), problems);
        for (step, element) in elements(value, &attribute.kind) {
            let is_object = matches!(attribute.kind, Kind::Nested(Nesting::Single, _));
            let named = match &step {
                Some(step) => format!("`{}`", path.then(step.clone())),
                None if is_object => named.clone(),
                None => format!("An element of `{path}`"),
            };
            let path = step.map_or_else(|| path.clone(), |step| path.then(step));
            apply(&attribute.element_rules, element, &path, (&named, Stand::Element), problems);
            if let Kind::Nested(_, attributes) = &attribute.kind
                && matches!(element, Value::Map(_))
            {
                check(attributes, element, &path, problems);
            }
        }
    }
}

/// The elements of a value and how to reach each; a single nested object is its own only element. Those of a set have no step:
/// Terraform names them by their value and sorts them, so a position would point at another line of the configuration.
fn elements<'a>(value: &'a Value, kind: &Kind) -> Vec<(Option<Step>, &'a Value)> {
    match (value, kind) {
        (Value::Map(_), Kind::Nested(Nesting::Single, _)) => vec![(None, value)],
        (Value::Map(entries), _) => entries.iter().map(|(key, value)| (Some(Step::Key(key.clone())), value)).collect(),
        (Value::List(elements), Kind::Plain(Type::Set(_)) | Kind::Nested(Nesting::Set, _)) => {
            elements.iter().map(|value| (None, value)).collect()
        }
        (Value::List(elements), _) => {
            elements.iter().enumerate().map(|(index, value)| (Some(Step::Index(index)), value)).collect()
        }
        _ => Vec::new(),
    }
}

/// `of` is what the problem is said of, and where it stands. What has to be there and is null is said here: the types that a value is
/// decoded into would say it in words of their own.
fn apply(rules: &[Rule], value: &Value, path: &Path, of: (&str, Stand), problems: &mut Diagnostics) {
    let (named, stand) = of;
    let missing = match stand {
        Stand::Element => Some(("Invalid value", "is null. Remove it, or give it a value.")),
        Stand::Required => Some(("Missing argument", "is null, and it is required. Give it a value.")),
        Stand::Optional => None,
    };
    if let Some((summary, detail)) = missing.filter(|_| value.is_null()) {
        problems.error(path.clone(), summary, format!("{named} {detail}"));
    }
    for problem in rules.iter().filter_map(|rule| rule.broken_by(value, stand)) {
        problems.error(path.clone(), problem.summary, format!("{named} {}", problem.detail));
    }
}

impl Rule {
    fn broken_by(&self, value: &Value, stand: Stand) -> Option<Problem> {
        let invalid = |detail: String| Some(Problem { summary: "Invalid value", detail });
        match (self, value) {
            (Self::Items { min, max }, Value::List(_) | Value::Map(_)) => {
                let count = match value {
                    Value::List(elements) => elements.len() as u64,
                    Value::Map(entries) => entries.len() as u64,
                    _ => return None,
                };
                if count == 0 && min.is_some_and(|min| min > 0) {
                    let detail = match stand {
                        Stand::Optional => {
                            "is empty, which selects nothing. Leave it out to select everything, or name at least one."
                        }
                        Stand::Element | Stand::Required => "is empty, which selects nothing. Name at least one.",
                    };
                    return Some(Problem { summary: "Nothing selected", detail: detail.into() });
                }
                let outside = outside(count as f64, min.map(|min| min as f64), max.map(|max| max as f64))?;
                invalid(format!("has {count} elements; {outside}."))
            }
            (Self::Length { min, max }, Value::String(text)) => {
                let count = text.chars().count() as u64;
                if count == 0 && min.is_some_and(|min| min > 0) {
                    let detail = match stand {
                        Stand::Element => "is an empty string. Remove it, or give it a value.",
                        Stand::Optional => "is an empty string. Leave the argument out, or use null, if there is no value.",
                        Stand::Required => "is an empty string, and it is required. Give it a value.",
                    };
                    return invalid(detail.into());
                }
                let outside = outside(count as f64, min.map(|min| min as f64), max.map(|max| max as f64))?;
                invalid(format!("has {count} characters; {outside}."))
            }
            (Self::OneOf { words, ignore_case, hints }, Value::String(text)) => {
                let known = words.iter().any(|word| word == text || (*ignore_case && word.eq_ignore_ascii_case(text)));
                // An empty string has its own message.
                (!known && !text.is_empty()).then(|| Problem {
                    summary: "Unknown value",
                    detail: match advice(hints, text) {
                        Some(advice) => format!("is {}. {advice}", quoted(text)),
                        None => unknown_word(text, words),
                    },
                })
            }
            (Self::Pattern { regex, expected, hints }, Value::String(text)) if !text.is_empty() && !regex.is_match(text) => {
                let advice = advice(hints, text).map(|advice| format!(" {advice}")).unwrap_or_default();
                invalid(format!("is {}, which is not {expected}.{advice}", quoted(text)))
            }
            (Self::Range { min, max }, Value::Number(number)) => {
                let outside = outside(number.to_f64(), *min, *max)?;
                invalid(format!("is {}; {outside}.", number.text()))
            }
            (Self::WholeNumber, Value::Number(number)) if number.to_i64().is_none() => {
                invalid(format!("is {}; it has to be a whole number.", number.text()))
            }
            _ => None,
        }
    }
}

/// What is said about a mistake of a known form.
fn advice(hints: &[Hint], text: &str) -> Option<String> {
    hints.iter().find_map(|hint| {
        let mut advice = String::new();
        hint.form.captures(text)?.expand(&hint.advice, &mut advice);
        Some(advice)
    })
}

fn outside(value: f64, min: Option<f64>, max: Option<f64>) -> Option<String> {
    if min.is_none_or(|min| value >= min) && max.is_none_or(|max| value <= max) {
        return None;
    }
    Some(match (min, max) {
        (Some(min), Some(max)) => format!("it has to be between {min} and {max}"),
        (Some(min), None) => format!("it has to be at least {min}"),
        (None, Some(max)) => format!("it has to be at most {max}"),
        (None, None) => return None,
    })
}

/// "is "x", which is none of …; did you mean …": the nearest three when the set is long.
pub fn unknown_word(text: &str, words: &[String]) -> String {
    let words: Vec<String> = words.iter().filter(|word| !word.is_empty()).cloned().collect();
    let shown = quoted(text);
    match words.len() {
        0 => format!("is {shown}, and there is none to choose from."),
        1..=8 => format!("is {shown}; it has to be one of {}.", listed(&words)),
        known => {
            let near = listed(&nearest(text, &words));
            format!("is {shown}, which is not known here. The nearest of {known} known values are {near}.")
        }
    }
}

/// The three words most like a text, without case.
pub fn nearest(text: &str, words: &[String]) -> Vec<String> {
    // No name is longer, and comparing takes the product of both lengths.
    let text: String = text.chars().take(200).collect();
    let (parts, whole) = (parts(&text), text.to_lowercase());
    let mut ranked: Vec<_> = words
        .iter()
        .map(|word| {
            let edits = distance(&whole, &word.to_lowercase());
            (unlikeness(&parts, &whole, word), edits, word)
        })
        .collect();
    ranked.sort();
    ranked.into_iter().take(3).map(|(.., word)| word.clone()).collect()
}

/// How little of a text is in a word, in thousandths: by the parts of the text, because people leave parts of long names out
/// ("blob reader") and change their order, or by the whole of it, where they write them together ("keyvault").
fn unlikeness(text: &[String], whole: &str, word: &str) -> usize {
    let own = parts(word);
    let share = |a: &str, b: &str| 1000 * distance(a, b) / a.chars().count().max(b.chars().count()).max(1);
    let least = |part: &String| own.iter().map(|own| share(part, own)).min().unwrap_or(1000);
    let by_parts = text.iter().map(least).sum::<usize>() / text.len().max(1);
    let plain = |text: &str| text.chars().filter(|character| character.is_alphanumeric()).collect::<String>();
    by_parts.min(share(&plain(whole), &plain(&word.to_lowercase())))
}

/// The words that a name is made of, lower case: they are divided by what is no letter or digit, or begin with a capital letter.
fn parts(name: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut after_small = false;
    for character in name.chars() {
        if !character.is_alphanumeric() || (after_small && character.is_uppercase()) {
            parts.push(String::new());
        }
        after_small = character.is_lowercase();
        if let Some(last) = parts.last_mut().filter(|_| character.is_alphanumeric()) {
            last.extend(character.to_lowercase());
        }
    }
    parts.retain(|part| !part.is_empty());
    parts
}

fn listed(words: &[String]) -> String {
    words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
}

/// Levenshtein's distance, one row at a time.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (above, from) in a.chars().enumerate() {
        let mut diagonal = above;
        let mut left = above + 1;
        for (cell, to) in row.iter_mut().skip(1).zip(&b) {
            let next = (diagonal + usize::from(from != *to)).min(*cell + 1).min(left + 1);
            diagonal = *cell;
            *cell = next;
            left = next;
        }
        if let Some(first) = row.first_mut() {
            *first = above + 1;
        }
    }
    row.last().copied().unwrap_or_default()
}
