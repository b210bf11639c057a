//! The fuzz targets (shared/fuzz/) in every test run: on their kept seeds, and on some thousands of bounded mutations of
//! them. `scripts/fuzz` goes on from here, led by coverage.

#![expect(clippy::unwrap_used, reason = "a test stops at the first thing that is not as it should be")]

#[path = "../fuzz/src/lib.rs"]
#[expect(unreachable_pub, reason = "public for the fuzzer's own crate")]
mod targets;

use fastrand::Rng;
use std::path::Path;
use std::time::{Duration, Instant};

const MUTATIONS: usize = 400;
/// Far above what any of these inputs takes, so that a busy machine fails nothing, and far below a hang.
const LIMIT: Duration = Duration::from_secs(10);

fn seeds(target: &str) -> Vec<String> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds").join(target);
    let mut paths: Vec<_> = std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
        .into_iter()
        .map(|path| String::from_utf8_lossy(&std::fs::read(path).unwrap()).into_owned())
        .collect()
}

#[test]
fn every_target_holds_on_its_seeds_and_near_them() {
    for (name, target) in targets::TARGETS {
        let seeds = seeds(name);
        assert!(seeds.len() > 3, "{name} has seeds");
        let mut rng = Rng::with_seed(7);
        let mutated =
            std::iter::repeat_with(|| mutated(&mut rng, &seeds)).take(MUTATIONS).collect::<Vec<_>>();
        for input in seeds.iter().chain(&mutated) {
            let start = Instant::now();
            target(input);
            assert!(start.elapsed() < LIMIT, "{name} hangs on {input:?}");
        }
    }
}

/// Some lines of a seed dropped, doubled, swapped, cut, or taken from another one.
fn mutated(rng: &mut Rng, seeds: &[String]) -> String {
    let pick =
        |rng: &mut Rng| seeds[rng.usize(..seeds.len())].split('\n').map(String::from).collect::<Vec<_>>();
    let (mut lines, other) = (pick(rng), pick(rng));
    for _ in 0..rng.usize(1..6) {
        let at = rng.usize(..lines.len());
        match rng.usize(..6) {
            0 if lines.len() > 1 => drop(lines.remove(at)),
            1 => lines.insert(at, lines[at].clone()),
            2 => lines.swap(at, 0),
            3 => lines[at] = lines[at].chars().skip(rng.usize(..3)).collect(),
            4 => lines[at].insert_str(0, [" ", "\t", "+", "-", "@@", "```", "\\", "\r"][rng.usize(..8)]),
            _ => lines.insert(at, other[rng.usize(..other.len())].clone()),
        }
    }
    lines.join("\n")
}
