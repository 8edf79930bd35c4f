//! What the directory says of one principal, perhaps several times.

use crate::{
    azure::microsoft_graph::directory::{Kind, Object},
    posture::people::is_guest,
};

/// What is known about a principal that exists.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// Its kind; none if it is said to be of two.
    pub kind: Option<Kind>,
    /// Its name; none if names are not wanted.
    pub display_name: Option<String>,
    /// Whether it is a guest; none if the directory does not say.
    pub guest: Option<bool>,
    /// Whether it is a group whose members are hidden.
    pub hides_members: bool,
}

impl Known {
    /// What a row says of it.
    pub fn of(kind: Kind, object: &Object) -> Self {
        Self {
            kind: Some(kind),
            display_name: object.display_name.0.clone(),
            guest: is_guest(object.user_type.as_deref()),
            hides_members: object.hides_members(),
        }
    }

    /// Takes in what is said of the same principal elsewhere; whether that is the same. A name that is left out is no other name.
    pub fn agrees(&mut self, other: &Self) -> bool {
        let mut same = self.hides_members == other.hides_members;
        self.hides_members |= other.hides_members;
        if self.kind != other.kind {
            (self.kind, same) = (None, false);
        }
        if self.guest != other.guest {
            (self.guest, same) = (None, false);
        }
        match (&self.display_name, &other.display_name) {
            (Some(own), Some(other)) if own != other => (self.display_name, same) = (None, false),
            (None, Some(other)) => self.display_name = Some(other.clone()),
            _ => {}
        }
        same
    }
}
