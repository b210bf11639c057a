//! The journal against torn writes, damage at every byte, full disks and pulled plugs.

use super::lossy::Lossy;
use super::*;
use crate::queue::conformance::task_id;

const LIMITS: Limits = Limits { segment: 4_096, min_free: 0 };

/// A commit that can be told from others.
fn record(number: u64) -> Record {
    Record::Forget { task: task_id(number.into()) }
}

fn open(directory: &Path, files: impl Files + 'static) -> Result<(Journal, Scanned, Vec<u64>), JournalError> {
    let mut read = Vec::new();
    let (journal, scanned) =
        Closed::find(directory)?.open(Box::new(files), LIMITS, 0, |number, records| {
            assert_eq!(records, [record(number)], "a commit is whole");
            read.push(number);
        })?;
    Ok((journal, scanned, read))
}

fn write(directory: &Path, numbers: impl IntoIterator<Item = u64>) {
    let (mut journal, ..) = open(directory, RealFiles).unwrap();
    for number in numbers {
        assert_eq!(journal.commit(&[&record(number)]).unwrap(), number);
    }
}

fn segment(directory: &Path) -> PathBuf {
    path_of(directory, 1)
}

/// The end of every commit of a segment, the header's first.
fn ends(bytes: &[u8]) -> Vec<usize> {
    let mut ends = Vec::new();
    let end = frame::scan(bytes, |found| match found {
        Found::Commit { at, .. } => ends.push(at),
        Found::Damage(_) | Found::Tail(_) => panic!("it is whole"),
    });
    ends.push(end);
    ends
}

#[test]
fn what_was_committed_is_read_in_order() {
    let home = tempfile::tempdir().unwrap();
    write(home.path(), 1..=200);
    let (journal, scanned, read) = open(home.path(), RealFiles).unwrap();
    assert!(journal.segments.len() > 2, "it went over several segments");
    assert_eq!(read, (1..=200).collect::<Vec<_>>());
    assert_eq!(scanned, Scanned { last: 200, ..Scanned::default() });
}

#[test]
fn a_tail_torn_at_any_byte_is_cut_and_written_over() {
    let home = tempfile::tempdir().unwrap();
    write(home.path(), 1..=3);
    let path = segment(home.path());
    let whole = fs::read(&path).unwrap();
    let ends = ends(&whole);
    for cut in ends[2]..ends[3] {
        for zeros in [0, 700] {
            let mut torn = whole[..cut].to_vec();
            torn.resize(cut + zeros, 0);
            fs::write(&path, torn).unwrap();
            let (mut journal, scanned, read) = open(home.path(), RealFiles).unwrap();
            assert_eq!(read, [1, 2], "cut at {cut}");
            assert_eq!(scanned.damage, []);
            assert_eq!(scanned.cut > 0, cut > ends[2]);
            journal.commit(&[&record(3)]).unwrap();
            drop(journal);
            assert_eq!(open(home.path(), RealFiles).unwrap().2, [1, 2, 3]);
        }
    }
}

#[test]
fn damage_at_any_byte_costs_one_commit_and_is_reported() {
    let home = tempfile::tempdir().unwrap();
    write(home.path(), 1..=4);
    let path = segment(home.path());
    let whole = fs::read(&path).unwrap();
    let ends = ends(&whole);
    for at in 0..ends[3] {
        let mut damaged = whole.clone();
        damaged[at] ^= 0x41;
        fs::write(&path, &damaged).unwrap();
        let (_, scanned, read) = open(home.path(), RealFiles).unwrap();
        let hit = ends.iter().position(|end| at < *end).unwrap() as u64;
        let expected: Vec<u64> = (1..=4).filter(|number| *number != hit).collect();
        assert_eq!(read, expected, "byte {at}");
        let range = if hit == 0 { 0..HEADER } else { ends[hit as usize - 1]..ends[hit as usize] };
        let damage = Damage { file: path.clone(), at: range.start as u64, bytes: range.len() as u64 };
        assert_eq!(scanned.damage, [damage], "byte {at}");
        for made in [2, 3] {
            let _next_segment = fs::remove_file(path_of(home.path(), made));
        }
    }
}

