//! The part of the Kusto query language that our own queries use, so that the demo runs their texts and not what somebody thinks
//! they say. Anything else is an invalid query, as it is to the service when misspelt.

use std::{collections::BTreeMap, sync::Arc};

use serde_json::{Map, Value, json};

/// A row of a table.
pub(super) type Row = Map<String, Value>;

/// A query, parsed.
#[derive(Debug)]
pub(super) struct Query {
    /// The table it reads.
    pub(super) table: String,
    steps: Vec<Step>,
}

#[derive(Debug)]
enum Step {
    Distinct(Columns),
    Extend(Columns),
    Order(Vec<Expression>),
    Project(Columns),
    Summarize(Columns, Columns),
    Take(usize),
    Where(Condition),
}

/// Expressions with the names of their columns.
type Columns = Vec<(String, Expression)>;

#[derive(Debug)]
enum Expression {
    Call(String, Vec<Expression>),
    If(Box<(Condition, Expression, Expression)>),
    Number(i64),
    Path(Vec<String>),
    Text(String),
}

#[derive(Debug)]
enum Condition {
    All(Vec<Condition>),
    Any(Vec<Condition>),
    Compares(Expression, String, Vec<Expression>),
}

/// Parses a text; none if it is beyond what is understood here.
pub(super) fn parse(text: &str) -> Option<Query> {
    let code = text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n");
    let mut tokens = Tokens { tokens: tokens(&code)?, at: 0 };
    let table = tokens.word()?.to_lowercase();
    let mut steps = Vec::new();
    while tokens.take("|") {
        steps.push(step(&mut tokens)?);
    }
    tokens.is_at_end().then_some(Query { table, steps })
}

impl Query {
    /// What the query makes of the rows of its table; none if a function is not known. A row is copied where it is changed or answered.
    pub(super) fn run(&self, mut rows: Vec<Arc<Row>>) -> Option<Vec<Value>> {
        for step in &self.steps {
            rows = step.run(rows)?;
        }
        Some(rows.into_iter().map(|row| Value::Object(Arc::unwrap_or_clone(row))).collect())
    }
}

impl Step {
    fn run(&self, mut rows: Vec<Arc<Row>>) -> Option<Vec<Arc<Row>>> {
        match self {
            Self::Distinct(columns) => {
                let mut seen = Vec::new();
                for row in rows {
                    let row = Arc::new(projected(columns, &row)?);
                    if !seen.contains(&row) {
                        seen.push(row);
                    }
                }
                Some(seen)
            }
            Self::Extend(columns) => {
                for row in &mut rows {
                    let more = projected(columns, row)?;
                    Arc::make_mut(row).extend(more);
                }
                Some(rows)
            }
            Self::Order(by) => {
                rows.sort_by_cached_key(|row| {
                    by.iter().map(|column| as_text(&column.of(row).unwrap_or_default())).collect::<Vec<_>>()
                });
                Some(rows)
            }
            Self::Project(columns) => rows.iter().map(|row| projected(columns, row).map(Arc::new)).collect(),
            Self::Summarize(columns, by) => summarized(columns, by, &rows),
            Self::Take(number) => {
                rows.truncate(*number);
                Some(rows)
            }
            Self::Where(condition) => {
                let mut kept = Vec::new();
                for row in rows {
                    if condition.holds(&row)? {
                        kept.push(row);
                    }
                }
                Some(kept)
            }
        }
    }
}

impl Condition {
    fn holds(&self, row: &Row) -> Option<bool> {
        let each = |all: &[Self]| all.iter().map(|one| one.holds(row)).collect::<Option<Vec<_>>>();
        let (left, operator, right) = match self {
            Self::All(all) => return Some(!each(all)?.contains(&false)),
            Self::Any(all) => return Some(each(all)?.contains(&true)),
            Self::Compares(left, operator, right) => (as_text(&left.of(row)?), operator.as_str(), right),
        };
        let right: Option<Vec<String>> = right.iter().map(|one| one.of(row).map(|value| as_text(&value))).collect();
        let meets = |one: &String| match operator {
            "==" | "!=" | "in" | "!in" => *one == left,
            "startswith" | "!startswith" => left.get(..one.len()).is_some_and(|start| start.eq_ignore_ascii_case(one)),
            _ => one.eq_ignore_ascii_case(&left),
        };
        Some(right?.iter().any(meets) != operator.starts_with('!'))
    }
}

