//! The built-in loop: every limit at its edge, every trouble of a provider, and what a model may answer instead of calls.

use super::*;
use crate::agent::conformance::{APP, House, Make, edit_app, every_agent, goes_on_from_each_save};
use crate::clock::{ManualClock, SystemClock};
use crate::providers::keys::{Keys, Secret};
use crate::providers::scripted::{Scripted, Turn};
use serde_json::json;
use std::time::Duration;
use tidemark_shared::RelPath;
use tidemark_shared::task::{Cursor, Metrics, OpenFile};

fn over(model: Arc<Scripted>, limits: AgentLimits, clock: Arc<dyn Clock>) -> Arc<dyn AgentBackend> {
    let models = Arc::new(Models::new(vec![model], Arc::new(Keys::default()), []));
    Arc::new(Native::new(models, clock, limits, ToolLimits::default()))
}

fn native(model: Arc<Scripted>) -> Arc<dyn AgentBackend> {
    over(model, AgentLimits::default(), Arc::new(SystemClock))
}

every_agent!(native);

/// A house whose agent has these limits.
fn limited(turns: Vec<Turn>, limits: AgentLimits) -> House {
    let mut house = House::new(native as Make, turns);
    house.agent = over(Arc::clone(&house.model), limits, Arc::new(SystemClock));
    house
}

fn house(turns: Vec<Turn>) -> House {
    House::new(native as Make, turns)
}

fn read(path: &str) -> Turn {
    Turn::call("", "1", "read_file", json!({ "path": path }))
}

async fn stopped_by(house: &House) -> Option<String> {
    house.run().await.unwrap().stopped.map(|error| error.message)
}

#[tokio::test]
async fn the_last_step_may_be_the_answer_and_one_more_is_too_many() {
    let limits = || AgentLimits { max_steps: 2, ..AgentLimits::default() };
    let enough = limited(vec![edit_app(), Turn::text("Done.")], limits());
    assert_eq!(stopped_by(&enough).await, None);
    let short = limited(vec![edit_app(), read("crlf.txt"), Turn::text("Done.")], limits());
    assert_eq!(stopped_by(&short).await.unwrap(), "The agent stopped at the limit of 2 steps (max_steps).");
    assert_eq!(short.text("src/App.tsx"), APP.replace("Tides", "Ebb"));
}

#[tokio::test]
async fn tokens_are_counted_over_all_steps() {
    // A scripted answer takes 10 tokens in and 5 out.
    let limits = |max_tokens| AgentLimits { max_tokens, ..AgentLimits::default() };
    assert_eq!(stopped_by(&limited(vec![edit_app()], limits(30))).await, None);
    let message = stopped_by(&limited(vec![edit_app()], limits(29))).await.unwrap();
    assert!(message.contains("29 tokens (max_tokens)"), "{message}");
}

#[tokio::test]
async fn output_is_counted_while_it_comes() {
    let limits = |max_output_bytes| AgentLimits { max_output_bytes, ..AgentLimits::default() };
    assert_eq!(stopped_by(&limited(vec![Turn::text("12345")], limits(5))).await, None);
    let house = limited(vec![Turn::Hang(vec![Delta::Text("123456".into())])], limits(5));
    assert!(stopped_by(&house).await.unwrap().contains("5 bytes of output (max_output_bytes)"));
}

#[tokio::test]
async fn a_model_that_hangs_is_ended_by_the_time_limit_and_the_work_kept() {
    let mut house = house(vec![edit_app(), Turn::Hang(vec![Delta::Text("Let me".into())])]);
    let clock = Arc::new(ManualClock::at(1_000));
    house.agent = over(Arc::clone(&house.model), AgentLimits::default(), clock.clone());
    let time = async {
        while house.model.requests().len() < 2 {
            tokio::task::yield_now().await;
        }
        clock.advance(Duration::from_secs(20 * 60 - 1));
        tokio::task::yield_now().await;
        clock.advance(Duration::from_secs(1));
    };
    let (report, ()) = tokio::join!(house.run(), time);
    let report = report.unwrap();
    assert!(report.stopped.unwrap().message.contains("1200 seconds (max_seconds)"));
    assert_eq!(report.metrics.duration_ms, 1_200_000);
    assert_eq!(house.text("src/App.tsx"), APP.replace("Tides", "Ebb"));
    assert_eq!(house.said(), "Now I change it.Let me");
}

