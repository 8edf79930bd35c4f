//! What the condition of a role assignment, or of a role, narrows. Conditions are not evaluated; all that is asked of one is which
//! operations it does not touch, and the answer holds whatever the request is.

use std::{collections::BTreeSet, iter::Peekable, vec::IntoIter};

use super::Permission;

/// What a condition narrows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Narrowed {
    /// Nothing: there is no condition.
    #[default]
    Nothing,
    /// Certain operations, lower case. All others are allowed as if there were no condition.
    Operations(BTreeSet<String>),
    /// Everything, for all that is known.
    Everything,
}

impl Narrowed {
    /// What a condition narrows, by its text and the version of its language. Only of version 2.0, which an unsaid one is, is it known
    /// how it reads.
    pub fn by(condition: Option<&str>, version: Option<&str>) -> Self {
        let Some(text) = condition else { return Self::Nothing };
        let operations = if version.is_none_or(|version| version == "2.0") { operations(text) } else { None };
        operations.map_or(Self::Everything, Self::Operations)
    }

    /// Whether there is a condition.
    pub fn is_any(&self) -> bool {
        *self != Self::Nothing
    }

    /// What is left of a permission in full, and what of it is allowed on the condition.
    pub fn split(&self, permission: Permission) -> Vec<Permission> {
        let operations = match self {
            Self::Nothing => return vec![permission],
            Self::Everything => return vec![Permission { conditional: true, ..permission }],
            Self::Operations(_) if permission.conditional => return vec![permission],
            Self::Operations(operations) => operations,
        };
        let actions: Vec<String> = operations.iter().filter(|operation| permission.allows(operation)).cloned().collect();
        let data_actions: Vec<String> =
            operations.iter().filter(|operation| permission.allows_data(operation)).cloned().collect();
        if actions.is_empty() && data_actions.is_empty() {
            return vec![permission];
        }
        let mut rest = permission;
        rest.not_actions.extend(actions.iter().cloned());
        rest.not_data_actions.extend(data_actions.iter().cloned());
        let on_it = Permission { actions, data_actions, conditional: true, unseen: rest.unseen, ..Permission::default() };
        vec![rest, on_it]
    }
}

/// The operations a condition speaks of, if it is true of every other operation: `!(ActionMatches{'…'}) OR …`, as the portal writes
/// it, and what reads the same. None if that is not certain.
fn operations(condition: &str) -> Option<BTreeSet<String>> {
    let mut reader = Reader { tokens: tokens(condition)?.into_iter().peekable(), named: BTreeSet::new() };
    let truth = reader.expression(DEPTH)?;
    (reader.tokens.next().is_none() && truth == Truth::Yes).then_some(reader.named)
}

/// How deep parentheses may be nested; the portal needs four.
const DEPTH: usize = 64;

/// What a part of the condition is for an operation that the condition does not name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Truth {
    Yes,
    No,
    /// It depends on the request.
    Open,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Token<'a> {
    And,
    Close,
    Not,
    Open,
    Or,
    /// Something in braces, brackets or quotes.
    Quoted(&'a str),
    Word(&'a str),
}

struct Reader<'a> {
    tokens: Peekable<IntoIter<Token<'a>>>,
    named: BTreeSet<String>,
}

impl<'a> Reader<'a> {
    /// Terms joined by `AND`, or by `OR`. Which of them binds first where they are mixed is not relied upon.
    fn expression(&mut self, depth: usize) -> Option<Truth> {
        let mut truth = self.term(depth.checked_sub(1)?)?;
        let mut joined: Option<Token<'a>> = None;
        while let Some(word) = self.tokens.next_if(|token| matches!(token, Token::And | Token::Or)) {
            if joined.is_some_and(|other| other != word) {
                return None;
            }
            joined = Some(word);
            let next = self.term(depth.checked_sub(1)?)?;
            let decisive = if word == Token::And { Truth::No } else { Truth::Yes };
            truth = match (truth, next) {
                (one, other) if one == decisive || other == decisive => decisive,
                (one, other) if one == other => one,
                _ => Truth::Open,
            };
        }
        Some(truth)
    }

    fn term(&mut self, depth: usize) -> Option<Truth> {
        match self.tokens.next()? {
            Token::Not => Some(match self.term(depth.checked_sub(1)?)? {
                Truth::Yes => Truth::No,
                Truth::No => Truth::Yes,
                Truth::Open => Truth::Open,
            }),
            Token::Open => {
                let truth = self.expression(depth)?;
                (self.tokens.next()? == Token::Close).then_some(truth)
            }
            Token::Word(first) => self.atom(first),
            Token::And | Token::Close | Token::Or | Token::Quoted(_) => None,
        }
    }

