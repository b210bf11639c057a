//! The file that a choice of hunks makes of its base. Each hunk stands on the base alone, so the order of choosing does
//! not matter: all hunks make the proposed file, none leaves the base.

use super::form::lines;
use crate::Hunk;

/// Why hunks do not fit the texts they are said to come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the change set does not fit its base")]
pub struct Misfit;

/// `base` with the lines of `proposed` in the places of `chosen`; hunks about the file as a whole are passed over.
pub fn select(base: &str, proposed: &str, chosen: &[&Hunk]) -> Result<String, Misfit> {
    let (old, new) = (lines(base), lines(proposed));
    let mut places: Vec<_> =
        chosen.iter().filter(|hunk| hunk.act.is_none()).map(|hunk| place(hunk)).collect();
    places.sort_by_key(|(from, _)| (from.start, from.end));
    let mut out = String::with_capacity(proposed.len().max(base.len()));
    let mut at = 0;
    for (from, to) in places {
        let kept = old.get(at..from.start).ok_or(Misfit)?;
        let come = new.get(to).ok_or(Misfit)?;
        old.get(from.clone()).ok_or(Misfit)?;
        out.extend(kept.iter().chain(come).copied());
        at = from.end;
    }
    out.extend(old.get(at..).ok_or(Misfit)?.iter().copied());
    Ok(out)
}

/// A hunk's lines in the base and in the proposed file, counted from 0.
fn place(hunk: &Hunk) -> (std::ops::Range<usize>, std::ops::Range<usize>) {
    let range = |start: u32, count: u32| {
        let start = start as usize - usize::from(count > 0 && start > 0);
        start..start + count as usize
    };
    (range(hunk.old_start, hunk.old_lines), range(hunk.new_start, hunk.new_lines))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::change::FileMode;
    use crate::patch::{Side, file_change};
    use crate::{Hash, RelPath};
    use proptest::prelude::*;

    fn hunks(base: &str, new: &str) -> Vec<Hunk> {
        let path = RelPath::parse("a.txt").unwrap();
        let (old_hash, new_hash) = (Hash::of(base.as_bytes()), Hash::of(new.as_bytes()));
        let base = Side { path: &path, bytes: base.as_bytes(), hash: &old_hash, mode: FileMode::Plain };
        let new = Side { path: &path, bytes: new.as_bytes(), hash: &new_hash, mode: FileMode::Plain };
        file_change(Some(base), Some(new), 1_000).map(|change| change.hunks).unwrap_or_default()
    }

    #[test]
    fn a_hunk_that_does_not_fit_is_refused() {
        let all = hunks("a\nb\nc\n", "a\nB\nc\n");
        assert_eq!(select("a\n", "a\nB\nc\n", &[&all[0]]), Err(Misfit));
        assert_eq!(select("a\nb\nc\n", "a\n", &[&all[0]]), Err(Misfit));
        assert_eq!(select("a\nb\nc\n", "a\nB\nc\n", &[&all[0], &all[0]]), Err(Misfit));
    }

    const TEXT: &str = "([a-d]{1,2}(\r\n|\n|\n\n)){0,12}[ab]{0,1}";

    proptest! {
        #[test]
        fn all_hunks_make_the_new_file_and_none_the_old(base in TEXT, new in TEXT) {
            let all = hunks(&base, &new);
            let every: Vec<_> = all.iter().collect();
            prop_assert_eq!(select(&base, &new, &every).unwrap(), new.as_str());
            prop_assert_eq!(select(&base, &new, &[]).unwrap(), base);
        }

        #[test]
        fn choosing_in_any_order_makes_the_same_file(base in TEXT, new in TEXT, seed in any::<u64>()) {
            let all = hunks(&base, &new);
            let some: Vec<_> = all.iter().enumerate().filter(|(i, _)| seed >> (i % 64) & 1 == 1).map(|(_, h)| h).collect();
            let back: Vec<_> = some.iter().rev().copied().collect();
            prop_assert_eq!(select(&base, &new, &some).unwrap(), select(&base, &new, &back).unwrap());
        }

        #[test]
        fn a_part_and_then_the_rest_are_all(base in TEXT, new in TEXT, seed in any::<u64>()) {
            // What is left to do after a part is exactly the other hunks, found anew on the file that the part made.
            let all = hunks(&base, &new);
            let part: Vec<_> = all.iter().enumerate().filter(|(i, _)| seed >> (i % 64) & 1 == 1).map(|(_, h)| h).collect();
            let halfway = select(&base, &new, &part).unwrap();
            let rest = hunks(&halfway, &new);
            prop_assert_eq!(select(&halfway, &new, &rest.iter().collect::<Vec<_>>()).unwrap(), new.as_str());
        }

        #[test]
        fn ids_are_stable_and_differ(base in TEXT, new in TEXT) {
            let ids = |all: Vec<Hunk>| all.into_iter().map(|hunk| hunk.id).collect::<Vec<_>>();
            let (one, two) = (ids(hunks(&base, &new)), ids(hunks(&base, &new)));
            prop_assert_eq!(&one, &two);
            prop_assert_eq!(one.iter().collect::<std::collections::BTreeSet<_>>().len(), one.len());
        }
    }
}
