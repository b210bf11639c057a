//! Files one at a time: what is read comes back byte for byte, nothing is written over unseen, no path leads out.

use super::house::{House, path, put, tree};
use std::os::unix::fs::{PermissionsExt, symlink};
use tidemark_server::workspace::{Expect, Limits, Query, WorkspaceError};
use tidemark_shared::Hash;
use tidemark_shared::change::{Encoding, LineEnding};

#[tokio::test]
async fn opening_a_folder_twice_is_one_project_and_writes_nothing_into_it() {
    let house = House::with(&[("a.txt", b"a")]).await;
    let before = tree(&house.folder);
    let again = house.workspace.open_folder(&house.folder.join("../project/.")).await.unwrap();
    assert_eq!(again.id, house.project);
    house.snapshot().await;
    assert_eq!(tree(&house.folder), before);
}

#[tokio::test]
async fn what_can_be_no_project_is_refused() {
    let house = House::with(&[("a.txt", b"a")]).await;
    let data = house.home.path().join("data");
    for bad in ["/".as_ref(), &*data, &house.folder.join("a.txt"), &house.folder.join("none"), "a".as_ref()] {
        let answer = house.workspace.open_folder(bad).await;
        assert!(matches!(answer, Err(WorkspaceError::BadFolder { .. })), "{}: {answer:?}", bad.display());
    }
}

#[tokio::test]
async fn a_folder_that_is_gone_is_told_and_not_forgotten() {
    let house = House::with(&[("a.txt", b"a")]).await;
    let away = house.home.path().join("away");
    std::fs::rename(&house.folder, &away).unwrap();
    assert!(!house.workspace.project(house.project).await.unwrap().available);
    let answer = house.workspace.list(house.project).await;
    assert!(matches!(answer, Err(WorkspaceError::ProjectGone(_))), "{answer:?}");
    std::fs::rename(&away, &house.folder).unwrap();
    assert!(house.workspace.project(house.project).await.unwrap().available);
    assert_eq!(house.workspace.list(house.project).await.unwrap().items.len(), 1);
}

#[tokio::test]
async fn a_save_keeps_encoding_bom_and_permissions() {
    let utf16 = b"\xFF\xFEa\0\r\0\n\0";
    let house = House::with(&[("u16.txt", utf16), ("bom.txt", b"\xEF\xBB\xBFa\r\n")]).await;
    std::fs::set_permissions(house.folder.join("bom.txt"), PermissionsExt::from_mode(0o750)).unwrap();
    for (file, bytes) in [("u16.txt", &b"\xFF\xFEb\0\r\0\n\0"[..]), ("bom.txt", b"\xEF\xBB\xBFb\r\n")] {
        let read = house.workspace.read(house.project, &path(file)).await.unwrap();
        assert_eq!(read.content.as_deref(), Some("a\r\n"));
        let saved =
            house.workspace.save(house.project, &path(file), "b\r\n", Expect::Hash(read.hash)).await.unwrap();
        assert_eq!(house.bytes(file), bytes);
        assert_eq!(saved.hash, Hash::of(bytes));
    }
    let mode = std::fs::metadata(house.folder.join("bom.txt")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o750);
}

#[tokio::test]
async fn a_file_with_mixed_ends_saved_from_an_editor_changes_only_where_it_was_edited() {
    let house = House::with(&[("mixed.txt", b"a\r\nb\nc\r\n")]).await;
    house.workspace.save(house.project, &path("mixed.txt"), "a\nB\nc\n", Expect::Any).await.unwrap();
    assert_eq!(house.bytes("mixed.txt"), b"a\r\nB\nc\r\n");
    house.workspace.save(house.project, &path("mixed.txt"), "a\nB\nc\n", Expect::Any).await.unwrap();
    assert_eq!(house.bytes("mixed.txt"), b"a\nB\nc\n", "choosing one kind of line end is an edit");
}

#[tokio::test]
async fn nothing_is_saved_over_what_was_not_seen() {
    let house = House::with(&[("a.txt", b"mine")]).await;
    let stale = Hash::of(b"older");
    let file = path("a.txt");
    let answer = house.workspace.save(house.project, &file, "x", Expect::Hash(stale)).await;
    let current = Some(Hash::of(b"mine"));
    assert!(
        matches!(&answer, Err(WorkspaceError::Changed { current: c, .. }) if *c == current),
        "{answer:?}"
    );
    let answer = house.workspace.save(house.project, &file, "x", Expect::New).await;
    assert!(matches!(answer, Err(WorkspaceError::Exists(_))), "{answer:?}");
    let gone = house.workspace.save(house.project, &path("b.txt"), "x", Expect::Hash(Hash::of(b""))).await;
    assert!(matches!(gone, Err(WorkspaceError::Changed { current: None, .. })), "{gone:?}");
    assert_eq!(tree(&house.folder).len(), 1);
    assert_eq!(house.bytes("a.txt"), b"mine");
}

