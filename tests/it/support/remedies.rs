//! What a next step may leave open to whoever takes it.

/// What a command may leave open, because nothing that was asked can tell it; the ids of the sign-in are in its token and in the block.
const LEFT_OPEN: &[&str] = &[
    // Of the application that somebody meant by an id that is no object id.
    "<client id>",
    // Who signs in, where no token was issued.
    "<object id of this sign-in>",
    // Of a permission whose API does not show what it offers.
    "<permission id>",
];

/// The first placeholder of a text that could have been filled in.
pub(crate) fn left_open(text: &str) -> Option<String> {
    let opened = text.match_indices('<').filter_map(|(at, _)| text[at..].split_once('>').map(|(start, _)| format!("{start}>")));
    let mut placeholders = opened.filter(|text| text[1..].starts_with(|c: char| c.is_ascii_lowercase()));
    placeholders.find(|text| !LEFT_OPEN.contains(&&**text))
}
