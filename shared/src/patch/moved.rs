//! A block that the person moved while the model changed it is followed, if it is the same block beyond doubt.

use super::budget::Budget;
use super::build::Block;
use super::refusal::Refusal;
use super::text::Lines;

/// `now` with every block changed where it stands now; nothing unless each block's lines stand exactly once in the
/// snapshot and exactly once in the file as it is.
pub(crate) fn follow(
    base: &str,
    now: &str,
    blocks: &[Block],
    budget: &Budget,
) -> Result<Option<String>, Refusal> {
    let (base, now) = (Lines::of(base), Lines::of(now));
    let mut edits = Vec::with_capacity(blocks.len());
    for block in blocks {
        let here = only_place(&base.texts, &block.old, budget)?;
        let (Some(_), Some(at)) = (here, only_place(&now.texts, &block.old, budget)?) else {
            return Ok(None);
        };
        edits.push((at..at + block.old.len(), block.new.clone()));
    }
    edits.sort_by_key(|(range, _)| range.start);
    let apart = edits.windows(2).all(|pair| pair[0].0.end <= pair[1].0.start);
    Ok((apart && !edits.is_empty()).then(|| now.rebuild(edits.into_iter(), None)))
}

/// Where `block` stands, if that is one place only and the block has text enough to be told by.
fn only_place(lines: &[&str], block: &[String], budget: &Budget) -> Result<Option<usize>, Refusal> {
    const MIN_TEXT: usize = 20;
    let text: usize = block.iter().map(|line| line.trim().len()).sum();
    if text < MIN_TEXT || block.len() > lines.len() {
        return Ok(None);
    }
    let mut found = None;
    for at in 0..=lines.len() - block.len() {
        let same = lines[at..].iter().zip(block).take_while(|(a, b)| a == b).count();
        budget.spend(1 + same)?;
        if same == block.len() && found.replace(at).is_some() {
            return Ok(None);
        }
    }
    Ok(found)
}
