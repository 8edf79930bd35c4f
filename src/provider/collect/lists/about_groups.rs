//! Of groups, whether they show who is in them, and who may edit them.

use futures::future::try_join_all;

use super::directory::{GroupProtection, Kind, Object};
use crate::{
    azure::{
        self,
        memo::Key,
        microsoft_graph::directory::{self as graph, IDS_AT_ONCE},
    },
    provider::context::Context,
};

/// The groups among members. One that does not say what it is may be a group.
pub(super) fn groups_in(members: &[Object]) -> impl Iterator<Item = String> {
    let may_be = |member: &&Object| member.kind() == Some(Kind::Group) || member.odata_type.is_none();
    members.iter().filter(may_be).map(|member| member.id.to_lowercase())
}

/// What to do about a group that hides them.
pub(super) const HIDDEN_MEMBERS: &str =
    "they are hidden. Grant Member.Read.Hidden (Microsoft Graph, application) with admin consent.";

/// Of groups, whether more than those who administer roles may edit them. Those that do not exist are not in the answer.
pub async fn group_protection(context: &Context, ids: &[String]) -> azure::Result<Vec<GroupProtection>> {
    let read = |ids: Vec<String>| async move {
        let (client, key) = (context.client.clone(), Key::of("group_protection").and_all(&ids));
        context.client.memo(key, || async move { graph::group_protection(&client, &ids).await }).await
    };
    let lists = try_join_all(ids.chunks(IDS_AT_ONCE).map(|chunk| read(chunk.to_vec())).collect::<Vec<_>>()).await?;
    Ok(lists.iter().flat_map(|list| list.iter().cloned()).collect())
}