#[tokio::test]
async fn a_circle_is_pointed_out_before_it_is_ended() {
    let list = || Turn::call("", "1", "list_files", json!({}));
    let limits = || AgentLimits { max_repeats: 2, ..AgentLimits::default() };
    let house = limited(vec![list(), list(), Turn::text("Done.")], limits());
    assert_eq!(stopped_by(&house).await, None);
    let requests = house.model.requests();
    let Some(Message::ToolResults { results }) = requests[2].messages.last() else { panic!() };
    assert!(
        results[0]
            .output
            .ends_with("(You made this very call before. Do something else, or finish with your answer.)")
    );
    let house = limited(vec![list(), list(), list()], limits());
    assert!(stopped_by(&house).await.unwrap().contains("2 times the same call (max_repeats)"));
}

#[tokio::test]
async fn calls_past_the_limit_of_one_answer_are_refused() {
    let call = |id: &str| {
        Delta::ToolCall(ToolCall {
            id: id.into(),
            name: "read_file".into(),
            input: json!({ "path": "crlf.txt" }),
        })
    };
    let limits = AgentLimits { max_calls_per_step: 2, ..AgentLimits::default() };
    let house = limited(vec![Turn::Say(vec![call("1"), call("2"), call("3")])], limits);
    house.run().await.unwrap();
    let requests = house.model.requests();
    let Some(Message::ToolResults { results }) = requests[1].messages.last() else { panic!() };
    let ended: Vec<_> = results.iter().map(|result| (result.call_id.as_str(), result.is_error)).collect();
    assert_eq!(ended, [("1", false), ("2", false), ("3", true)]);
}