    /// `ActionMatches{'…'}`, or a comparison of which nothing is known.
    fn atom(&mut self, first: &'a str) -> Option<Truth> {
        let mut rest = Vec::new();
        while let Some(token) = self.tokens.next_if(|token| matches!(token, Token::Quoted(_) | Token::Word(_))) {
            rest.push(token);
        }
        let speaks_of_actions = |word: &str| word.eq_ignore_ascii_case("ActionMatches");
        match rest.as_slice() {
            [Token::Quoted(values)] if speaks_of_actions(first) => {
                self.named.insert(literal(values)?);
                Some(Truth::No)
            }
            rest => {
                let hidden = rest.iter().any(|token| matches!(token, Token::Word(word) if speaks_of_actions(word)));
                (!hidden && !speaks_of_actions(first)).then_some(Truth::Open)
            }
        }
    }
}

/// The one operation in `{'…'}`, lower case; none if it is a pattern, or there are several.
fn literal(values: &str) -> Option<String> {
    let text = values.strip_prefix('{')?.strip_suffix('}')?.trim().strip_prefix('\'')?.strip_suffix('\'')?;
    let is_name = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '.' | '/' | '_' | '-');
    (!text.is_empty() && text.chars().all(is_name)).then(|| text.to_ascii_lowercase())
}

/// The tokens of a condition; none if something is not closed, or escaped in a way nobody documents.
fn tokens(text: &str) -> Option<Vec<Token<'_>>> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let (token, length) = match first {
            '(' => (Token::Open, 1),
            ')' => (Token::Close, 1),
            '!' => (Token::Not, 1),
            '&' => (Token::And, rest.starts_with("&&").then_some(2)?),
            '|' => (Token::Or, rest.starts_with("||").then_some(2)?),
            '\'' | '{' | '[' => {
                let length = quoted(rest)?;
                (Token::Quoted(rest.get(..length)?), length)
            }
            '\\' | '}' | ']' => return None,
            _ => {
                let end = |letter: char| letter.is_whitespace() || "()!&|'{}[]\\".contains(letter);
                let word = rest.split(end).next()?;
                (keyword(word), word.len())
            }
        };
        tokens.push(token);
        rest = rest.get(length..)?.trim_start();
    }
    Some(tokens)
}

fn keyword(word: &str) -> Token<'_> {
    match word {
        _ if word.eq_ignore_ascii_case("AND") => Token::And,
        _ if word.eq_ignore_ascii_case("NOT") => Token::Not,
        _ if word.eq_ignore_ascii_case("OR") => Token::Or,
        _ => Token::Word(word),
    }
}

