//! The workspace on real folders: files, snapshots, copies, change sets, accepts, and what happens when it all goes wrong.

#[cfg(test)]
mod workspace {
    mod files;
    mod house;
    mod snapshots;
}
