//! What reading and placing a reply costs, beside `diffy`, `mpatch` and npm `diff` in the same run:
//! `cargo bench -p tidemark-shared --bench patch`, after `npm ci` in ui/.
//!
//! Every reply of the corpus, which are on files of up to 400 lines, and a part of them on the same files grown to 5,000. The
//! peers read unified diffs, get those without any envelope, and take turns with us at each. A reply's cost is the median
//! of its rounds. Times of a busy machine swing; the ratios of one run are what counts, and how many each got right.

#![expect(clippy::unwrap_used, reason = "a benchmark stops at the first thing that is not as it should be")]

#[path = "../tests/corpus/cases.rs"]
mod cases;
#[path = "patch/peers.rs"]
mod peers;
#[path = "patch/trials.rs"]
mod trials;

use cases::{Made, Score, cases};
use peers::{JsDiff, diffy, mpatch};
use std::fmt::Write as _;
use std::hint::black_box;
use std::time::{Duration, Instant};
use tidemark_shared::patch;
use trials::{Trial, grown};

fn main() {
    let cases = cases();
    let long = grown(&cases, 8);
    let short: Vec<Trial> = cases.into_iter().map(Trial::from).collect();
    compare("files of up to 400 lines", &short, 9);
    compare("files of 5,000 lines", &long, 3);
}

fn compare(what: &str, trials: &[Trial], rounds: usize) {
    let mut node = JsDiff::start();
    let ours = |trial: &Trial| {
        let case = &trial.case;
        timed(|| patch::apply(&case.reply, &case.base, &case.current).ok().map(|intended| intended.files))
    };
    let (mut all, mut beside) = (Tally::new(), [const { Tally::new() }; 4]);
    for trial in trials {
        let Some(diff) = &trial.diff else {
            let done: Vec<_> = (0..=rounds).map(|_| ours(trial)).skip(1).collect();
            all.count(trial, done);
            continue;
        };
        let files = &trial.case.current;
        let mut done = [const { Vec::new() }; 4];
        // The first round fills caches and lets Node compile; it does not count.
        for round in 0..=rounds {
            let turns = [
                ours(trial),
                timed(|| diffy(diff, files)),
                timed(|| mpatch(diff, files)),
                node.apply(diff, files),
            ];
            if round > 0 {
                done.iter_mut().zip(turns).for_each(|(done, turn)| done.push(turn));
            }
        }
        all.count(trial, done[0].clone());
        beside.iter_mut().zip(done).for_each(|(tally, done)| tally.count(trial, done));
    }
    let mut table = format!("{what}: {} unified diffs\n", beside[0].times.len());
    let mut told = |name: &str, tally: &Tally, than: Option<&Tally>| {
        let (median, p99) = (tally.micros(50), tally.micros(99));
        write!(table, "  {name:22} median {median:>8.1} µs  p99 {p99:>9.0} µs").unwrap();
        write!(table, "  right {:>4}  wrong {:>3}  refused {:>3}", tally.right, tally.wrong, tally.refused)
            .unwrap();
        if let Some(ours) = than {
            let (median, p99) = (ours.micros(50) / median, ours.micros(99) / p99);
            write!(table, "  ours is {median:.2} of its median, {p99:.3} of its p99").unwrap();
        }
        table.push('\n');
    };
    let [ours, peers @ ..] = &beside;
    told("tidemark", ours, None);
    for (name, peer) in ["diffy", "mpatch", "npm diff, fuzz 2"].into_iter().zip(peers) {
        told(name, peer, Some(ours));
    }
    told(&format!("tidemark, all {} forms", all.times.len()), &all, None);
    let (time, name) = &all.slowest;
    writeln!(table, "  the slowest of all: {name}, {time:.1?}").unwrap();
    std::io::Write::write_all(&mut std::io::stdout(), table.as_bytes()).unwrap();
}

type Done = (Option<Made>, Duration);

fn timed(apply: impl FnOnce() -> Option<Made>) -> Done {
    let start = Instant::now();
    let made = black_box(apply());
    (made, start.elapsed())
}

/// What one of them cost and got right.
struct Tally {
    times: Vec<Duration>,
    slowest: (Duration, String),
    /// Made as meant, or refused where that is right.
    right: usize,
    /// Anything else than what was meant, or nothing, claimed to be done.
    wrong: usize,
    /// Refused where it should have been made.
    refused: usize,
}

impl Tally {
    const fn new() -> Self {
        Self { times: Vec::new(), slowest: (Duration::ZERO, String::new()), right: 0, wrong: 0, refused: 0 }
    }

    fn count(&mut self, trial: &Trial, mut done: Vec<Done>) {
        done.sort_by_key(|(_, time)| *time);
        let (made, time) = &done[done.len() / 2];
        self.times.push(*time);
        if *time > self.slowest.0 {
            self.slowest = (*time, format!("{} ({})", trial.case.id, trial.case.class));
        }
        *match trial.case.score(made.as_ref()) {
            Score::Exact | Score::RefusedAsItShould | Score::Tolerated => &mut self.right,
            Score::FalseRefusal => &mut self.refused,
            Score::Nothing | Score::Misapplied => &mut self.wrong,
        } += 1;
    }

    /// A percentile over the replies, by nearest rank.
    fn micros(&self, percent: usize) -> f64 {
        let mut times = self.times.clone();
        times.sort();
        times[(times.len() * percent).div_ceil(100) - 1].as_secs_f64() * 1e6
    }
}