#[tokio::test]
async fn broken_json_is_answered_and_mended() {
    let broken = Delta::ToolCall(ToolCall {
        id: "1".into(),
        name: "read_file".into(),
        input: "{\"path\": \"src/".into(),
    });
    let house = house(vec![Turn::Say(vec![broken]), edit_app()]);
    house.run().await.unwrap();
    let requests = house.model.requests();
    let Some(Message::ToolResults { results }) = requests[1].messages.last() else { panic!() };
    assert!(results[0].is_error && results[0].output.contains("no valid JSON"), "{}", results[0].output);
    assert_eq!(house.text("src/App.tsx"), APP.replace("Tides", "Ebb"));
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_asked_for_again() {
    let cut = || {
        let why = ProviderError::Trouble { provider: "scripted".into(), reason: "connection reset".into() };
        Turn::Break(vec![Delta::Text("Hal".into())], why)
    };
    let house = house(vec![cut(), cut(), edit_app(), Turn::text("Done.")]);
    assert_eq!(house.run().await.unwrap().explanation, "Done.");
    let retried =
        house.events.told().iter().filter(|event| matches!(event, EventKind::Retrying { .. })).count();
    assert_eq!(retried, 2);
    let house = self::house(vec![cut(), cut(), cut()]);
    let ended = house.run().await;
    let Err(AgentError::Failed { code, retryable, .. }) = ended else { panic!("{ended:?}") };
    assert_eq!((code, retryable), (TaskErrorCode::ProviderFailed, true));
}

#[tokio::test]
async fn an_answer_cut_off_at_the_output_limit_goes_on() {
    let half = Turn::Say(vec![Delta::Text("One, ".into()), Delta::Done(StopReason::MaxTokens)]);
    let house = house(vec![half, Turn::text("two.")]);
    assert_eq!(house.run().await.unwrap().explanation, "One, two.");
}

#[tokio::test]
async fn what_goes_wrong_at_a_provider_ends_as_the_person_can_act_on_it() {
    let p = || "scripted".to_owned();
    let r = || "why".to_owned();
    let cases = [
        (
            ProviderError::UnknownModel { provider: p(), model: "model".into() },
            TaskErrorCode::UnknownModel,
            false,
        ),
        (
            ProviderError::RateLimited { provider: p(), retry_after: None, reason: r() },
            TaskErrorCode::RateLimited,
            true,
        ),
        (ProviderError::Silent { provider: p(), after_s: 120 }, TaskErrorCode::ProviderSilent, true),
        (ProviderError::Rejected { provider: p(), reason: r() }, TaskErrorCode::ProviderFailed, false),
        (ProviderError::Nonsense { provider: p(), reason: r() }, TaskErrorCode::ProviderFailed, true),
    ];
    for (why, code, retryable) in cases {
        let house = house(vec![Turn::Fail(why.clone())]);
        let ended = house.run().await;
        let Err(AgentError::Failed { code: got, retryable: may, .. }) = ended else {
            panic!("{why:?}: {ended:?}")
        };
        assert_eq!((got, may), (code, retryable), "{why:?}");
    }
    let house = house(vec![Turn::Fail(ProviderError::Unreachable { provider: p(), reason: r() })]);
    assert!(matches!(house.run().await, Err(AgentError::NoNetwork(_))));
}

#[tokio::test]
async fn a_refusal_and_an_empty_answer_are_failures_of_their_own() {
    let refusal =
        Turn::Say(vec![Delta::Text("I can't help with that.".into()), Delta::Done(StopReason::Refused)]);
    let ended = house(vec![refusal]).run().await;
    let Err(AgentError::Failed { code, message, .. }) = ended else { panic!("{ended:?}") };
    assert_eq!((code, message.as_str()), (TaskErrorCode::Refused, "I can't help with that."));
    let ended = house(vec![Turn::Say(vec![Delta::Done(StopReason::EndTurn)])]).run().await;
    let Err(AgentError::Failed { code, retryable, .. }) = ended else { panic!("{ended:?}") };
    assert_eq!((code, retryable), (TaskErrorCode::ProviderFailed, true));
}

#[tokio::test]
async fn a_model_that_nobody_connected_fails_with_its_reason() {
    let mut house = house(vec![]);
    house.task.model = tidemark_shared::ModelId::parse("nobody/model").unwrap();
    let ended = house.run().await;
    assert!(matches!(ended, Err(AgentError::Failed { code: TaskErrorCode::NoModel, .. })), "{ended:?}");
}

#[tokio::test]
async fn thinking_goes_back_with_its_signature() {
    let turn = Turn::Say(vec![
        Delta::Thinking("Hm, ".into()),
        Delta::Thinking("yes.".into()),
        Delta::ThinkingDone { signature: Some("sig".into()) },
        Delta::ToolCall(ToolCall { id: "1".into(), name: "list_files".into(), input: json!({}) }),
    ]);
    let house = house(vec![turn]);
    house.run().await.unwrap();
    let requests = house.model.requests();
    let Message::Assistant { parts } = &requests[1].messages[1] else { panic!() };
    assert_eq!(parts[0], Part::Thinking { text: "Hm, yes.".into(), signature: Some("sig".into()) });
    assert!(house.events.told().contains(&EventKind::Thinking { text: "Hm, yes.".into() }));
}

#[tokio::test]
async fn many_words_become_few_events_and_none_is_lost() {
    let words: Vec<_> = (0..2_000).map(|n| Delta::Text(format!("{n} "))).collect();
    let all: String = (0..2_000).map(|n| format!("{n} ")).collect();
    let house = house(vec![Turn::Say(words)]);
    house.run().await.unwrap();
    assert_eq!(house.said(), all);
    let told = house.events.told().iter().filter(|event| matches!(event, EventKind::Text { .. })).count();
    assert!((4..=40).contains(&told), "{told} events for {} bytes", all.len());
}

#[tokio::test]
async fn what_an_event_keeps_is_bounded_and_the_model_gets_all() {
    let content = "x".repeat(20_000);
    let write = Turn::call("", "1", "create_file", json!({ "path": "big.txt", "content": content }));
    let house = house(vec![write, read("big.txt")]);
    house.run().await.unwrap();
    for event in house.events.told() {
        let size = serde_json::to_string(&event).unwrap().len();
        assert!(size < 10_000, "{size} bytes");
    }
    assert_eq!(house.text("big.txt"), content);
}

#[tokio::test]
async fn edits_in_a_plain_answer_are_placed_by_proof() {
    let answer = "Here:\n\nsrc/App.tsx\n```tsx\n<<<<<<< SEARCH\n  return <h1>Tides</h1>;\n=======\n  return <h1>Ebb</h1>;\n>>>>>>> \
                  REPLACE\n```\n";
    let house = house(vec![Turn::text(answer)]);
    house.run().await.unwrap();
    assert_eq!(house.text("src/App.tsx"), APP.replace("Tides", "Ebb"));
    let told = house.events.told();
    assert!(told.iter().any(|event| matches!(event, EventKind::ToolFinished { ok: true, .. })), "{told:?}");
}

#[tokio::test]
async fn edits_in_a_plain_answer_that_fit_nowhere_go_back_to_the_model_once() {
    let answer = "src/App.tsx\n```\n<<<<<<< SEARCH\nnot there\n=======\nx\n>>>>>>> REPLACE\n```\n";
    let house = house(vec![Turn::text(answer), Turn::text(answer)]);
    house.run().await.unwrap();
    assert_eq!(house.text("src/App.tsx"), APP);
    let requests = house.model.requests();
    assert_eq!(requests.len(), 2);
    let Some(Message::User { text }) = requests[1].messages.last() else { panic!() };
    assert!(text.contains("can't be placed"), "{text}");
}

/// Answers with what the loop remembers between two answers: cut off, edits in words, refused calls, a circle.
#[tokio::test]
async fn whatever_the_loop_remembers_survives_an_interruption() {
    let cut = |text: &str| Turn::Say(vec![Delta::Text(text.into()), Delta::Done(StopReason::MaxTokens)]);
    let edit = "src/App.tsx\n```tsx\n<<<<<<< SEARCH\n  return <h1>Tides</h1>;\n=======\n  return <h1>Ebb</h1>;\n>>>>>>> \
                REPLACE\n```\n";
    let (first, rest) = edit.split_at(40);
    goes_on_from_each_save(house, vec![read("crlf.txt"), cut(first), Turn::text(rest)]).await;

    let lost = "src/App.tsx\n```\n<<<<<<< SEARCH\nnot there\n=======\nx\n>>>>>>> REPLACE\n```\n";
    goes_on_from_each_save(house, vec![read("crlf.txt"), Turn::text(lost), Turn::text(lost)]).await;

    let limits = || AgentLimits { max_calls_per_step: 2, max_repeats: 2, ..AgentLimits::default() };
    let call = |id: &str, path: &str| {
        let input = json!({ "path": path, "content": "x" });
        Delta::ToolCall(ToolCall { id: id.into(), name: "create_file".into(), input })
    };
    let many = Turn::Say(vec![call("1", "a"), call("2", "b"), call("3", "c")]);
    goes_on_from_each_save(|turns| limited(turns, limits()), vec![many, Turn::text("Done.")]).await;

    let list = |id: &str| Turn::call("", id, "list_files", json!({}));
    let circle = vec![edit_app(), list("3"), list("4"), list("5")];
    goes_on_from_each_save(|turns| limited(turns, limits()), circle).await;
}

#[tokio::test]
async fn limits_count_over_all_attempts() {
    let first =
        limited(vec![edit_app(), read("crlf.txt")], AgentLimits { max_steps: 2, ..AgentLimits::default() });
    first.run().await.unwrap();
    let mut progress = Progress::default();
    first.events.saves().into_iter().for_each(|further| progress.add(further));
    progress.state.metrics.duration_ms = 59_000;
    let go_on = async |limits: AgentLimits| {
        let house = limited(vec![read("crlf.txt"), Turn::text("Done.")], limits);
        let brief = Brief { progress: Some(progress.clone()), ..house.brief() };
        let report = house.agent.run(brief, &house.events).await.unwrap();
        (report.stopped.map(|error| error.message), report.metrics.steps, house.model.requests().len())
    };
    let limits = |max_steps, max_tokens| AgentLimits { max_steps, max_tokens, ..AgentLimits::default() };
    assert_eq!(go_on(limits(4, 60)).await, (None, 4, 2));
    let (stopped, steps, asked) = go_on(limits(3, 60)).await;
    assert_eq!(
        (stopped.unwrap().as_str(), steps, asked),
        ("The agent stopped at the limit of 3 steps (max_steps).", 3, 1)
    );
    let (stopped, ..) = go_on(limits(4, 59)).await;
    assert!(stopped.unwrap().contains("59 tokens (max_tokens)"));
}

#[tokio::test]
async fn the_time_of_earlier_attempts_counts() {
    let mut house = house(vec![Turn::Hang(vec![])]);
    let clock = Arc::new(ManualClock::at(1_000));
    house.agent = over(Arc::clone(&house.model), AgentLimits::default(), clock.clone());
    let metrics = Metrics { duration_ms: 1_190_000, steps: 3, ..Metrics::default() };
    let state = State { metrics, ..State::default() };
    let brief = Brief { progress: Some(Progress { state, ..Progress::default() }), ..house.brief() };
    let time = async {
        while house.model.requests().is_empty() {
            tokio::task::yield_now().await;
        }
        clock.advance(Duration::from_secs(10));
    };
    let (report, ()) = tokio::join!(house.agent.run(brief, &house.events), time);
    let report = report.unwrap();
    assert!(report.stopped.unwrap().message.contains("1200 seconds (max_seconds)"));
    assert_eq!((report.metrics.duration_ms, report.metrics.steps), (1_200_000, 4));
}

#[tokio::test]
async fn words_with_code_in_them_are_words() {
    let answer = "Call it like this:\n```ts\nimport { App } from './App';\n```\nThat is all.";
    let house = house(vec![Turn::text(answer)]);
    assert_eq!(house.run().await.unwrap().explanation, answer);
    assert_eq!(house.model.requests().len(), 1);
    assert_eq!(house.text("src/App.tsx"), APP);
}

#[tokio::test]
async fn the_first_message_tells_what_matters_of_the_project() {
    let mut house = house(vec![]);
    let put = |path: &str, text: &str| {
        let place = house.copy().join(path);
        std::fs::create_dir_all(place.parent().unwrap()).unwrap();
        std::fs::write(place, text).unwrap();
    };
    put("AGENTS.md", "Use tabs.\n");
    put(
        "package.json",
        r#"{"scripts":{"test":"vitest run","lint":"eslint ."},"devDependencies":{"vitest":"^3.0.0","eslint":"9"}}"#,
    );
    put("src/App.test.tsx", "");
    house.task.mode = Mode::GenerateTest;
    house.task.prompt = "Test App".into();
    house.task.files = vec![OpenFile { path: RelPath::parse("src/App.tsx").unwrap(), content: APP.into() }];
    house.task.cursor = Some(Cursor { file: RelPath::parse("src/App.tsx").unwrap(), line: 2, col: 3 });
    let mut brief = house.brief();
    brief.history = vec![crate::agent::Turn {
        prompt: "Make it blue".into(),
        answer: "It is blue.".into(),
        verdict: "rejected: the changes are not in the project; the person said: darker".into(),
    }];
    house.agent.run(brief, &house.events).await.unwrap();
    let requests = house.model.requests();
    let Message::User { text } = &requests[0].messages[0] else { panic!() };
    insta::assert_snapshot!("first_message", text);
}

#[test]
fn the_system_prompts_are_these() {
    for mode in Mode::ALL {
        insta::assert_snapshot!(format!("system_{}", mode.as_str()), prompt::system(mode));
    }
}

#[tokio::test]
async fn a_large_tree_is_told_in_its_limits() {
    let house = limited(vec![], AgentLimits { max_tree_bytes: 100, ..AgentLimits::default() });
    for n in 0..50 {
        let folder = house.copy().join(format!("src/parts/{}", n % 5));
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join(format!("{n}.ts")), "").unwrap();
    }
    house.run().await.unwrap();
    let requests = house.model.requests();
    let Message::User { text } = &requests[0].messages[0] else { panic!() };
    let tree = text.split("</project>").next().unwrap();
    assert_eq!(tree, "<project>\ncrlf.txt\nlogo.png\nsrc/App.tsx\nsrc/parts/ (50 files)\n");
}