/// The length of what begins with a quote, a brace or a bracket, up to where it is closed; texts in braces may hold anything.
fn quoted(text: &str) -> Option<usize> {
    let close = match text.chars().next()? {
        '{' => '}',
        '[' => ']',
        _ => '\'',
    };
    let mut inside = false;
    for (at, letter) in text.char_indices().skip(1) {
        match letter {
            '\\' => return None,
            letter if letter == close && !inside => return Some(at + letter.len_utf8()),
            '\'' => inside = !inside,
            '{' | '[' if !inside && close != '\'' => return None,
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    const WRITE: &str = "Microsoft.Authorization/roleAssignments/write";
    const ONE: &str = "@Request[Microsoft.Authorization/roleAssignments:RoleDefinitionId] ForAnyOfAnyValues:GuidEquals{a, 'b'}";

    fn narrowed(text: &str) -> Option<Vec<String>> {
        operations(text).map(|operations| operations.into_iter().collect())
    }

    #[test]
    fn a_condition_that_names_its_operations_touches_those_only() {
        let write = WRITE.to_lowercase();
        for (text, named) in [
            (format!("(!(ActionMatches{{'{WRITE}'}}) OR ({ONE}))"), vec![write.as_str()]),
            (format!("!(ActionMatches{{'{WRITE}'}}) or {ONE}"), vec![write.as_str()]),
            (format!("NOT ActionMatches{{ '{WRITE}' }} || {ONE}"), vec![write.as_str()]),
            (format!("\n((\n!(ActionMatches{{'a/b/c'}})\n)\nOR\n({ONE} AND NOT Exists {ONE})\n)"), vec!["a/b/c"]),
            (
                format!("((!(ActionMatches{{'a/b/c'}})) OR ({ONE})) AND ((!(ActionMatches{{'d/e/f'}})) OR ({ONE}))"),
                vec!["a/b/c", "d/e/f"],
            ),
            (format!("(!(ActionMatches{{'a/b/c'}}) AND !(ActionMatches{{'d/e/f'}})) OR ({ONE})"), vec!["a/b/c", "d/e/f"]),
            (format!("!(ActionMatches{{'a/b/c'}} AND NOT SubOperationMatches{{'Blob.List'}}) OR ({ONE})"), vec!["a/b/c"]),
            (format!("{ONE} OR !(ActionMatches{{'a/b/c'}})"), vec!["a/b/c"]),
            ("!(ActionMatches{'a/b/c'}) OR @Resource[x:name] StringEquals ') OR (ActionMatches{x'".to_owned(), vec!["a/b/c"]),
        ] {
            assert_eq!(narrowed(&text), Some(named.into_iter().map(str::to_owned).collect()), "{text}");
        }
    }

    #[test]
    fn any_other_condition_touches_everything() {
        for text in [
            ONE.to_owned(),
            String::new(),
            "x".to_owned(),
            format!("ActionMatches{{'{WRITE}'}}"),
            format!("ActionMatches{{'{WRITE}'}} AND {ONE}"),
            format!("ActionMatches{{'{WRITE}'}} OR {ONE}"),
            format!("!(ActionMatches{{'{WRITE}'}}) AND {ONE}"),
            format!("(!(ActionMatches{{'{WRITE}'}}) OR {ONE}) AND {ONE}"),
            format!("(!(ActionMatches{{'{WRITE}'}}) OR {ONE}) AND !(!(ActionMatches{{'a/b/c'}}) OR {ONE})"),
            format!("!(!(ActionMatches{{'{WRITE}'}}) OR {ONE})"),
            format!("!(ActionMatches{{'Microsoft.Authorization/roleAssignments/*'}}) OR {ONE}"),
            format!("!(ActionMatches{{'a/b/c', 'd/e/f'}}) OR {ONE}"),
            format!("!(ActionMatches{{'a/b/c'}} 'd') OR {ONE}"),
            format!("!(ActionMatches{{}}) OR {ONE}"),
            format!("!(ActionMatches{{@Request[x]}}) OR {ONE}"),
            format!("!(ActionMatches['a/b/c']) OR {ONE}"),
            format!("!(x ActionMatches{{'a/b/c'}}) OR {ONE}"),
            format!("!(ActionMatches{{'a/b/c'}}) OR {ONE} AND {ONE}"),
            format!("!(ActionMatches{{'a/b/c'}}) OR ({ONE}"),
            format!("!(ActionMatches{{'a/b/c'}}) OR ({ONE}))"),
            "!(ActionMatches{'a/b/c'}) OR".to_owned(),
            format!("!(ActionMatches{{'a/b/c'}}) ({ONE})"),
            format!("!(ActionMatches{{'a/b/c'}}) | {ONE}"),
            "!(ActionMatches{'a/b/c'}) OR @Resource[x:name] StringEquals 'it\\'s'".to_owned(),
            "!(ActionMatches{'a/b/c'}) OR @Resource[x:name] StringEquals 'open".to_owned(),
            format!("{}!(ActionMatches{{'a/b/c'}}){} OR {ONE}", "(".repeat(9000), ")".repeat(9000)),
        ] {
            assert_eq!(narrowed(&text), None, "{text}");
        }
        assert_eq!(Narrowed::by(Some("!(ActionMatches{'a/b/c'}) OR x"), Some("3.0")), Narrowed::Everything);
        assert_eq!(Narrowed::by(None, Some("2.0")), Narrowed::Nothing);
    }

    #[test]
    fn a_permission_is_split_into_what_is_allowed_in_full_and_what_on_the_condition() {
        let texts = |all: &[&str]| all.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        let narrowed = Narrowed::by(Some("(!(ActionMatches{'A/b/write'}) OR x) AND (!(ActionMatches{'A/b/data'}) OR x)"), None);
        let all = Permission { actions: texts(&["*"]), data_actions: texts(&["a/b/*"]), ..Permission::default() };
        let split = narrowed.split(all.clone());
        assert_eq!(
            (&split[0].not_actions, &split[0].not_data_actions),
            (&texts(&["a/b/data", "a/b/write"]), &texts(&["a/b/data", "a/b/write"]))
        );
        assert!(split[1].conditional && split[1].actions == texts(&["a/b/data", "a/b/write"]) && !split[0].conditional);
        let reads = Permission { actions: texts(&["*/read"]), ..Permission::default() };
        assert_eq!(narrowed.split(reads.clone()), std::slice::from_ref(&reads), "nothing of it is touched");
        assert_eq!(Narrowed::Nothing.split(reads.clone()), std::slice::from_ref(&reads));
        assert!(Narrowed::Everything.split(reads)[0].conditional);
    }
}
