//! A value, and the gaps of it. Who takes the value has to say whether a part of it is enough.

use super::{Reason, Unreadable};

/// Something that was to be read: all of it was, a part, or nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen<T>(Sight<T>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Sight<T> {
    All(T),
    Part(T, Gaps),
    Nothing(Gaps),
}

/// At least one gap.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Gaps {
    first: Unreadable,
    others: Vec<Unreadable>,
}

/// How much of something was seen, to be told apart at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look<'a, T> {
    /// All of it.
    All(&'a T),
    /// A part of it, or all without a proof that it is; and why.
    Part(&'a T, &'a Unreadable),
    /// Nothing, and why.
    Nothing(&'a Unreadable),
}

impl<T> Seen<T> {
    /// All of it was seen.
    pub fn all(value: T) -> Self {
        Self(Sight::All(value))
    }

    /// This much of it was seen: all, if there is no gap.
    pub fn part(value: T, gaps: impl IntoIterator<Item = Unreadable>) -> Self {
        let whole = Self::all(value);
        gaps.into_iter().fold(whole, Self::lacking)
    }

    /// Nothing of it was seen.
    pub fn unseen(gap: Unreadable) -> Self {
        Self(Sight::Nothing(Gaps { first: gap, others: Vec::new() }))
    }

    /// The same with one gap more.
    pub fn lacking(self, gap: Unreadable) -> Self {
        match self.0 {
            Sight::All(value) => Self(Sight::Part(value, Gaps { first: gap, others: Vec::new() })),
            Sight::Part(value, gaps) => Self(Sight::Part(value, gaps.and(gap))),
            Sight::Nothing(gaps) => Self(Sight::Nothing(gaps.and(gap))),
        }
    }

    /// The value, if nothing is missing of it; else the first gap.
    pub fn whole(&self) -> Result<&T, &Unreadable> {
        match &self.0 {
            Sight::All(value) => Ok(value),
            Sight::Part(_, gaps) | Sight::Nothing(gaps) => Err(&gaps.first),
        }
    }

    /// What was seen of it, for what that is worth; the first gap if that is nothing.
    pub fn so_far(&self) -> Result<&T, &Unreadable> {
        match &self.0 {
            Sight::All(value) | Sight::Part(value, _) => Ok(value),
            Sight::Nothing(gaps) => Err(&gaps.first),
        }
    }

    /// How much of it was seen.
    pub fn look(&self) -> Look<'_, T> {
        match &self.0 {
            Sight::All(value) => Look::All(value),
            Sight::Part(value, gaps) => Look::Part(value, &gaps.first),
            Sight::Nothing(gaps) => Look::Nothing(&gaps.first),
        }
    }

    /// The rows that were seen, for what they are worth.
    pub fn rows_so_far<'a>(&'a self) -> impl Iterator<Item = <&'a T as IntoIterator>::Item>
    where
        &'a T: IntoIterator,
    {
        self.so_far().into_iter().flatten()
    }

    /// Whether nothing is missing of it.
    pub fn is_whole(&self) -> bool {
        self.gap().is_none()
    }

    /// The first of its gaps.
    pub fn gap(&self) -> Option<&Unreadable> {
        self.gaps().next()
    }

    /// The reason of the first of its gaps.
    pub fn reason(&self) -> Option<Reason> {
        self.gap().map(|gap| gap.reason)
    }

    /// Its gaps.
    pub fn gaps(&self) -> impl Iterator<Item = &Unreadable> {
        let gaps = match &self.0 {
            Sight::All(_) => None,
            Sight::Part(_, gaps) | Sight::Nothing(gaps) => Some(gaps),
        };
        gaps.into_iter().flat_map(|gaps| std::iter::once(&gaps.first).chain(&gaps.others))
    }

    /// Its gaps, for one who knows more about what helps against them.
    pub fn gaps_mut(&mut self) -> impl Iterator<Item = &mut Unreadable> {
        let gaps = match &mut self.0 {
            Sight::All(_) => None,
            Sight::Part(_, gaps) | Sight::Nothing(gaps) => Some(gaps),
        };
        gaps.into_iter().flat_map(|gaps| std::iter::once(&mut gaps.first).chain(&mut gaps.others))
    }

    /// What was seen, and the gaps; for one who passes both on.
    pub fn into_parts(self) -> (Option<T>, Vec<Unreadable>) {
        match self.split() {
            Ok((value, gaps)) => (Some(value), gaps),
            Err(gaps) => (None, gaps.into_vec()),
        }
    }

    /// Both, with the gaps of both; nothing where of either nothing was seen.
    pub fn and<U>(self, other: Seen<U>) -> Seen<(T, U)> {
        match (self.split(), other.split()) {
            (Ok((one, gaps)), Ok((two, more))) => Seen::part((one, two), gaps.into_iter().chain(more)),
            (Err(gaps), Ok((_, more))) => more.into_iter().fold(Seen(Sight::Nothing(gaps)), Seen::lacking),
            (Err(gaps), Err(more)) => more.into_vec().into_iter().fold(Seen(Sight::Nothing(gaps)), Seen::lacking),
            (Ok((_, gaps)), Err(more)) => gaps.into_iter().fold(Seen(Sight::Nothing(more)), Seen::lacking),
        }
    }

    fn split(self) -> Result<(T, Vec<Unreadable>), Gaps> {
        match self.0 {
            Sight::All(value) => Ok((value, Vec::new())),
            Sight::Part(value, gaps) => Ok((value, gaps.into_vec())),
            Sight::Nothing(gaps) => Err(gaps),
        }
    }

    /// Something made of it, with the same gaps.
    pub fn map<U>(self, make: impl FnOnce(T) -> U) -> Seen<U> {
        Seen(match self.0 {
            Sight::All(value) => Sight::All(make(value)),
            Sight::Part(value, gaps) => Sight::Part(make(value), gaps),
            Sight::Nothing(gaps) => Sight::Nothing(gaps),
        })
    }

    /// The same without taking it.
    pub fn map_ref<U>(&self, make: impl FnOnce(&T) -> U) -> Seen<U> {
        Seen(match &self.0 {
            Sight::All(value) => Sight::All(make(value)),
            Sight::Part(value, gaps) => Sight::Part(make(value), gaps.clone()),
            Sight::Nothing(gaps) => Sight::Nothing(gaps.clone()),
        })
    }
}