#[test]
fn a_missing_segment_is_damage() {
    let home = tempfile::tempdir().unwrap();
    write(home.path(), 1..=200);
    fs::remove_file(path_of(home.path(), 2)).unwrap();
    let (_, scanned, read) = open(home.path(), RealFiles).unwrap();
    assert_eq!(scanned.damage.len(), 1);
    assert!(read.contains(&1) && read.contains(&200) && read.len() < 200);
}

#[test]
fn a_newer_format_is_refused_by_name() {
    let home = tempfile::tempdir().unwrap();
    let header = Header { version: frame::VERSION + 1, first: 1, clean_at: 0 };
    fs::write(segment(home.path()), header.to_bytes()).unwrap();
    let Err(error) = open(home.path(), RealFiles) else { panic!("it is refused") };
    assert!(error.to_string().contains("newer version"), "{error}");
}

#[test]
fn a_full_disk_changes_nothing_and_ends() {
    for space in 0..120 {
        let home = tempfile::tempdir().unwrap();
        let disk = Lossy::default();
        let (mut journal, ..) = open(home.path(), disk.clone()).unwrap();
        journal.commit(&[&record(1)]).unwrap();
        disk.leave_space(Some(space));
        let mut last = 1;
        while journal.commit(&[&record(last + 1)]).is_ok() {
            last += 1;
        }
        assert!(matches!(journal.commit(&[&record(last + 1)]), Err(JournalError::Full)), "it says why");
        disk.leave_space(None);
        journal.commit(&[&record(last + 1)]).unwrap();
        drop(journal);
        let (_, scanned, read) = open(home.path(), RealFiles).unwrap();
        assert_eq!(read, (1..=last + 1).collect::<Vec<_>>(), "{space} bytes");
        assert_eq!(scanned.damage, []);
    }
}

#[test]
fn a_failed_sync_stops_the_journal_until_it_is_opened_again() {
    let home = tempfile::tempdir().unwrap();
    let disk = Lossy::default();
    let (mut journal, ..) = open(home.path(), disk.clone()).unwrap();
    // Space, write, then the sync fails.
    disk.die_after(2);
    assert!(matches!(journal.commit(&[&record(1)]), Err(JournalError::Broken(_))));
    disk.die_after(1_000);
    assert!(matches!(journal.commit(&[&record(1)]), Err(JournalError::Broken(_))));
}

/// Commits until the disk dies, pulls the plug, and answers with how many commits were acknowledged and what is read.
fn plug_pulled(seed: u64, disk: &Lossy) -> (u64, Vec<u64>, Scanned) {
    let home = tempfile::tempdir().unwrap();
    let mut luck = fastrand::Rng::with_seed(seed);
    let (mut journal, ..) = open(home.path(), disk.clone()).unwrap();
    disk.die_after(luck.u64(0..700));
    let mut acknowledged = 0;
    while journal.commit(&[&record(acknowledged + 1)]).is_ok() {
        acknowledged += 1;
    }
    drop(journal);
    disk.power_cut(&mut luck);
    let (_, scanned, read) = open(home.path(), RealFiles).unwrap();
    (acknowledged, read, scanned)
}

#[test]
fn acknowledged_commits_outlive_a_pulled_plug() {
    for seed in 0..200 {
        let (acknowledged, read, scanned) = plug_pulled(seed, &Lossy::default());
        let most = acknowledged + 1;
        assert!(read.iter().copied().eq(1..=read.len() as u64), "seed {seed}: {read:?}");
        assert!(
            (acknowledged..=most).contains(&(read.len() as u64)),
            "seed {seed}: {acknowledged} of {read:?}"
        );
        assert_eq!(scanned.damage, [], "seed {seed}");
    }
}

#[test]
fn a_disk_that_lies_about_syncing_is_caught_by_that_test() {
    let lost = (0..50).filter(|seed| {
        let disk = Lossy::default();
        disk.lie();
        let (acknowledged, read, _) = plug_pulled(*seed, &disk);
        (read.len() as u64) < acknowledged
    });
    assert!(lost.count() > 25, "a plug pulled on unsynced writes loses commits");
}
