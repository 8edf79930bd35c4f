//! Reading environment variables: an empty one is unset, and a boolean is `1`, `0`, `true` or `false`.

use super::{Problem, shape};

/// The environment, through the one function that reads it.
pub(super) struct Variables<'a> {
    read: &'a dyn Fn(&str) -> Option<String>,
}

impl<'a> Variables<'a> {
    /// Reads variables with `read`.
    pub(super) fn new(read: &'a dyn Fn(&str) -> Option<String>) -> Self {
        Self { read }
    }

    /// The trimmed text of a variable; none if it is unset or blank.
    pub(super) fn text(&self, name: &str) -> Option<String> {
        (self.read)(name).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty())
    }

    /// The text of a variable as it stands, for what blanks may belong to; none if it is unset or blank.
    pub(super) fn verbatim(&self, name: &str) -> Option<String> {
        (self.read)(name).filter(|value| !value.trim().is_empty())
    }

    /// The first variable of `names` that is set, with its name.
    pub(super) fn first(&self, names: &[&'static str]) -> Option<(&'static str, String)> {
        names.iter().find_map(|name| Some((*name, self.text(name)?)))
    }

    /// A boolean variable; none if it is unset. Anything but the four words is a problem that names the variable.
    pub(super) fn flag(&self, name: &str, problems: &mut Vec<Problem>) -> Option<bool> {
        let text = self.text(name)?;
        match text.to_ascii_lowercase().as_str() {
            "1" | "true" => Some(true),
            "0" | "false" => Some(false),
            _ => {
                problems.push(Problem::of_variable(
                    format!("Invalid {name}"),
                    format!("{name} holds {}. Allowed: 1, 0, true, false.", shape::unquoted(&text)),
                ));
                None
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flag(value: &str) -> (Option<bool>, usize) {
        let value = value.to_owned();
        let read = move |_: &str| Some(value.clone());
        let mut problems = Vec::new();
        (Variables::new(&read).flag("ARM_USE_OIDC", &mut problems), problems.len())
    }

    #[test]
    fn a_boolean_is_one_of_four_words_in_any_case() {
        assert_eq!([flag("1"), flag("TRUE"), flag("true")], [(Some(true), 0); 3]);
        assert_eq!([flag("0"), flag("False")], [(Some(false), 0); 2]);
        assert_eq!([flag(""), flag("  ")], [(None, 0); 2]);
        assert_eq!([flag("yes"), flag("t"), flag("on")], [(None, 1); 3]);
    }

    #[test]
    fn the_first_variable_that_is_not_empty_wins() {
        let read = |name: &str| match name {
            "A" => Some(String::new()),
            "B" => Some(" b ".to_owned()),
            _ => Some("c".to_owned()),
        };
        assert_eq!(Variables::new(&read).first(&["A", "B", "C"]), Some(("B", "b".to_owned())));
    }
}
