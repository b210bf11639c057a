//! `tidemark models`: what can be asked, and why not.

use super::house::House;
use super::{Failure, print, print_json};
use crate::config::Loaded;
use clap::Args;
use serde_json::json;
use tidemark_shared::model::Models as List;

#[derive(Debug, Args)]
pub(super) struct Models {
    /// Ask every provider what it has now.
    #[arg(long)]
    refresh: bool,
}

pub(super) async fn models(loaded: Loaded, args: &Models, json: bool) -> Result<(), Failure> {
    let house = House::reach(loaded).await?;
    let list: Result<List, Failure> = if args.refresh {
        house.post("/api/models/refresh", &json!({})).await
    } else {
        house.get("/api/models").await
    };
    house.close().await;
    let list = list?;
    if json {
        return print_json(&list);
    }
    for model in &list.items {
        let mark = if model.id == list.default { '*' } else { ' ' };
        let state = match (&model.reason, model.available) {
            (_, true) if model.demo => "scripted demo, no model",
            (_, true) if model.local => "on this computer",
            (_, true) => "ready",
            (Some(reason), false) => reason,
            (None, false) => "not available",
        };
        print(&format!("{mark} {:<44} {state}\n", model.id.to_string()))?;
    }
    for provider in list.providers.iter().filter(|provider| provider.message.is_some()) {
        super::say(&format!("{}: {}", provider.name, provider.message.as_deref().unwrap_or_default()));
    }
    Ok(())
}