impl<T> From<Result<T, Unreadable>> for Seen<T> {
    fn from(read: Result<T, Unreadable>) -> Self {
        match read {
            Ok(value) => Self::all(value),
            Err(gap) => Self::unseen(gap),
        }
    }
}

impl Gaps {
    fn and(mut self, gap: Unreadable) -> Self {
        if self.first != gap && !self.others.contains(&gap) {
            self.others.push(gap);
        }
        self
    }

    fn into_vec(self) -> Vec<Unreadable> {
        std::iter::once(self.first).chain(self.others).collect()
    }
}

/// What two rows of one thing say alike; of what they do not agree on nothing is known.
pub fn agreed<T: PartialEq>(one: Option<T>, other: Option<T>) -> Option<T> {
    one.filter(|one| other.as_ref() == Some(one))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::posture::Subject;

    fn gap(reason: Reason) -> Unreadable {
        Unreadable { reason, ..Unreadable::unasked(Subject::Users) }
    }

    #[test]
    fn what_is_not_whole_is_only_given_to_who_asks_for_a_part() {
        let (refused, hidden) = (gap(Reason::Forbidden), gap(Reason::Hidden));
        let all = Seen::part(vec![1], None);
        assert_eq!((all.whole(), all.so_far(), all.gap()), (Ok(&vec![1]), Ok(&vec![1]), None));
        let part = Seen::part(vec![1], [refused.clone(), hidden.clone(), refused.clone()]);
        assert_eq!((part.whole(), part.so_far()), (Err(&refused), Ok(&vec![1])));
        assert_eq!(part.gaps().collect::<Vec<_>>(), [&refused, &hidden], "each once, the first one first");
        let nothing = Seen::<Vec<u8>>::unseen(hidden.clone()).lacking(refused.clone());
        assert_eq!((nothing.whole(), nothing.so_far()), (Err(&hidden), Err(&hidden)));
        assert_eq!((nothing.rows_so_far().count(), nothing.is_whole()), (0, false));
        assert_eq!(nothing.into_parts(), (None, vec![hidden, refused]));
    }

    #[test]
    fn what_is_made_of_a_part_is_a_part() {
        let refused = gap(Reason::Forbidden);
        assert_eq!(Seen::part(2, Some(refused.clone())).map(|two| two + 1).look(), Look::Part(&3, &refused));
        assert_eq!(Seen::all(2).map_ref(|two| two + 1).look(), Look::All(&3));
        let hidden = gap(Reason::Hidden);
        let both = Seen::part(1, Some(refused.clone())).and(Seen::part(2, Some(hidden.clone())));
        assert_eq!((both.look(), both.gaps().count()), (Look::Part(&(1, 2), &refused), 2));
        let neither = Seen::part(1, Some(refused.clone())).and(Seen::<u8>::unseen(hidden.clone()));
        assert_eq!((neither.look(), neither.gaps().count()), (Look::Nothing(&hidden), 2));
        assert_eq!(Seen::<u8>::from(Err(refused.clone())).map(|one| one + 1).look(), Look::Nothing(&refused));
    }
}
