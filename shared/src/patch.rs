//! Text diff, hunk selection and three-way merge. Pure and bounded.
//!
//! One file per step, in the order of a change's life: [`form`] reads bytes as text and writes them back byte for byte,
//! [`adopt`] gives what an agent wrote the form of the file it replaces, [`diff`] finds the changes, [`change`] makes a
//! [`FileChange`](crate::FileChange) of them with [`render`] and [`binary`] for its unified diff and `words` for its highlights, [`mod@select`] builds the
//! file that some chosen hunks make, and [`mod@merge`] brings that into a file that has moved on.
//!
//! What a model writes takes another way in: [`reply`] reads any form of it (and [`Stream`] while it arrives), `locate` proves where it belongs on the
//! snapshot, and [`intend`] builds the file it means and merges that into the file as it is now; [`Refusal`] says why not. [`mark()`] tells the hunks
//! of the final diff how the edits behind them were found.
//!
//! A line is what ends with `\n`, as git sees it: a `\r` before it belongs to the line.

pub mod adopt;
pub mod binary;
mod budget;
mod build;
pub mod change;
pub mod diff;
pub mod form;
pub mod intend;
mod locate;
mod mark;
pub mod merge;
mod moved;
mod paths;
mod piece;
pub mod refusal;
pub mod render;
pub mod reply;
pub mod select;
mod splice;
mod text;
mod words;

pub use adopt::adopt_form;
pub use change::{Side, file_change};
pub use form::{Text, decode, encode};
pub use intend::{Files, Intended, Placement, apply, place};
pub use mark::mark;
pub use merge::{Merge, merge};
pub use refusal::{Divergence, Refusal, RefusalCode};
pub use reply::{Progress, Stream};
pub use select::select;
