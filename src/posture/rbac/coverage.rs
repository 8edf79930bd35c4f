//! Whether every operation a pattern stands for is allowed. Exact: patterns are regular languages, so containment in the union of
//! roles (each minus its own exclusions, all minus what is denied) is decided by looking for an operation that escapes. The search
//! is bounded; where the bound is reached the answer is "undecided", and that is never a pass.

use std::collections::{BTreeSet, VecDeque};

/// What one role, one deny assignment or one requirement speaks of. The only wildcard is `*`: any characters, `/` included; case does
/// not matter.
#[derive(Clone, Copy, Debug, Default)]
pub struct Patterns<'a> {
    /// Operations and patterns of operations.
    pub allowed: &'a [String],
    /// Taken out of `allowed`.
    pub excluded: &'a [String],
}

/// Whether the whole of something is allowed, best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Coverage {
    /// Every operation it stands for is allowed.
    Covered,
    /// The search was given up.
    Undecided,
    /// There is an operation it stands for that is not allowed.
    Missing,
}

/// How many states the search visits. Real sets of roles need a few thousand.
const BUDGET: usize = 50_000;

/// Whether everything `required` stands for is allowed by one of `granted` and denied by none of `denied`.
///
/// A pattern stands for every name that has its form, not only for the operations that exist today: `Microsoft.Storage/*/read` is
/// covered by `*/read`, and not by a list of all reads of today.
pub fn covered(required: Patterns<'_>, granted: &[Patterns<'_>], denied: &[Patterns<'_>]) -> Coverage {
    covered_within(BUDGET, required, granted, denied)
}

