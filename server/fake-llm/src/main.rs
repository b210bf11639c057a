//! `tidemark-fake-llm`: the fake on its own, for end-to-end tests and for trying things by hand.

use clap::Parser;
use std::error::Error;
use std::path::PathBuf;
use std::{fs, io};
use tidemark_fake_llm::{FakeLlm, Script};

/// A fake of Anthropic, OpenAI and Ollama that says what its script tells it to.
#[derive(Parser)]
#[command(name = "tidemark-fake-llm", version)]
struct Arguments {
    /// Where to listen; port 0 takes a free one.
    #[arg(long, default_value = "127.0.0.1:0")]
    listen: String,
    /// A script in JSON; without one every answer is "Done.".
    #[arg(long)]
    script: Option<PathBuf>,
    /// Gets {"url": …, "pid": …} once it answers.
    #[arg(long)]
    ready_file: Option<PathBuf>,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments = Arguments::parse();
    let script: Script = match &arguments.script {
        Some(file) => serde_json::from_slice(&fs::read(file)?)?,
        None => Script::default(),
    };
    let listener = tokio::net::TcpListener::bind(&arguments.listen).await?;
    let fake = FakeLlm::on(listener, script);
    let ready = serde_json::json!({"url": fake.url(), "pid": std::process::id()}).to_string();
    match &arguments.ready_file {
        Some(file) => write_whole(file, &ready)?,
        None => io::Write::write_all(&mut io::stdout(), format!("{ready}\n").as_bytes())?,
    }
    fake.forever().await;
    Ok(())
}

/// Renamed into place, so that whoever waits for the file never reads half of it.
fn write_whole(file: &std::path::Path, text: &str) -> io::Result<()> {
    let beside = file.with_extension("tmp");
    fs::write(&beside, text)?;
    fs::rename(beside, file)
}