#[tokio::test]
async fn no_path_leads_out_of_the_project_or_to_what_is_no_file() {
    let house = House::with(&[("a.txt", b"a"), ("dir/b.txt", b"b")]).await;
    let outside = house.home.path().join("outside");
    put(&outside, "secret.txt", b"secret");
    symlink(outside.join("secret.txt"), house.folder.join("file-link")).unwrap();
    symlink(&outside, house.folder.join("dir-link")).unwrap();
    symlink("../outside", house.folder.join("up-link")).unwrap();
    symlink("loop", house.folder.join("loop")).unwrap();
    symlink("nowhere", house.folder.join("dangling")).unwrap();
    symlink("/proc/self/root", house.folder.join("magic")).unwrap();
    let fifo = std::process::Command::new("mkfifo").arg(house.folder.join("fifo")).status().unwrap();
    assert!(fifo.success());
    let _socket = std::os::unix::net::UnixListener::bind(house.folder.join("socket")).unwrap();
    let hostile = [
        "file-link",
        "dir-link/secret.txt",
        "dir-link/new.txt",
        "up-link/secret.txt",
        "loop",
        "dangling",
        "magic/etc/passwd",
        "fifo",
        "socket",
        "dir",
        ".git/hooks/post-checkout",
    ];
    for text in hostile {
        let file = path(text);
        let read = house.workspace.read(house.project, &file).await;
        assert!(read.is_err(), "{text} was read: {read:?}");
        for expect in [Expect::Any, Expect::New] {
            let saved = house.workspace.save(house.project, &file, "x", expect).await;
            assert!(saved.is_err(), "{text} was written");
        }
    }
    assert_eq!(std::fs::read(outside.join("secret.txt")).unwrap(), b"secret");
    assert_eq!(std::fs::read_dir(&outside).unwrap().count(), 1);
    let hits = Query { text: "secret".into(), ..Query::default() };
    assert_eq!(house.workspace.search(house.project, hits).await.unwrap().items, []);
    let through = house.workspace.delete(house.project, &path("dir-link/secret.txt"), Expect::Any).await;
    assert!(through.is_err());
    house.workspace.delete(house.project, &path("dir-link"), Expect::Any).await.unwrap();
    assert!(outside.join("secret.txt").exists(), "deleting a symlink deletes the link");
}

#[tokio::test]
async fn a_symlink_inside_the_project_is_written_through() {
    let house = House::with(&[("real.txt", b"a")]).await;
    symlink("real.txt", house.folder.join("link.txt")).unwrap();
    house.workspace.save(house.project, &path("link.txt"), "b", Expect::Any).await.unwrap();
    assert_eq!(house.bytes("real.txt"), b"b");
    assert!(house.folder.join("link.txt").is_symlink());
}

#[tokio::test]
async fn what_is_deleted_is_in_the_trash() {
    let house = House::with(&[("dir/a.txt", b"precious")]).await;
    let stale = house.workspace.delete(house.project, &path("dir/a.txt"), Expect::Hash(Hash::of(b""))).await;
    assert!(matches!(stale, Err(WorkspaceError::Changed { .. })), "{stale:?}");
    house.workspace.delete(house.project, &path("dir"), Expect::Any).await.unwrap();
    assert!(!house.folder.join("dir").exists());
    let trash = tree(&house.home.path().join("data/trash"));
    assert!(trash.values().any(|bytes| bytes == b"precious"), "{trash:?}");
}

#[tokio::test]
async fn the_trash_forgets_the_oldest_past_its_limit() {
    let limits = Limits { max_trash_entries: 2, ..Limits::default() };
    let house = House::limited(&[("a", b"1"), ("b", b"2"), ("c", b"3")], limits).await;
    for name in ["a", "b", "c"] {
        house.workspace.delete(house.project, &path(name), Expect::Any).await.unwrap();
    }
    let trash = tree(&house.home.path().join("data/trash"));
    let kept: Vec<_> =
        trash.iter().filter(|(name, _)| !name.ends_with("origin.txt")).map(|(_, b)| &**b).collect();
    assert_eq!(kept, [b"2", b"3"]);
}

#[tokio::test]
async fn a_rename_replaces_nothing() {
    let house = House::with(&[("a.txt", b"a"), ("b.txt", b"b"), ("dir/c.txt", b"c")]).await;
    let to = |from: &str, to: &str| {
        let (from, to) = (path(from), path(to));
        let (workspace, project) = (house.workspace.clone(), house.project);
        async move { workspace.rename(project, &from, &to).await }
    };
    assert!(matches!(to("a.txt", "b.txt").await, Err(WorkspaceError::Exists(_))));
    assert!(matches!(to("none", "x").await, Err(WorkspaceError::NotFound(_))));
    assert!(matches!(to("dir", "dir/inside").await, Err(WorkspaceError::BadPath { .. })));
    to("a.txt", "new/folder/a.txt").await.unwrap();
    assert_eq!(house.bytes("new/folder/a.txt"), b"a");
    to("dir", "moved").await.unwrap();
    assert_eq!(house.bytes("moved/c.txt"), b"c");
}