fn covered_within(budget: usize, required: Patterns<'_>, granted: &[Patterns<'_>], denied: &[Patterns<'_>]) -> Coverage {
    if required.allowed.is_empty() {
        return Coverage::Covered;
    }
    let mut machine = Machine::default();
    let required = machine.add(required);
    let granted: Vec<_> = granted.iter().map(|patterns| machine.add(*patterns)).collect();
    let denied: Vec<_> = denied.iter().map(|patterns| machine.add(*patterns)).collect();
    machine.search(budget, &required, &granted, &denied)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Token {
    Any,
    End,
    Letter(char),
}

/// All patterns side by side; a state is the set of places reached in them.
#[derive(Default)]
struct Machine {
    tokens: Vec<Token>,
    /// For each place, where its pattern begins.
    origin: Vec<usize>,
    starts: Vec<usize>,
}

/// Where the patterns of one allowance begin.
struct Group {
    allowed: BTreeSet<usize>,
    excluded: BTreeSet<usize>,
}

/// What the places of a state say about the patterns.
#[derive(Default)]
struct Reading {
    /// Patterns that still can match.
    alive: BTreeSet<usize>,
    /// Patterns that match what was read so far.
    matched: BTreeSet<usize>,
    /// Patterns that match whatever follows.
    settled: BTreeSet<usize>,
}

type State = Vec<usize>;

impl Machine {
    fn add(&mut self, patterns: Patterns<'_>) -> Group {
        let mut begin = |texts: &[String]| texts.iter().map(|text| self.add_pattern(text)).collect();
        Group { allowed: begin(patterns.allowed), excluded: begin(patterns.excluded) }
    }

    fn add_pattern(&mut self, pattern: &str) -> usize {
        let start = self.tokens.len();
        for letter in pattern.chars().flat_map(char::to_lowercase) {
            match letter {
                // Two stars are one.
                '*' if self.tokens.len() > start && self.tokens.last() == Some(&Token::Any) => {}
                '*' => self.tokens.push(Token::Any),
                letter => self.tokens.push(Token::Letter(letter)),
            }
        }
        self.tokens.push(Token::End);
        self.origin.resize(self.tokens.len(), start);
        self.starts.push(start);
        start
    }

    /// Breadth first over everything the required patterns can spell, until an operation escapes or nothing is left to look at.
    fn search(&self, budget: usize, required: &Group, granted: &[Group], denied: &[Group]) -> Coverage {
        let first = self.closed(self.starts.clone());
        let mut seen = BTreeSet::from([first.clone()]);
        let mut waiting = VecDeque::from([first]);
        while let Some(state) = waiting.pop_front() {
            let reading = self.read(&state);
            if self.nothing_escapes_below(&reading, required, granted, denied) {
                continue;
            }
            if reading.escapes(required, granted, denied) {
                return Coverage::Missing;
            }
            for next in self.successors(&state, required) {
                if seen.insert(next.clone()) {
                    waiting.push_back(next);
                }
            }
            if seen.len() > budget {
                return Coverage::Undecided;
            }
        }
        Coverage::Covered
    }

    fn nothing_escapes_below(&self, reading: &Reading, required: &Group, granted: &[Group], denied: &[Group]) -> bool {
        let out_of_reach = required.allowed.is_disjoint(&reading.alive) || !required.excluded.is_disjoint(&reading.settled);
        let settled = |group: &Group| !group.allowed.is_disjoint(&reading.settled) && group.excluded.is_disjoint(&reading.alive);
        out_of_reach || (granted.iter().any(settled) && denied.iter().all(|group| group.allowed.is_disjoint(&reading.alive)))
    }

    /// The states one letter further: one for each letter some pattern waits for, and one for all others.
    fn successors(&self, state: &State, required: &Group) -> Vec<State> {
        let ours = |place: &&usize| self.origin.get(**place).is_some_and(|start| required.allowed.contains(start));
        let token = |place: &usize| self.tokens.get(*place).copied();
        let open = state.iter().filter(ours).any(|place| token(place) == Some(Token::Any));
        let letters: BTreeSet<char> = state
            .iter()
            .filter(|place| open || ours(place))
            .filter_map(|place| match token(place) {
                Some(Token::Letter(letter)) => Some(letter),
                _ => None,
            })
            .collect();
        let mut next: Vec<State> = letters.iter().map(|letter| self.step(state, Some(*letter))).collect();
        if open {
            next.push(self.step(state, None));
        }
        next
    }

    /// The state after a letter; none stands for any letter that no pattern waits for.
    fn step(&self, state: &State, letter: Option<char>) -> State {
        let moved = state.iter().filter_map(|place| match self.tokens.get(*place)? {
            Token::Any => Some(*place),
            Token::Letter(wanted) if Some(*wanted) == letter => Some(place + 1),
            Token::End | Token::Letter(_) => None,
        });
        self.closed(moved.collect())
    }

    /// Adds the place behind every star, which may stand for nothing, and drops what a later star of the same pattern makes idle.
    fn closed(&self, mut places: State) -> State {
        let behind: Vec<usize> =
            places.iter().filter(|place| self.tokens.get(**place) == Some(&Token::Any)).map(|place| place + 1).collect();
        places.extend(behind);
        places.sort_unstable();
        places.dedup();
        let mut kept: State = Vec::with_capacity(places.len());
        let mut star: Option<(usize, usize)> = None;
        for place in places.into_iter().rev() {
            let origin = self.origin.get(place).copied().unwrap_or_default();
            if star.is_some_and(|(pattern, at)| pattern == origin && place < at) {
                continue;
            }
            if self.tokens.get(place) == Some(&Token::Any) {
                star = Some((origin, place));
            }
            kept.push(place);
        }
        kept.reverse();
        kept
    }

    fn read(&self, state: &State) -> Reading {
        let mut reading = Reading::default();
        for place in state {
            let Some(origin) = self.origin.get(*place).copied() else { continue };
            reading.alive.insert(origin);
            match (self.tokens.get(*place), self.tokens.get(place + 1)) {
                (Some(Token::End), _) => {
                    reading.matched.insert(origin);
                }
                (Some(Token::Any), Some(Token::End)) => {
                    reading.settled.insert(origin);
                }
                _ => {}
            }
        }
        reading
    }
}

impl Reading {
    fn matches(&self, group: &Group) -> bool {
        !group.allowed.is_disjoint(&self.matched) && group.excluded.is_disjoint(&self.matched)
    }

    fn escapes(&self, required: &Group, granted: &[Group], denied: &[Group]) -> bool {
        let allowed = granted.iter().any(|group| self.matches(group)) && !denied.iter().any(|group| self.matches(group));
        self.matches(required) && !allowed
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::posture::filter::wildcard;

    fn texts(patterns: &[&str]) -> Vec<String> {
        patterns.iter().map(|text| (*text).to_owned()).collect()
    }

    fn check(required: &str, granted: &[(&[&str], &[&str])], denied: &[&str]) -> Coverage {
        let owned: Vec<_> = granted.iter().map(|(allowed, excluded)| (texts(allowed), texts(excluded))).collect();
        let granted: Vec<_> = owned.iter().map(|(allowed, excluded)| Patterns { allowed, excluded }).collect();
        let (required, denied) = (texts(&[required]), texts(denied));
        let denied = [Patterns { allowed: &denied, excluded: &[] }];
        covered(Patterns { allowed: &required, excluded: &[] }, &granted, &denied)
    }

    #[test]
    fn a_pattern_is_covered_only_as_a_whole() {
        for (required, granted, expected) in [
            ("Microsoft.Storage/*/read", &["*/read"][..], Coverage::Covered),
            ("Microsoft.Storage/*/read", &["Microsoft.Storage/*"], Coverage::Covered),
            ("Microsoft.Storage/*/read", &["microsoft.storage/*/READ"], Coverage::Covered),
            ("Microsoft.Storage/*/read", &["Microsoft.Storage/storageAccounts/read"], Coverage::Missing),
            ("Microsoft.Storage/*/read", &["Microsoft.Storage/s*", "Microsoft.Storage/*/read"], Coverage::Covered),
            ("*", &["*/read", "*/write", "*/action", "*/delete"], Coverage::Missing),
            ("*", &["*"], Coverage::Covered),
            ("*/read", &["Microsoft.*/read"], Coverage::Missing),
            ("a*b*c", &["a*c"], Coverage::Covered),
            ("a*c", &["a*b*c"], Coverage::Missing),
            ("a/*", &["a/**"], Coverage::Covered),
            ("a/b", &["a/*"], Coverage::Covered),
            ("a/b", &[], Coverage::Missing),
        ] {
            assert_eq!(check(required, &[(granted, &[])], &[]), expected, "{required} {granted:?}");
        }
    }

    #[test]
    fn two_halves_of_a_pattern_make_a_whole() {
        let halves: &[(&[&str], &[&str])] = &[(&["a/*"], &["a/x/*"]), (&["a/x/*"], &[])];
        assert_eq!(check("a/*", halves, &[]), Coverage::Covered);
        assert_eq!(check("a/*", &halves[..1], &[]), Coverage::Missing);
    }

    #[test]
    fn an_exclusion_that_cannot_meet_the_requirement_takes_nothing_away() {
        let contributor: &[(&[&str], &[&str])] =
            &[(&["*"], &["Microsoft.Authorization/*/Write", "Microsoft.Authorization/*/Delete"])];
        assert_eq!(check("*/read", contributor, &[]), Coverage::Covered);
        assert_eq!(check("Microsoft.Authorization/*", contributor, &[]), Coverage::Missing);
    }

    #[test]
    fn what_is_denied_is_not_covered_whoever_allows_it() {
        let owner: &[(&[&str], &[&str])] = &[(&["*"], &[])];
        assert_eq!(check("*/write", owner, &["Microsoft.Web/*"]), Coverage::Missing);
        assert_eq!(check("*/read", owner, &["Microsoft.Web/sites/delete"]), Coverage::Covered);
    }

    #[test]
    fn what_the_search_cannot_finish_is_undecided() {
        let (required, granted) = (texts(&["Microsoft.Storage/*/read"]), texts(&["*/read"]));
        let required = Patterns { allowed: &required, excluded: &[] };
        let granted = [Patterns { allowed: &granted, excluded: &[] }];
        assert_eq!(covered_within(10, required, &granted, &[]), Coverage::Undecided);
        assert_eq!(covered_within(1000, required, &granted, &[]), Coverage::Covered);
    }

    fn word() -> impl Strategy<Value = String> {
        "[ab*]{0,5}"
    }

    proptest! {
        /// Against every text of up to seven letters over three letters.
        #[test]
        fn nothing_is_called_covered_from_which_an_operation_escapes(
            required in "[ab*]{1,4}", granted in prop::collection::vec((word(), word()), 0..3), denied in word(),
        ) {
            let pairs: Vec<(Vec<String>, Vec<String>)> = granted.iter().map(|(a, n)| (vec![a.clone()], vec![n.clone()])).collect();
            let patterns: Vec<_> = pairs.iter().map(|(allowed, excluded)| Patterns { allowed, excluded }).collect();
            let (wanted, taken) = (vec![required.clone()], vec![denied.clone()]);
            let answer = covered(
                Patterns { allowed: &wanted, excluded: &[] }, &patterns, &[Patterns { allowed: &taken, excluded: &[] }],
            );
            let mut all = vec![String::new()];
            let mut level = all.clone();
            for _ in 0..7 {
                level = level.iter().flat_map(|text| ["a", "b", "c"].map(|letter| format!("{text}{letter}"))).collect();
                all.extend(level.iter().cloned());
            }
            let allowed = |text: &str| {
                granted.iter().any(|(a, n)| wildcard(a, text) && !wildcard(n, text)) && !wildcard(&denied, text)
            };
            let escaped = all.iter().any(|text| wildcard(&required, text) && !allowed(text));
            prop_assert!(answer == Coverage::Missing || !escaped, "an operation escapes");
        }
    }
}