/// Made at run time, so that no scanner finds a secret in this file.
fn token() -> String {
    format!("ghp_{}", "a1B2c3D4e5F6".repeat(3))
}

/// A house whose `config.ts` holds a secret of known shape, and one of the project's own.
fn with_secrets(turns: Vec<Turn>) -> House {
    let house = house(turns);
    let text = format!("export const token = \"{}\";\nexport const gate = \"correct horse\";\n", token());
    std::fs::write(house.copy().join("config.ts"), text).unwrap();
    house
}

fn keeping(house: &House) -> Brief {
    Brief { secrets: vec![Secret::new("correct horse").unwrap()], ..house.brief() }
}

/// What stands for a secret of this kind in what the model was told.
fn placeholder(house: &House, kind: &str) -> String {
    let told = format!("{:?}", house.model.requests().last().unwrap().messages);
    let start = told.find(&format!("⟦secret:{kind}:")).unwrap_or_else(|| panic!("{told}"));
    let end = start + told[start..].find('⟧').unwrap() + '⟧'.len_utf8();
    told[start..end].to_owned()
}

#[tokio::test]
async fn no_secret_of_the_project_leaves_or_is_told_and_an_edit_around_it_lands() {
    let mut house = with_secrets(vec![read("config.ts")]);
    house.task.prompt = format!("Use {} and correct horse", token());
    house.agent.run(keeping(&house), &house.events).await.unwrap();
    let (github, known) = (placeholder(&house, "github-token"), placeholder(&house, "known-value"));
    // The names depend on the task alone: another run meets the same.
    let edit = json!({
        "path": "config.ts",
        "old_text": format!("token = \"{github}\";"),
        "new_text": format!("token = \"{github}\"; // and {known}"),
    });
    let again =
        with_secrets(vec![read("config.ts"), Turn::call("", "2", "edit_file", edit), Turn::text("Done.")]);
    let again = House { task: house.task.clone(), ..again };
    again.agent.run(keeping(&again), &again.events).await.unwrap();
    assert!(again.text("config.ts").contains(&format!("token = \"{}\"; // and correct horse", token())));
    let told = format!("{:?}{:?}", again.model.requests(), again.events.told());
    assert!(!told.contains(&token()) && !told.contains("correct horse"), "{told}");
    let kept = EventKind::SecretsKept { kinds: vec!["github-token".into(), "known-value".into()] };
    assert_eq!(again.events.told().iter().filter(|event| **event == kept).count(), 1);
}