#[tokio::test]
async fn limits_hold_at_their_edge() {
    let limits = Limits { max_edit_bytes: 4, max_list_entries: 3, max_search_hits: 2, ..Limits::default() };
    let house = House::limited(&[("a", b"1234"), ("b", b"x\nx\nx\n"), ("c", b"x\nx")], limits).await;
    assert!(!house.workspace.list(house.project).await.unwrap().truncated);
    put(&house.folder, "d", b"");
    assert!(house.workspace.list(house.project).await.unwrap().truncated);
    assert!(house.workspace.read(house.project, &path("a")).await.unwrap().content.is_some());
    assert!(house.workspace.read(house.project, &path("b")).await.unwrap().content.is_none());
    house.workspace.save(house.project, &path("a"), "abcd", Expect::Any).await.unwrap();
    let over = house.workspace.save(house.project, &path("a"), "abcde", Expect::Any).await;
    assert!(matches!(over, Err(WorkspaceError::TooLarge { size: 5, limit: 4, .. })), "{over:?}");
    put(&house.folder, "c", b"x\nx\n");
    let query = Query { text: "x".into(), ..Query::default() };
    let found = house.workspace.search(house.project, query.clone()).await.unwrap();
    assert!(found.items.len() == 2 && !found.truncated, "{found:?}");
    put(&house.folder, "d", b"x");
    let found = house.workspace.search(house.project, query).await.unwrap();
    assert!(found.items.len() == 2 && found.truncated, "{found:?}");
}

#[tokio::test]
async fn the_tree_shows_what_is_ignored_and_enters_no_dependencies() {
    let house = House::with(&[
        (".gitignore", b"dist/\n*.log\n"),
        ("src/main.ts", b"x"),
        ("dist/out.js", b"x"),
        ("a.log", b"x"),
        (".env", b"KEY=1"),
        ("node_modules/p/index.js", b"x"),
        (".git/config", b"x"),
    ])
    .await;
    let list = house.workspace.list(house.project).await.unwrap();
    let shown: Vec<_> = list.items.iter().map(|entry| (entry.path.as_str(), entry.ignored)).collect();
    let expected = [
        (".git", true),
        ("dist", true),
        ("dist/out.js", true),
        ("node_modules", true),
        ("src", false),
        ("src/main.ts", false),
        (".env", true),
        (".gitignore", false),
        ("a.log", true),
    ];
    assert_eq!(shown, expected);
}

#[tokio::test]
async fn search_finds_words_expressions_and_cases_by_character() {
    let house =
        House::with(&[("a.txt", "Wörd word sword\r\nnothing\n".as_bytes()), ("b.bin", b"word\0")]).await;
    let find = |query: Query| {
        let (workspace, project) = (house.workspace.clone(), house.project);
        async move {
            let found = workspace.search(project, query).await.unwrap().items;
            found.into_iter().map(|hit| (hit.line, hit.start, hit.end)).collect::<Vec<_>>()
        }
    };
    let text = |text: &str| Query { text: text.into(), ..Query::default() };
    assert_eq!(find(text("word")).await, [(1, 5, 9)]);
    assert_eq!(find(text("WÖRD")).await, [(1, 0, 4)]);
    assert_eq!(find(Query { case_sensitive: true, ..text("Word") }).await, []);
    assert_eq!(find(Query { word: true, ..text("sword") }).await, [(1, 10, 15)]);
    assert_eq!(find(Query { word: true, ..text("wor") }).await, []);
    assert_eq!(find(Query { regex: true, ..text("^no.+g$") }).await, [(2, 0, 7)]);
    assert_eq!(find(text("w.rd")).await, []);
    for bad in ["", "("] {
        let query = Query { regex: true, ..text(bad) };
        let answer = house.workspace.search(house.project, query).await;
        assert!(matches!(answer, Err(WorkspaceError::BadPattern(_))), "{answer:?}");
    }
}

#[tokio::test]
async fn the_forms_of_a_file_are_told() {
    let house = House::with(&[("u16.txt", b"\xFE\xFF\0a"), ("image.png", b"\x89PNG\0")]).await;
    let read = house.workspace.read(house.project, &path("u16.txt")).await.unwrap();
    assert_eq!((read.text.encoding, read.text.line_ending), (Encoding::Utf16Be, LineEnding::None));
    let read = house.workspace.read(house.project, &path("image.png")).await.unwrap();
    assert_eq!((read.text.encoding, read.content), (Encoding::Unknown, None));
    let answer = house.workspace.save(house.project, &path("image.png"), "text", Expect::Any).await;
    assert!(matches!(answer, Err(WorkspaceError::NotText(_))), "{answer:?}");
}
