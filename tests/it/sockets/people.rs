//! A directory as large as a real one, over sockets: how often it is asked.

use azposture::demo::Tenant;
use serde_json::json;

use super::provider;
use crate::{
    provider::users::without_audit_log,
    support::{
        cloud::{FakeCloud, Role},
        people::Directory,
    },
};

#[tokio::test]
async fn twenty_thousand_users_take_at_most_41_requests_and_21_without_their_sign_ins() {
    for (tenant, shows_sign_ins, most) in [(Tenant::demo(), true, 41), (without_audit_log(), false, 21)] {
        let directory = Directory { users: 20_000, shows_sign_ins };
        let cloud = FakeCloud::on(tenant).answering(directory.front()).start().await;
        let plugin = provider(cloud.block(), &[]).await;
        let arguments = json!({"inactive_days": 90, "as_of": "2026-11-02", "include_registration": false, "limit": 10});
        let answer = plugin.read("azposture_users", arguments).await.0.unwrap();
        let summary = &answer["summary"];
        let (matched, stale) = if shows_sign_ins { (directory.idle(), json!(directory.idle())) } else { (20_000, json!(null)) };
        assert_eq!((&summary["matched"], &summary["stale"]), (&json!(matched), &stale));
        let users: Vec<_> = cloud.seen_by(Role::Graph).into_iter().filter(|seen| seen.path == "/v1.0/users").collect();
        let of_list = users.iter().filter(|seen| seen.query.contains("signInActivity") == shows_sign_ins).count();
        assert!(of_list <= most, "{of_list} requests");
        // Where they are refused, that is told once.
        assert_eq!(users.len() - of_list, usize::from(!shows_sign_ins));
    }
}