#[tokio::test]
async fn a_made_up_placeholder_is_never_written() {
    let text = "const a = \"⟦secret:github-token:00000000⟧\";";
    let create = json!({ "path": "a.ts", "content": text });
    let house = house(vec![Turn::call("", "1", "create_file", create), Turn::text("Done.")]);
    house.run().await.unwrap();
    assert!(!house.copy().join("a.ts").exists());
    let requests = house.model.requests();
    let Some(Message::ToolResults { results }) = requests[1].messages.last() else { panic!() };
    assert!(results[0].is_error && results[0].output.contains("stands for nothing"), "{results:?}");
}

#[tokio::test]
async fn a_plain_answer_has_its_secrets_again_before_it_is_placed() {
    let house = with_secrets(vec![read("config.ts")]);
    house.agent.run(keeping(&house), &house.events).await.unwrap();
    let known = placeholder(&house, "known-value");
    let answer = format!(
        "config.ts\n<<<<<<< SEARCH\nexport const gate = \"{known}\";\n=======\nexport const door = \"{known}\";\n>>>>>>> REPLACE\n"
    );
    let again =
        House { task: house.task.clone(), ..with_secrets(vec![read("config.ts"), Turn::text(&answer)]) };
    again.agent.run(keeping(&again), &again.events).await.unwrap();
    assert!(again.text("config.ts").ends_with("export const door = \"correct horse\";\n"));
}
