//! Links into the portal. Azure repeats the resource's id and the recommendation's key in each; a row holds both anyway, so a link
//! is kept as a pattern that most rows share.

use std::sync::Arc;

/// What stands for the resource's id at the end of a link: as it is, and with its slashes encoded in either case.
const IDS: [(char, &str); 3] = [('\u{1}', "/"), ('\u{2}', "%2F"), ('\u{3}', "%2f")];
/// What stands for a segment that is the recommendation's key.
const KEY: char = '\u{4}';

/// A link without the parts that its row holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link(Arc<str>);

impl Link {
    /// Takes the resource's id off the end of a link and the recommendation's key out of its segments; `shared` keeps equal patterns
    /// once. What stands elsewhere, or is spelled differently, stays. No address holds control characters; one that does loses them.
    pub fn fold(link: &str, resource_id: &str, key: &str, shared: impl FnOnce(&str) -> Arc<str>) -> Self {
        let clean: String;
        let link = match link.bytes().any(|byte| byte <= KEY as u8) {
            true => {
                clean = link.chars().filter(|c| *c > KEY).collect();
                &clean
            }
            false => link,
        };
        let cut = IDS.into_iter().find_map(|(mark, slash)| Some((before(link, resource_id, slash)?, mark)));
        let mut pattern = String::with_capacity(link.len());
        for (number, segment) in cut.map_or(link, |(rest, _)| rest).split('/').enumerate() {
            if number > 0 {
                pattern.push('/');
            }
            if segment == key && !key.is_empty() { pattern.push(KEY) } else { pattern.push_str(segment) }
        }
        pattern.extend(cut.map(|(_, mark)| mark));
        Self(shared(&pattern))
    }

    /// The address again, with the scheme that the service leaves out.
    pub fn unfold(&self, resource_id: &str, key: &str) -> String {
        let mut link = self.0.replace(KEY, key);
        for (mark, slash) in IDS {
            link = link.replace(mark, &resource_id.replace('/', slash));
        }
        let has_scheme = |(scheme, rest): (&str, &str)| rest.starts_with("//") && !scheme.contains('/');
        if link.split_once(':').is_some_and(has_scheme) { link } else { format!("https://{link}") }
    }
}

/// What stands before the id, whose slashes are spelled like this.
fn before<'a>(link: &'a str, id: &str, slash: &str) -> Option<&'a str> {
    let mut rest = link;
    for segment in id.strip_prefix('/')?.rsplit('/') {
        rest = rest.strip_suffix(segment)?.strip_suffix(slash)?;
    }
    Some(rest)
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
    fn every_link_comes_back_with_a_scheme() {
        for link in [
            format!("https://portal.azure.com/#blade/B/assessmentKey/{GUID}/resourceId/{ID}"),
            format!("https://portal.azure.com/#blade/B/assessmentKey/{GUID}/resourceId/{}", ID.replace('/', "%2F")),
            format!("https://portal.azure.com/#blade/B/resourceId/{}/x", ID.replace('/', "%2f")),
            format!("https://portal.azure.com{ID}{ID}{GUID}"),
            "https://portal.azure.com/%2Fsubscriptions%2fother".to_owned(),
        ] {
            assert_eq!(folded(&link).unfold(ID, GUID), link);
            assert_eq!(folded(link.trim_start_matches("https://")).unfold(ID, GUID), link);
        }
        assert_eq!(folded("portal.azure.com/?of=x://y").unfold(ID, GUID), "https://portal.azure.com/?of=x://y");
    }

    #[test]
    fn control_characters_stand_for_nothing() {
        assert_eq!(folded("odd \u{2}characters\u{4}").unfold(ID, GUID), "https://odd characters");
    }

    #[test]
    fn links_of_the_same_kind_share_one_pattern() {
        let link = |id: &str, key: &str| {
            Link::fold(&format!("https://portal/{key}/{}", id.replace('/', "%2F")), id, key, |pattern| pattern.into())
        };
        assert_eq!(link("/a/b", "k1"), link("/c/d/e", "k2"));
    }
}
