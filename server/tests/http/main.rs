//! The house over real HTTP: a real server on a free port, a real ledger and real files in a folder of its own.

mod doors;
mod events;
mod files;
mod guard;
mod house;
mod secrets;
mod tasks;
mod walk;
mod writing;