impl Expression {
    fn of(&self, row: &Row) -> Option<Value> {
        match self {
            Self::Text(text) => Some(text.clone().into()),
            Self::Number(number) => Some((*number).into()),
            Self::If(parts) => {
                let (condition, then, otherwise) = &**parts;
                if condition.holds(row)? { then.of(row) } else { otherwise.of(row) }
            }
            Self::Path(path) => {
                let (first, rest) = path.split_first()?;
                // Inside a dynamic column, names are told apart by case, as the service does it.
                let found = row.get(first).and_then(|start| rest.iter().try_fold(start, |value, name| value.get(name)));
                Some(found.cloned().unwrap_or_default())
            }
            Self::Call(name, arguments) => {
                let values: Vec<Value> = arguments.iter().map(|argument| argument.of(row)).collect::<Option<_>>()?;
                called(name, &values)
            }
        }
    }

    /// The value over all rows of a group.
    fn over(&self, rows: &[&Row]) -> Option<Value> {
        let Self::Call(name, arguments) = self else { return None };
        let each = |argument: &Expression| rows.iter().map(|row| argument.of(row)).collect::<Option<Vec<_>>>();
        match (name.as_str(), arguments.as_slice()) {
            ("count", []) => Some(rows.len().into()),
            ("make_list", [argument]) => Some(each(argument)?.into()),
            ("sum", [argument]) => Some(each(argument)?.iter().filter_map(Value::as_i64).sum::<i64>().into()),
            ("max", [argument]) => each(argument)?.into_iter().max_by_key(|value| (value.as_i64(), as_text(value))),
            _ => None,
        }
    }
}

/// What a function of single values makes of them; none if it is not known.
fn called(name: &str, values: &[Value]) -> Option<Value> {
    match (name, values) {
        ("indexof", [text, part]) => {
            let at = as_text(text).find(&as_text(part));
            Some(at.and_then(|at| i64::try_from(at).ok()).unwrap_or(-1).into())
        }
        ("pack", pairs) if pairs.len() % 2 == 0 => {
            let fields = pairs.chunks_exact(2).filter_map(|pair| match pair {
                [name, value] => Some((as_text(name), value.clone())),
                _ => None,
            });
            Some(Value::Object(fields.collect()))
        }
        ("strcat", parts) => Some(parts.iter().map(as_text).collect::<String>().into()),
        ("substring", [text, start, length]) => {
            let (start, length) = (usize::try_from(start.as_i64()?).ok()?, usize::try_from(length.as_i64()?).unwrap_or(0));
            Some(as_text(text).chars().skip(start).take(length).collect::<String>().into())
        }
        // Of the patterns, the one that is used.
        ("trim_end", [pattern, text]) if as_text(pattern) == "/+" => Some(as_text(text).trim_end_matches('/').into()),
        ("todatetime", [value]) => Some(if as_text(value).is_empty() { Value::Null } else { value.clone() }),
        ("tolower", [text]) => Some(as_text(text).to_lowercase().into()),
        ("tostring", [value]) => Some(as_text(value).into()),
        _ => None,
    }
}

fn projected(columns: &Columns, row: &Row) -> Option<Row> {
    columns.iter().map(|(name, expression)| Some((name.clone(), expression.of(row)?))).collect()
}

fn summarized(columns: &Columns, by: &Columns, rows: &[Arc<Row>]) -> Option<Vec<Arc<Row>>> {
    let mut groups = BTreeMap::<String, (Row, Vec<&Row>)>::new();
    for row in rows {
        let key = projected(by, row)?;
        groups.entry(json!(key).to_string()).or_insert_with(|| (key, Vec::new())).1.push(row);
    }
    let summed = groups.into_values().map(|(mut summary, rows)| {
        for (name, expression) in columns {
            summary.insert(name.clone(), expression.over(&rows)?);
        }
        Some(Arc::new(summary))
    });
    summed.collect()
}

/// A scalar as text, null as the empty text; anything else as JSON.
fn as_text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn step(tokens: &mut Tokens) -> Option<Step> {
    Some(match tokens.word()?.as_str() {
        "distinct" => Step::Distinct(columns(tokens)?),
        "extend" => Step::Extend(columns(tokens)?),
        "order" => {
            tokens.take("by").then_some(())?;
            let mut keys = vec![expression(tokens)?];
            while tokens.take("asc") && tokens.take(",") {
                keys.push(expression(tokens)?);
            }
            Step::Order(keys)
        }
        "project" => Step::Project(columns(tokens)?),
        "summarize" => {
            let summed = columns(tokens)?;
            tokens.take("by").then_some(())?;
            Step::Summarize(summed, columns(tokens)?)
        }
        "take" => Step::Take(tokens.word()?.parse().ok()?),
        "where" => Step::Where(condition(tokens)?),
        _ => return None,
    })
}

