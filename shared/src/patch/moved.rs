//! A block that the person moved while the model changed it is followed, if it is the same block beyond doubt.

use super::intend::Block;
use super::text::Lines;

/// `now` with every block changed where it stands now; nothing unless each block's lines stand exactly once in the
/// snapshot and exactly once in the file as it is.
pub(crate) fn follow(base: &str, now: &str, blocks: &[Block]) -> Option<String> {
    let (base, now) = (Lines::of(base), Lines::of(now));
    let mut edits = Vec::with_capacity(blocks.len());
    for block in blocks {
        only_place(&base.texts, &block.old)?;
        let at = only_place(&now.texts, &block.old)?;
        edits.push((at..at + block.old.len(), block.new.clone()));
    }
    edits.sort_by_key(|(range, _)| range.start);
    let apart = edits.windows(2).all(|pair| pair[0].0.end <= pair[1].0.start);
    (apart && !edits.is_empty()).then(|| now.rebuild(edits.into_iter(), None))
}

/// Where `block` stands, if that is one place only and the block has text enough to be told by.
fn only_place(lines: &[&str], block: &[String]) -> Option<usize> {
    const MIN_TEXT: usize = 20;
    let text: usize = block.iter().map(|line| line.trim().len()).sum();
    if text < MIN_TEXT || block.len() > lines.len() {
        return None;
    }
    let mut places =
        (0..=lines.len() - block.len()).filter(|at| lines[*at..].iter().zip(block).all(|(a, b)| a == b));
    let only = places.next()?;
    places.next().is_none().then_some(only)
}
