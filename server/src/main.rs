//! The command line `tidemark`.

fn main() -> std::process::ExitCode {
    tidemark_server::cli::main()
}