fn columns(tokens: &mut Tokens) -> Option<Columns> {
    let mut all = Vec::new();
    loop {
        let first = expression(tokens)?;
        let column = match first {
            Expression::Path(path) if tokens.take("=") => (path.join("."), expression(tokens)?),
            Expression::Path(path) => (path.last()?.clone(), Expression::Path(path)),
            _ => return None,
        };
        all.push(column);
        if !tokens.take(",") {
            return Some(all);
        }
    }
}

fn condition(tokens: &mut Tokens) -> Option<Condition> {
    let mut any = vec![conjunction(tokens)?];
    while tokens.take("or") {
        any.push(conjunction(tokens)?);
    }
    Some(Condition::Any(any))
}

fn conjunction(tokens: &mut Tokens) -> Option<Condition> {
    let mut all = vec![comparison(tokens)?];
    while tokens.take("and") {
        all.push(comparison(tokens)?);
    }
    Some(Condition::All(all))
}

fn comparison(tokens: &mut Tokens) -> Option<Condition> {
    if tokens.take("(") {
        let inner = condition(tokens)?;
        return tokens.take(")").then_some(inner);
    }
    let left = expression(tokens)?;
    let operator = tokens.word()?;
    let right = match operator.as_str() {
        "==" | "!=" | "=~" | "!~" | "startswith" | "!startswith" => vec![expression(tokens)?],
        "in" | "!in" | "in~" | "!in~" => arguments(tokens)?,
        _ => return None,
    };
    Some(Condition::Compares(left, operator, right))
}

