//! Checks of network security groups: what their rules, by priority, let in from the internet. The admin rules of a Virtual Network
//! Manager, which come before them, are not read.

use serde_json::{Map, Value as Json};

use super::{
    check::{Check, Judge, On},
    estate::Resource,
    run::Ruling,
};
use crate::posture::{Area, Reason, Severity};

const GROUPS: &str = "Microsoft.Network/networkSecurityGroups";

pub(super) const CHECKS: &[Check] = &[Check {
    id: "nsg_ssh_restricted",
    area: Area::Network,
    severity: Severity::High,
    title: "No network security group lets SSH in from the internet",
    remediation: "Limit the source or use Bastion",
    on: On::Each(GROUPS, Judge::Function(|group| from_the_internet(group, 22))),
}];

/// Whether something is so; what is not said, or in a form nobody knows, may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Sure {
    No,
    Perhaps,
    Yes,
}

impl Sure {
    fn of(is: bool) -> Self {
        if is { Self::Yes } else { Self::No }
    }
}

/// The two internets: a rule for all addresses of one does not touch the other.
#[derive(Clone, Copy, Debug)]
enum Family {
    V4,
    V6,
}

/// An inbound rule.
struct Inbound<'a> {
    priority: u64,
    allows: bool,
    name: &'a str,
    properties: &'a Map<String, Json>,
}

fn from_the_internet(group: &Resource, port: u16) -> Ruling {
    let listed = group.properties.as_ref().and_then(|properties| properties.get("securityRules")?.as_array());
    let Some(rows) = listed else {
        return Ruling::Unknown(Reason::InvalidResponse, "the service does not state the rules".to_owned());
    };
    let mut rules = Vec::new();
    for row in rows {
        match inbound(row) {
            Some(rule) => rules.extend(rule),
            None => {
                let detail = format!("the service does not state direction, access and priority of the rule `{}`", name(row));
                return Ruling::Unknown(Reason::InvalidResponse, detail);
            }
        }
    }
    // Of two with one number, which the service does not accept, the one counts first that reassures nobody.
    rules.sort_by_key(|rule| (rule.priority, !rule.allows));
    let ends = [Family::V4, Family::V6].map(|family| first(&rules, port, family));
    let worst = ends.into_iter().max_by_key(|(sure, _)| *sure);
    match worst {
        Some((Sure::Yes, rule)) => Ruling::fail(format!("the rule `{rule}` lets the internet reach port {port}")),
        Some((Sure::Perhaps, rule)) => Ruling::Unknown(
            Reason::InvalidResponse,
            format!("it depends on the rule `{rule}`, which is not stated in full, whether the internet reaches port {port}"),
        ),
        Some((Sure::No, _)) | None => Ruling::Pass(format!("no rule lets the internet reach port {port}")),
    }
}

/// Whether the internet gets in, and by which rule. The rules that every group ends with let nobody in.
fn first<'a>(rules: &[Inbound<'a>], port: u16, family: Family) -> (Sure, &'a str) {
    let (mut let_in, mut kept_out) = (None, None);
    for rule in rules {
        match (rule.allows, rule.meets(port, family)) {
            (_, Sure::No) => {}
            (true, Sure::Perhaps) => let_in = let_in.or(Some(rule.name)),
            (false, Sure::Perhaps) => kept_out = kept_out.or(Some(rule.name)),
            (true, Sure::Yes) => return kept_out.map_or((Sure::Yes, rule.name), |before| (Sure::Perhaps, before)),
            (false, Sure::Yes) => break,
        }
    }
    let_in.map_or((Sure::No, ""), |rule| (Sure::Perhaps, rule))
}

fn name(row: &Json) -> &str {
    row.get("name").and_then(Json::as_str).unwrap_or_default()
}

/// An inbound rule, or that it is none; nothing if the row does not say what it does, and when.
fn inbound(row: &Json) -> Option<Option<Inbound<'_>>> {
    let properties = row.get("properties")?.as_object()?;
    let either = |field: &str, [yes, no]: [&str; 2]| {
        let word = properties.get(field)?.as_str()?;
        if word.eq_ignore_ascii_case(yes) { Some(true) } else { word.eq_ignore_ascii_case(no).then_some(false) }
    };
    if !either("direction", ["Inbound", "Outbound"])? {
        return Some(None);
    }
    let allows = either("access", ["Allow", "Deny"])?;
    let priority = properties.get("priority")?.as_u64()?;
    Some(Some(Inbound { priority, allows, name: name(row), properties }))
}

