# On every plan and again before every apply; nothing of it is kept in state.
ephemeral "azposture_connection_validation" "all" {
  on_unknown = "warning"
}
