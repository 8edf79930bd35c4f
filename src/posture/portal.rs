//! Links into the portal. Azure repeats the resource's id and the recommendation's key in each; a row holds both anyway, so a link
//! is kept as a pattern that most rows share.

use std::sync::Arc;

/// What stands for the resource's id: as it is, and with its slashes encoded in either case.
const IDS: [(char, &str); 3] = [('\u{1}', "/"), ('\u{2}', "%2F"), ('\u{3}', "%2f")];
/// What stands for the recommendation's key.
const KEY: char = '\u{4}';

/// A link without the parts that its row holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link(Arc<str>);

impl Link {
    /// Takes the resource's id and the recommendation's key out of a link; `shared` keeps equal patterns once. A link that holds
    /// neither, or spells them differently, is kept as it is.
    pub fn fold(link: &str, resource_id: &str, key: &str, shared: impl FnOnce(&str) -> Arc<str>) -> Self {
        let encoded = link.find('%').and_then(|at| link.get(at..at + 3));
        let (mark, slash) = IDS.into_iter().find(|(_, slash)| encoded == Some(slash)).unwrap_or(('\u{1}', "/"));
        let mut pattern = match slash {
            "/" => folded(link, resource_id, mark),
            _ => folded(link, &resource_id.replace('/', slash), mark),
        };
        pattern = folded(&pattern, key, KEY);
        Self(shared(&pattern))
    }

    /// The whole link again.
    pub fn unfold(&self, resource_id: &str, key: &str) -> String {
        let mut link = self.0.replace(KEY, key);
        for (mark, slash) in IDS {
            link = link.replace(mark, &resource_id.replace('/', slash));
        }
        link
    }
}

/// The text with a mark instead of a part. No address holds control characters; one that does loses them.
fn folded(text: &str, part: &str, mark: char) -> String {
    let mut folded = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(part).filter(|_| !part.is_empty()) {
        push(&mut folded, before, mark);
        folded.push(mark);
        rest = after;
    }
    push(&mut folded, rest, mark);
    folded
}

/// Adds a part of an address, without characters that stand for something from `mark` on.
fn push(folded: &mut String, part: &str, mark: char) {
    let taken = |c: char| if mark == KEY { c == KEY } else { c <= KEY };
    match part.contains(taken) {
        true => folded.extend(part.chars().filter(|c| !taken(*c))),
        false => folded.push_str(part),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "/subscriptions/s/resourceGroups/rg";
    const GUID: &str = "6f90a6d6-d4d6-0794-0ec1-98fa77878c2e";

    fn folded(link: &str) -> Link {
        Link::fold(link, ID, GUID, |pattern| pattern.into())
    }

    #[test]
    fn every_link_comes_back_as_it_was() {
        for link in [
            format!("https://portal.azure.com/#blade/B/assessmentKey/{GUID}/resourceId/{ID}"),
            format!("https://portal.azure.com/#blade/B/assessmentKey/{GUID}/resourceId/{}", ID.replace('/', "%2F")),
            format!("https://portal.azure.com/#blade/B/resourceId/{}/x", ID.replace('/', "%2f")),
            format!("{ID}{ID}{GUID}"),
            "https://portal.azure.com/%2Fsubscriptions%2fother".to_owned(),
            String::new(),
        ] {
            assert_eq!(folded(&link).unfold(ID, GUID), link);
        }
    }

    #[test]
    fn control_characters_stand_for_nothing() {
        assert_eq!(folded("odd \u{2}characters\u{4}").unfold(ID, GUID), "odd characters");
    }

    #[test]
    fn links_of_the_same_kind_share_one_pattern() {
        let link = |id: &str, key: &str| {
            Link::fold(&format!("https://portal/{key}/{}", id.replace('/', "%2F")), id, key, |pattern| pattern.into())
        };
        assert_eq!(link("/a/b", "k1"), link("/c/d/e", "k2"));
    }
}