fn expression(tokens: &mut Tokens) -> Option<Expression> {
    let word = tokens.word()?;
    if let Some(text) = word.strip_prefix('"') {
        return Some(Expression::Text(text.to_owned()));
    }
    if let Ok(number) = word.parse() {
        return Some(Expression::Number(number));
    }
    if word == "iff" {
        return conditional(tokens);
    }
    if tokens.next_is("(") {
        return Some(Expression::Call(word, arguments(tokens)?));
    }
    let path: Vec<String> = word.split('.').map(str::to_owned).collect();
    path.iter()
        .all(|name| !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_'))
        .then_some(())?;
    let mut path = path;
    while tokens.take("[") {
        path.push(tokens.word()?.strip_prefix('"')?.to_owned());
        tokens.take("]").then_some(())?;
    }
    Some(Expression::Path(path))
}

fn conditional(tokens: &mut Tokens) -> Option<Expression> {
    tokens.take("(").then_some(())?;
    let condition = condition(tokens)?;
    tokens.take(",").then_some(())?;
    let then = expression(tokens)?;
    tokens.take(",").then_some(())?;
    let otherwise = expression(tokens)?;
    tokens.take(")").then(|| Expression::If(Box::new((condition, then, otherwise))))
}

fn arguments(tokens: &mut Tokens) -> Option<Vec<Expression>> {
    tokens.take("(").then_some(())?;
    let mut all = Vec::new();
    while !tokens.take(")") {
        all.push(expression(tokens)?);
        if !tokens.next_is(")") {
            tokens.take(",").then_some(())?;
        }
    }
    Some(all)
}

struct Tokens {
    tokens: Vec<String>,
    at: usize,
}

impl Tokens {
    fn word(&mut self) -> Option<String> {
        let word = self.tokens.get(self.at).cloned();
        self.at += 1;
        word
    }

    fn next_is(&self, expected: &str) -> bool {
        self.tokens.get(self.at).is_some_and(|token| token == expected)
    }

    fn take(&mut self, expected: &str) -> bool {
        let taken = self.next_is(expected);
        self.at += usize::from(taken);
        taken
    }

    fn is_at_end(&self) -> bool {
        self.at >= self.tokens.len()
    }
}

/// Words, operators, and texts with their opening quote; none if a text does not end.
fn tokens(code: &str) -> Option<Vec<String>> {
    let mut all = Vec::new();
    let mut rest = code.trim_start();
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '"' => 1 + rest.get(1..)?.find('"')?,
            '(' | ')' | ',' | '|' | '[' | ']' => 1,
            _ => {
                let ends = |c: char| c.is_whitespace() || matches!(c, '(' | ')' | ',' | '|' | '[' | ']' | '"');
                rest.find(ends).unwrap_or(rest.len())
            }
        };
        let (token, after) = rest.split_at_checked(length)?;
        all.push(token.to_owned());
        rest = after.strip_prefix('"').filter(|_| first == '"').unwrap_or(after).trim_start();
    }
    Some(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(text: &str) -> Option<Value> {
        let rows = json!([
            {"id": "b", "type": "t", "properties": {"State": "On", "at": "2026-02-01"}},
            {"id": "a", "type": "t", "properties": {"State": "off", "at": "2026-03-01"}},
            {"id": "c", "type": "u", "properties": null},
        ]);
        let rows = rows.as_array().unwrap().iter().map(|row| Arc::new(row.as_object().unwrap().clone()));
        Some(parse(text)?.run(rows.collect())?.into())
    }

    #[test]
    fn rows_are_filtered_projected_and_ordered() {
        let text = "// name\ntable\n| where type == \"t\" and properties.State in~ (\"ON\", \"OFF\")\n| project id, s = properties.State\n| order by id asc";
        assert_eq!(run(text), Some(json!([{"id": "a", "s": "off"}, {"id": "b", "s": "On"}])));
        assert_eq!(parse(text).unwrap().table, "table");
        assert_eq!(
            run("t | where properties.State !~ \"on\" | project id | order by id asc"),
            Some(json!([{"id": "a"}, {"id": "c"}]))
        );
    }

    #[test]
    fn one_of_several_conditions_may_be_enough() {
        for (condition, ids) in [
            ("type == \"u\" or properties.State =~ \"OFF\"", json!([{"id": "a"}, {"id": "c"}])),
            ("properties.State !in~ (\"\", \"ON\")", json!([{"id": "a"}])),
            ("properties.State != \"\"", json!([{"id": "a"}, {"id": "b"}])),
        ] {
            assert_eq!(run(&format!("t | where {condition} | project id | order by id asc")), Some(ids), "{condition}");
        }
        let both = "t | where type == \"u\" or type == \"t\" and (id == \"a\" or id == \"x\") | project id | order by id asc";
        assert_eq!(run(both), Some(json!([{"id": "a"}, {"id": "c"}])));
    }

    #[test]
    fn texts_are_made_of_texts_and_only_the_first_rows_are_taken() {
        let text = "t | extend at = indexof(tolower(properties.State), \"f\") | extend s = substring(properties.State, 0, at) | project id, s = strcat(s, \"|\", at) | order by id asc | take 2";
        assert_eq!(run(text), Some(json!([{"id": "a", "s": "o|1"}, {"id": "b", "s": "|-1"}])));
        let text = "t | extend s = iff(properties.State startswith \"O\" and id !startswith \"B\", id, \"none\") | project s | order by s asc";
        assert_eq!(run(text), Some(json!([{"s": "a"}, {"s": "none"}, {"s": "none"}])));
    }

    #[test]
    fn names_inside_a_dynamic_column_are_told_apart_by_case_and_null_is_the_empty_text() {
        let text = "t | where type == \"t\" | project s = tostring(properties.state) | distinct s";
        assert_eq!(run(text), Some(json!([{"s": ""}])));
    }

    #[test]
    fn a_name_may_stand_in_brackets() {
        let text = "t | where id in (\"b\") | project s = properties[\"State\"], n = pack(\"at\", properties[\"at\"])";
        assert_eq!(run(text), Some(json!([{"s": "On", "n": {"at": "2026-02-01"}}])));
        assert_eq!(run("t | project s = properties[State]"), None);
    }

    #[test]
    fn groups_are_counted_listed_and_compared() {
        let text = "t | extend at = todatetime(properties.at) | summarize n = count(), newest = max(at) by type | summarize l = make_list(pack(\"n\", n, \"at\", newest)) by type | order by type asc";
        assert_eq!(
            run(text),
            Some(json!([{"type": "t", "l": [{"n": 2, "at": "2026-03-01"}]}, {"type": "u", "l": [{"n": 1, "at": null}]}]))
        );
    }

    #[test]
    fn what_is_not_understood_is_invalid() {
        for text in [
            "",
            "t | take many",
            "t | top 5",
            "t | extend x = iff(id, id, id)",
            "t | where (id == \"a\"",
            "t | where id",
            "t | where id == \"x",
            "t | project f(id)",
            "t | project x = f(id)",
            "t project id",
        ] {
            assert_eq!(run(text), None, "{text}");
        }
    }
}
