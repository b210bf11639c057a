//! The workspace on real folders: files, snapshots, copies, change sets, accepts, and what happens when it all goes wrong.

#[cfg(test)]
mod workspace {
    mod crashes;
    mod files;
    mod house;
    mod reviews;
    mod snapshots;
    mod watching;
}
