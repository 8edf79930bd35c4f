//! The command that gives a role, as it is shown to whoever has to run it.

use crate::text::shell_word;

/// Gives a role at a scope to a principal, by object id.
pub fn command(role: &str, scope: &str, object_id: &str) -> String {
    let [role, scope, object_id] = [role, scope, object_id].map(shell_word);
    format!("az role assignment create --role {role} --scope {scope} --assignee {object_id}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_of_several_words_is_quoted() {
        assert!(command("Security Reader", "/", "x").contains("--role \"Security Reader\" --scope / --assignee x"));
        assert!(command("Reader", "/", "x").contains("--role Reader --scope"));
        let group = "/subscriptions/1/resourceGroups/größe(1)";
        assert!(command("Reader", group, "x").contains(&format!("--scope \"{group}\" --assignee x")));
    }
}
