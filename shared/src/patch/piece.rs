//! A piece of text within a file: the places where it stands.

use super::refusal::Refusal;

/// The first starts of `piece` in `text`, also where two overlap: as many as are worth telling.
pub(crate) fn starts(text: &str, piece: &str) -> Vec<usize> {
    let step = piece.chars().next().map_or(1, char::len_utf8);
    let mut starts = Vec::new();
    let mut from = 0;
    while starts.len() < Refusal::MAX_CANDIDATES
        && let Some(at) = text.get(from..).and_then(|rest| rest.find(piece))
    {
        starts.push(from + at);
        from += at + step;
    }
    starts
}

/// The line of a byte, from 1.
pub(crate) fn line_at(text: &str, at: usize) -> usize {
    text[..at].matches('\n').count() + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn overlapping_places_are_several() {
        assert_eq!(starts("aXaXa", "aXa"), [0, 2]);
        assert_eq!(starts("éé", "é"), [0, 2]);
        assert_eq!(starts("", "a"), Vec::<usize>::new());
    }
}
