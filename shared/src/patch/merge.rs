//! Brings a proposed text into a file that has moved on since its base: three-way, by lines. Provable, or refused with
//! all sides.

use super::diff::{self, MAX_LINES, MAX_WORK};
use super::form::{lines, with_crlf, with_lf, without_end};
use crate::change::{LineEnding, TextForm};
use crate::review::ConflictRegion;
use similar::{Algorithm, MergeRegion, TextMerge, TextMergeConfig};

/// How a merge ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Merge {
    /// The current text holds everything that was proposed.
    AlreadyThere,
    /// The current text is the base: the proposed one takes its place as it is.
    Straight(String),
    /// Both sides' changes, none of which meet.
    Merged(String),
    Conflict(Vec<ConflictRegion>),
    /// Too large to compare.
    TooLarge,
}

/// Merges what changed from `base` to `proposed` into `current`. Where `current` has other line ends than `base`
/// throughout, they are kept.
pub fn merge(base: &str, current: &str, proposed: &str) -> Merge {
    if current == base {
        return merge_alike(base, current, proposed);
    }
    let back: fn(&str) -> String = match (TextForm::of(base).line_ending, TextForm::of(current).line_ending) {
        (LineEnding::Crlf | LineEnding::Mixed, LineEnding::Lf) => with_lf,
        (LineEnding::Lf | LineEnding::Mixed, LineEnding::Crlf) => with_crlf,
        (
            LineEnding::Lf | LineEnding::Crlf | LineEnding::Mixed | LineEnding::None,
            LineEnding::Lf | LineEnding::Crlf | LineEnding::Mixed | LineEnding::None,
        ) => return merge_alike(base, current, proposed),
    };
    match merge_alike(&with_lf(base), &with_lf(current), &with_lf(proposed)) {
        Merge::Straight(text) | Merge::Merged(text) => Merge::Merged(back(&text)),
        other @ (Merge::AlreadyThere | Merge::Conflict(_) | Merge::TooLarge) => other,
    }
}

/// Merges texts whose line ends may be compared.
fn merge_alike(base: &str, current: &str, proposed: &str) -> Merge {
    if current == base {
        return if proposed == base { Merge::AlreadyThere } else { Merge::Straight(proposed.to_owned()) };
    }
    if proposed == base || proposed == current {
        return Merge::AlreadyThere;
    }
    merge_lines(base, current, proposed)
}

fn merge_lines(base: &str, current: &str, proposed: &str) -> Merge {
    if is_too_large(base, current) || is_too_large(base, proposed) {
        return Merge::TooLarge;
    }
    let merged: TextMerge<'_, '_, '_, str> =
        TextMergeConfig::default().algorithm(Algorithm::Histogram).merge_lines(base, current, proposed);
    if merged.is_conflicted() {
        return Merge::Conflict(merged.conflicts().map(|region| conflict(&merged, region)).collect());
    }
    let text = merged.to_string();
    if text == current { Merge::AlreadyThere } else { Merge::Merged(text) }
}

/// What a merge costs at most, in comparisons of lines.
pub(crate) fn merge_work(base: &str, current: &str, proposed: &str) -> usize {
    diff::work(&lines(base), &lines(current)).saturating_add(diff::work(&lines(base), &lines(proposed)))
}

fn is_too_large(a: &str, b: &str) -> bool {
    let (a, b) = (lines(a), lines(b));
    a.len() + b.len() > MAX_LINES || diff::work(&a, &b) > MAX_WORK
}

fn conflict(merge: &TextMerge<'_, '_, '_, str>, region: &MergeRegion) -> ConflictRegion {
    let text = |line: Option<&str>| without_end(line.unwrap_or_default()).to_owned();
    ConflictRegion {
        current_line: u32::try_from(region.ours_range().start + 1).unwrap_or(u32::MAX),
        base: region.base_range().map(|line| text(merge.base_line(line))).collect(),
        current: region.ours_range().map(|line| text(merge.ours_line(line))).collect(),
        proposed: region.theirs_range().map(|line| text(merge.theirs_line(line))).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const BASE: &str = "one\ntwo\nthree\nfour\nfive\n";

    #[test]
    fn edits_in_other_lines_are_both_kept() {
        let merged = merge(BASE, "ONE\ntwo\nthree\nfour\nfive\n", "one\ntwo\nthree\nfour\nFIVE\n");
        assert_eq!(merged, Merge::Merged("ONE\ntwo\nthree\nfour\nFIVE\n".into()));
    }

    #[test]
    fn edits_in_the_same_line_are_a_conflict_with_all_sides() {
        let Merge::Conflict(regions) =
            merge(BASE, "one\nmine\nthree\nfour\nfive\n", "one\nyours\nthree\nfour\nfive\n")
        else {
            panic!("no conflict");
        };
        let region = ConflictRegion {
            current_line: 2,
            base: vec!["two".into()],
            current: vec!["mine".into()],
            proposed: vec!["yours".into()],
        };
        assert_eq!(regions, [region]);
    }

    #[test]
    fn what_is_there_already_is_not_written_again() {
        let both = "ONE\ntwo\nthree\nfour\nFIVE\n";
        assert_eq!(merge(BASE, both, "ONE\ntwo\nthree\nfour\nfive\n"), Merge::AlreadyThere);
    }

    #[test]
    fn a_file_that_was_turned_into_crlf_keeps_its_new_ends() {
        let current = with_crlf(BASE);
        let merged = merge(BASE, &current, "one\ntwo\n3\nfour\nfive\n");
        assert_eq!(merged, Merge::Merged("one\r\ntwo\r\n3\r\nfour\r\nfive\r\n".into()));
    }

    #[test]
    fn texts_past_the_limit_are_refused() {
        let long = "a\n".repeat(MAX_LINES / 2);
        assert!(matches!(merge(&long, &format!("b\n{long}"), &format!("{long}c\n")), Merge::TooLarge));
    }

    proptest! {
        #[test]
        fn an_untouched_file_takes_the_proposal_as_it_is(base in "[ab\n]{0,30}", new in "[ab\n]{0,30}") {
            let expected = if base == new { Merge::AlreadyThere } else { Merge::Straight(new.clone()) };
            prop_assert_eq!(merge(&base, &base, &new), expected);
            prop_assert_eq!(merge(&base, &new, &base), Merge::AlreadyThere);
            prop_assert_eq!(merge(&base, &new, &new), Merge::AlreadyThere);
        }

        #[test]
        fn the_sides_of_a_merge_may_be_swapped(base in "[a-d\n]{0,30}", a in "[a-d\n]{0,30}", b in "[a-d\n]{0,30}") {
            let text = |merged, current: &str| match merged {
                Merge::AlreadyThere => Some(current.to_owned()),
                Merge::Straight(text) | Merge::Merged(text) => Some(text),
                Merge::Conflict(_) | Merge::TooLarge => None,
            };
            prop_assert_eq!(
                text(merge(&base, &a, &b), &a).or(text(merge(&base, &b, &a), &b)),
                text(merge(&base, &b, &a), &b).or(text(merge(&base, &a, &b), &a))
            );
        }
    }
}
