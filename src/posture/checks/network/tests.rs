//! What rules let in, by priority, protocol, source and port.

use serde_json::{Value as Json, json};

use super::*;

/// An inbound rule for SSH from everybody, with these fields instead.
fn rule(priority: u64, access: &str, change: Json) -> Json {
    let mut properties = json!({
        "direction": "Inbound", "access": access, "priority": priority, "protocol": "Tcp", "sourcePortRange": "*",
        "sourceAddressPrefix": "*", "destinationAddressPrefix": "*", "destinationPortRange": "22",
    });
    properties.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
    json!({"name": format!("r{priority}"), "properties": properties})
}

fn judged(rules: &[Json]) -> &'static str {
    let properties = json!({"securityRules": rules}).as_object().cloned();
    match from_the_internet(&Resource { id: "/nsg".to_owned(), properties }, 22) {
        Ruling::Pass(_) => "pass",
        Ruling::Fail(..) => "fail",
        Ruling::Unknown(..) => "unknown",
    }
}

#[test]
fn one_rule_lets_in_whom_it_names() {
    for (change, expected) in [
        (json!({}), "fail"),
        (json!({"protocol": "*"}), "fail"),
        (json!({"protocol": "tcp"}), "fail"),
        (json!({"protocol": "Udp"}), "pass"),
        (json!({"protocol": "Icmp"}), "pass"),
        (json!({"protocol": null}), "unknown"),
        (json!({"protocol": "Sctp"}), "unknown"),
        (json!({"sourceAddressPrefix": "Internet"}), "fail"),
        (json!({"sourceAddressPrefix": "internet"}), "fail"),
        (json!({"sourceAddressPrefix": "0.0.0.0/0"}), "fail"),
        (json!({"sourceAddressPrefix": "::/0"}), "fail"),
        (json!({"sourceAddressPrefix": "203.0.113.7/0"}), "fail"),
        (json!({"sourceAddressPrefix": "203.0.113.0/24"}), "pass"),
        (json!({"sourceAddressPrefix": "VirtualNetwork"}), "pass"),
        (json!({"sourceAddressPrefix": "", "sourceAddressPrefixes": ["10.0.0.0/8", "0.0.0.0/0"]}), "fail"),
        (json!({"sourceAddressPrefix": null, "sourceAddressPrefixes": ["10.0.0.0/8"]}), "pass"),
        (json!({"sourceAddressPrefix": null}), "fail"),
        (json!({"sourceAddressPrefix": null, "sourceApplicationSecurityGroups": [{"id": "/asg"}]}), "pass"),
        (json!({"sourceAddressPrefix": null, "sourceApplicationSecurityGroups": []}), "fail"),
        (json!({"sourceAddressPrefix": 7}), "unknown"),
        (json!({"sourcePortRange": "443"}), "fail"),
        (json!({"destinationAddressPrefix": "10.0.0.4"}), "fail"),
        (json!({"destinationPortRange": "*"}), "fail"),
        (json!({"destinationPortRange": "20-25"}), "fail"),
        (json!({"destinationPortRange": "22-22"}), "fail"),
        (json!({"destinationPortRange": "23-25"}), "pass"),
        (json!({"destinationPortRange": "443"}), "pass"),
        (json!({"destinationPortRange": "ssh"}), "unknown"),
        (json!({"destinationPortRange": null, "destinationPortRanges": ["443", "20-30"]}), "fail"),
        (json!({"destinationPortRange": "", "destinationPortRanges": ["443", "80"]}), "pass"),
        (json!({"destinationPortRange": null}), "unknown"),
        (json!({"destinationPortRange": null, "destinationPortRanges": [22]}), "unknown"),
        (json!({"direction": "Outbound"}), "pass"),
        (json!({"direction": "inbound", "access": "allow"}), "fail"),
        (json!({"direction": null}), "unknown"),
        (json!({"direction": "Sideways"}), "unknown"),
        (json!({"access": null}), "unknown"),
        (json!({"access": "Perhaps"}), "unknown"),
        (json!({"priority": null}), "unknown"),
        (json!({"priority": "100"}), "unknown"),
    ] {
        assert_eq!(judged(&[rule(300, "Allow", change.clone())]), expected, "{change}");
    }
    assert_eq!(judged(&[]), "pass", "the rules that every group ends with let nobody in");
    assert_eq!(judged(&[json!(null)]), "unknown");
    assert_eq!(judged(&[json!({"name": "r"})]), "unknown");
}

#[test]
fn an_earlier_rule_keeps_out_whom_it_meets_whole() {
    let allow = || rule(300, "Allow", json!({}));
    for (change, expected) in [
        (json!({}), "pass"),
        (json!({"sourceAddressPrefix": "Internet", "destinationPortRange": "*", "protocol": "*"}), "pass"),
        (json!({"destinationAddressPrefix": "VirtualNetwork"}), "pass"),
        (json!({"sourceAddressPrefix": "203.0.113.0/24"}), "fail"),
        (json!({"sourceAddressPrefix": "0.0.0.0/0"}), "fail"),
        (json!({"sourceAddressPrefixes": ["0.0.0.0/0", "::/0"], "sourceAddressPrefix": ""}), "pass"),
        (json!({"sourcePortRange": "443"}), "fail"),
        (json!({"destinationAddressPrefix": "10.0.0.4"}), "fail"),
        (json!({"destinationAddressPrefix": "Internet"}), "fail"),
        (json!({"destinationPortRange": "80"}), "fail"),
        (json!({"protocol": "Udp"}), "fail"),
        (json!({"protocol": null}), "unknown"),
        (json!({"destinationAddressPrefix": null}), "unknown"),
        (json!({"sourcePortRange": null}), "unknown"),
    ] {
        let deny = rule(200, "Deny", change.clone());
        assert_eq!(judged(&[allow(), deny]), expected, "{change}");
        assert_eq!(judged(&[rule(400, "Deny", change.clone()), allow()]), "fail", "{change}: too late");
    }
}

#[test]
fn what_is_unclear_decides_nothing_that_is_certain_without_it() {
    let unclear = |priority, access| rule(priority, access, json!({"protocol": null}));
    assert_eq!(judged(&[unclear(100, "Allow"), rule(200, "Allow", json!({}))]), "fail");
    assert_eq!(judged(&[unclear(100, "Allow"), rule(200, "Deny", json!({}))]), "unknown");
    assert_eq!(judged(&[rule(100, "Deny", json!({})), unclear(200, "Allow")]), "pass");
    assert_eq!(judged(&[unclear(100, "Deny")]), "pass");
    assert_eq!(judged(&[rule(100, "Allow", json!({})), rule(100, "Deny", json!({}))]), "fail", "one number, two words");
}

#[test]
fn a_group_that_does_not_state_its_rules_is_unknown() {
    for properties in [None, Some(json!({})), Some(json!({"securityRules": null})), Some(json!({"securityRules": {}}))] {
        let properties = properties.and_then(|properties| properties.as_object().cloned());
        let ruling = from_the_internet(&Resource { id: "/nsg".to_owned(), properties }, 22);
        assert!(matches!(ruling, Ruling::Unknown(..)), "{ruling:?}");
    }
}