impl Inbound<'_> {
    /// Whether it decides about TCP from the internet to a port. One that denies has to deny it everywhere; one that allows need not.
    fn meets(&self, port: u16, family: Family) -> Sure {
        let met = self.is_of_tcp().min(self.comes_from(family)).min(self.has_port(port));
        if self.allows { met } else { met.min(self.has_every_destination(family)).min(self.has_every_source_port()) }
    }

    fn is_of_tcp(&self) -> Sure {
        match self.properties.get("protocol").and_then(Json::as_str) {
            Some(word) if ["*", "Tcp"].iter().any(|known| known.eq_ignore_ascii_case(word)) => Sure::Yes,
            Some(word) if ["Ah", "Esp", "Icmp", "Udp"].iter().any(|known| known.eq_ignore_ascii_case(word)) => Sure::No,
            Some(_) | None => Sure::Perhaps,
        }
    }

    fn comes_from(&self, family: Family) -> Sure {
        let groups = self.properties.get("sourceApplicationSecurityGroups").filter(|groups| !is_empty(groups));
        match self.texts("sourceAddressPrefix", "sourceAddressPrefixes") {
            // Without any of the source fields a rule is about everybody.
            Some(sources) if sources.is_empty() => Sure::of(groups.is_none()),
            Some(sources) => Sure::of(sources.iter().any(|source| is_everywhere(source, family))),
            None => Sure::Perhaps,
        }
    }

    fn has_port(&self, port: u16) -> Sure {
        match self.texts("destinationPortRange", "destinationPortRanges") {
            Some(ranges) if ranges.is_empty() => Sure::Perhaps,
            Some(ranges) => ranges.iter().map(|range| holds(range, port)).max().unwrap_or(Sure::Perhaps),
            None => Sure::Perhaps,
        }
    }

    fn has_every_destination(&self, family: Family) -> Sure {
        let is_everything = |place: &&str| {
            let is_own_network = place.eq_ignore_ascii_case("VirtualNetwork");
            is_own_network || (!place.eq_ignore_ascii_case("Internet") && is_everywhere(place, family))
        };
        self.is_all("destinationAddressPrefix", "destinationAddressPrefixes", is_everything)
    }

    fn has_every_source_port(&self) -> Sure {
        self.is_all("sourcePortRange", "sourcePortRanges", |range| ["*", "0-65535"].contains(range))
    }

    fn is_all(&self, one: &str, many: &str, is_everything: impl Fn(&&str) -> bool) -> Sure {
        match self.texts(one, many) {
            Some(texts) if texts.iter().any(is_everything) => Sure::Yes,
            Some(texts) if !texts.is_empty() => Sure::No,
            Some(_) | None => Sure::Perhaps,
        }
    }

    /// The texts of a field and of its plural; none if one of the two holds what is no text.
    fn texts(&self, one: &str, many: &str) -> Option<Vec<&str>> {
        let one = match self.properties.get(one) {
            None | Some(Json::Null) => None,
            Some(value) => Some(value.as_str()?),
        };
        let many: Vec<&str> = match self.properties.get(many) {
            None | Some(Json::Null) => Vec::new(),
            Some(value) => value.as_array()?.iter().map(Json::as_str).collect::<Option<_>>()?,
        };
        Some(one.into_iter().chain(many).map(str::trim).filter(|text| !text.is_empty()).collect())
    }
}

fn is_empty(value: &Json) -> bool {
    value.is_null() || value.as_array().is_some_and(Vec::is_empty)
}

/// Whether an address prefix or a service tag stands for everybody.
fn is_everywhere(text: &str, family: Family) -> bool {
    if ["*", "any", "Internet"].iter().any(|known| known.eq_ignore_ascii_case(text)) {
        return true;
    }
    // The bits that a prefix of length 0 names do not count.
    let is_of_six = text.contains(':');
    match family {
        Family::V4 => text == "0.0.0.0" || (!is_of_six && text.ends_with("/0")),
        Family::V6 => text == "::" || (is_of_six && text.ends_with("/0")),
    }
}

/// Whether a port or a range of ports holds a port.
fn holds(range: &str, port: u16) -> Sure {
    let number = |text: &str| text.trim().parse::<u16>().ok();
    let (from, to) = range.split_once('-').unwrap_or((range, range));
    match (range.trim(), number(from), number(to)) {
        ("*", ..) => Sure::Yes,
        (_, Some(from), Some(to)) => Sure::of((from..=to).contains(&port)),
        _ => Sure::Perhaps,
    }
}

#[cfg(test)]
mod tests;
