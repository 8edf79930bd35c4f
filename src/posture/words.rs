//! How a closed set of words is written down: one row a word, and nothing that could forget one.

/// An enum of which each variant is a word that the surface uses, in the order in which they sort. What follows `or` is a set of its own, all
/// of whose words belong to this one.
macro_rules! words {
    (
        $(#[$about:meta])*
        pub enum $name:ident {
            $($(#[$meaning:meta])* $variant:ident = $word:literal,)*
        }
        $(or $(#[$others:meta])* $other:ident($set:ident))?
    ) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum $name {
            $($(#[$meaning])* $variant,)*
            $($(#[$others])* $other($set),)?
        }

        impl $name {
            /// Every word that stands here, in their order.
            pub const ALL: [Self; [$($word),*].len()] = [$(Self::$variant),*];

            /// The word the surface uses.
            pub fn word(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)*
                    $(Self::$other(one) => <$set>::word(one),)?
                }
            }
        }
    };
}

pub(crate) use words;
