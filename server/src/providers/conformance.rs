//! What every `Provider` promises, asked of every dialect, bare and guarded, through the fake server over real HTTP.

use super::guarded::{Guarded, Retries};
use super::keys::{Keys, Secret};
use super::remote::{Endpoint, List, Patience, Remote};
use super::{
    Delta, Dialect, Message, Part, Provider, ProviderError, Request, StopReason, ToolCall, ToolResult,
    ToolSpec,
};
use crate::clock::{Clock, ManualClock, SystemClock};
use futures::StreamExt;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use tidemark_fake_llm::{Ended, FakeLlm};
use tidemark_shared::model::ProviderStatus;
use tidemark_shared::task::Tokens;

const DIALECTS: [Dialect; 3] = [Dialect::Anthropic, Dialect::Responses, Dialect::Chat];
const KEY: &str = "sk-fake-0123456789";

/// A provider of one dialect, and the server that it asks.
struct Subject {
    fake: FakeLlm,
    provider: Arc<dyn Provider>,
}

impl Subject {
    async fn new(dialect: Dialect, turns: Value) -> Self {
        Self::with(dialect, json!({ "turns": turns }), Arc::new(SystemClock)).await
    }

    async fn with(dialect: Dialect, script: Value, clock: Arc<dyn Clock>) -> Self {
        let fake = FakeLlm::with(script).await;
        let provider = Arc::new(remote(dialect, &fake.url(), clock));
        Self { fake, provider }
    }

    /// The same, behind the guard, with no time between attempts.
    fn guarded(mut self, attempts: u32) -> Self {
        let retries = Retries { attempts, first_pause: Duration::ZERO, ..Retries::default() };
        self.provider = Arc::new(Guarded::new(self.provider, retries, Arc::new(SystemClock)));
        self
    }

    async fn answer(&self) -> (Vec<Delta>, Option<ProviderError>) {
        collect(&*self.provider, request()).await
    }

    async fn error(&self) -> ProviderError {
        let (deltas, error) = self.answer().await;
        assert!(!deltas.iter().any(|delta| matches!(delta, Delta::Done(_))), "it ended twice: {deltas:?}");
        error.expect("an error was scripted")
    }
}

fn remote(dialect: Dialect, url: &str, clock: Arc<dyn Clock>) -> Remote {
    let keys = Arc::new(Keys::default());
    keys.set("subject", Secret::new(KEY).unwrap());
    let anthropic = dialect == Dialect::Anthropic;
    let endpoint = Endpoint {
        id: "subject".into(),
        name: "Subject".into(),
        base_url: if anthropic { url.into() } else { format!("{url}/v1") },
        dialect,
        needs_key: true,
        local: false,
        official: false,
        models: Vec::new(),
        list: if anthropic { List::Anthropic } else { List::OpenAi },
        hint: "Start it.".into(),
    };
    let second = Duration::from_secs(1);
    Remote::new(endpoint, Patience { idle: 120 * second, connect: second, list: second }, keys, clock)
}

fn request() -> Request {
    Request {
        model: "fake-model".into(),
        system: "You are careful.".into(),
        messages: vec![Message::User { text: "Grüße 🌱".into() }],
        tools: vec![ToolSpec {
            name: "read_file",
            description: "Reads a file.",
            input: json!({"type": "object", "properties": {"path": {"type": "string"}}, "required": ["path"]}),
        }],
        max_output_tokens: 1000,
    }
}

async fn collect(provider: &dyn Provider, request: Request) -> (Vec<Delta>, Option<ProviderError>) {
    let mut deltas = Vec::new();
    let mut stream = match provider.stream(request).await {
        Ok(stream) => stream,
        Err(why) => return (deltas, Some(why)),
    };
    while let Some(delta) = stream.next().await {
        match delta {
            Ok(delta) => deltas.push(delta),
            Err(why) => {
                assert!(stream.next().await.is_none(), "something came after the error");
                return (deltas, Some(why));
            }
        }
    }
    (deltas, None)
}

fn text(deltas: &[Delta]) -> String {
    deltas
        .iter()
        .filter_map(|delta| if let Delta::Text(text) = delta { Some(text.as_str()) } else { None })
        .collect()
}

fn calls(deltas: &[Delta]) -> Vec<ToolCall> {
    deltas
        .iter()
        .filter_map(|delta| if let Delta::ToolCall(call) = delta { Some(call.clone()) } else { None })
        .collect()
}

fn ends(deltas: &[Delta]) -> Vec<StopReason> {
    deltas.iter().filter_map(|delta| if let Delta::Done(stop) = delta { Some(*stop) } else { None }).collect()
}

fn usage(deltas: &[Delta]) -> Option<Tokens> {
    deltas.iter().rev().find_map(|delta| if let Delta::Usage(tokens) = delta { Some(*tokens) } else { None })
}

#[tokio::test]
async fn an_answer_starts_and_ends_exactly_once_with_its_usage() {
    let turn = json!([{"say": ["Grüße ", "zurück 🌊"],
        "usage": {"input": 20, "output": 9, "cacheRead": 100, "cacheWrite": 5}}]);
    for dialect in DIALECTS {
        for guard in [false, true] {
            let mut subject = Subject::new(dialect, turn.clone()).await;
            if guard {
                subject = subject.guarded(3);
            }
            let (deltas, error) = subject.answer().await;
            assert_eq!(error, None, "{dialect:?}");
            assert_eq!(text(&deltas), "Grüße zurück 🌊", "{dialect:?}");
            assert_eq!(ends(&deltas), [StopReason::EndTurn], "{dialect:?}");
            assert!(matches!(deltas.last(), Some(Delta::Done(_))), "{dialect:?}");
            let tokens = usage(&deltas).unwrap();
            // Only Anthropic tells of writing to its cache.
            let cache_write = if dialect == Dialect::Anthropic { 5 } else { 0 };
            assert_eq!(tokens, Tokens { input: 20, output: 9, cache_read: 100, cache_write }, "{dialect:?}");
            assert_eq!(subject.fake.until_ended(0).await, Ended::Whole, "the connection can be used again");
        }
    }
}

#[tokio::test]
async fn frames_and_characters_may_arrive_in_pieces() {
    let call = json!({"name": "read_file", "input": {"path": "src/größe.ts"}, "pieces": 9});
    for crlf in [false, true] {
        let turn = json!([{"say": ["水", "をやる"], "call": [call], "split": true, "crlf": crlf}]);
        for dialect in DIALECTS {
            let (deltas, error) = Subject::new(dialect, turn.clone()).await.answer().await;
            assert_eq!(error, None, "{dialect:?}");
            assert_eq!(text(&deltas), "水をやる", "{dialect:?}");
            assert_eq!(calls(&deltas)[0].input, json!({"path": "src/größe.ts"}), "{dialect:?}");
        }
    }
}

#[tokio::test]
async fn tool_calls_come_whole_in_order_and_broken_json_comes_as_it_was() {
    let turn = json!([{"say": ["Reading."], "call": [
        {"id": "one", "name": "read_file", "input": {"path": "a.ts"}, "pieces": 5},
        {"id": "two", "name": "list_files"},
        {"id": "three", "name": "read_file", "raw": "{\"path\": \"b.t"},
    ]}]);
    for dialect in DIALECTS {
        let (deltas, _) = Subject::new(dialect, turn.clone()).await.answer().await;
        let call = |id: &str, name: &str, input: Value| ToolCall { id: id.into(), name: name.into(), input };
        assert_eq!(
            calls(&deltas),
            [
                call("one", "read_file", json!({"path": "a.ts"})),
                call("two", "list_files", json!({})),
                call("three", "read_file", json!("{\"path\": \"b.t")),
            ],
            "{dialect:?}"
        );
        assert_eq!(ends(&deltas), [StopReason::ToolUse], "{dialect:?}");
    }
}

#[tokio::test]
async fn a_tool_call_that_was_cut_is_an_error_and_never_half_a_call() {
    for dialect in DIALECTS {
        let whole =
            Subject::new(dialect, json!([{"call": [{"name": "read_file", "input": {"path": "a"}}]}])).await;
        whole.answer().await;
        for clean in [false, true] {
            for after in 1..6 {
                let turn = json!([{
                    "call": [{"name": "read_file", "input": {"path": "a"}, "pieces": 4}],
                    "cut": {"after": after, "clean": clean},
                }]);
                let (deltas, error) = Subject::new(dialect, turn).await.answer().await;
                let error = error.expect("it was cut");
                assert!(matches!(error, ProviderError::Trouble { .. }), "{dialect:?} after {after}: {error}");
                assert!(calls(&deltas).is_empty() && ends(&deltas).is_empty(), "{dialect:?}: {deltas:?}");
            }
        }
    }
}

#[tokio::test]
async fn the_whole_conversation_travels_back_with_thinking_calls_and_results() {
    for dialect in DIALECTS {
        let turns = json!([
            {"think": ["Hm, ", "a file."], "say": ["I look."],
                "call": [{"id": "one", "name": "read_file", "input": {"path": "a"}}]},
            {"expect": {"contains": ["Grüße 🌱", "I look.", "one", "no such file"], "tools": ["read_file"], "stream": true},
                "say": ["Done."]},
        ]);
        let subject = Subject::new(dialect, turns).await;
        let (deltas, _) = subject.answer().await;
        let thought: String = deltas
            .iter()
            .filter_map(|delta| if let Delta::Thinking(text) = delta { Some(text.as_str()) } else { None })
            .collect();
        assert_eq!(thought, "Hm, a file.", "{dialect:?}");
        let signature = deltas
            .iter()
            .find_map(|delta| {
                if let Delta::ThinkingDone { signature } = delta { Some(signature.clone()) } else { None }
            })
            .expect("thinking ends");
        let mut next = request();
        next.messages.push(Message::Assistant {
            parts: vec![
                Part::Thinking { text: thought, signature: signature.clone() },
                Part::Text { text: "I look.".into() },
                Part::ToolCall(calls(&deltas)[0].clone()),
            ],
        });
        next.messages.push(Message::ToolResults {
            results: vec![ToolResult {
                call_id: "one".into(),
                output: "no such file".into(),
                is_error: true,
            }],
        });
        let (deltas, error) = collect(&*subject.provider, next).await;
        assert_eq!((error, subject.fake.failures()), (None, vec![]), "{dialect:?}");
        assert_eq!(text(&deltas), "Done.", "{dialect:?}");
        let sent = &subject.fake.requests()[1].body;
        match dialect {
            Dialect::Anthropic => {
                let thinking =
                    json!({"type": "thinking", "thinking": "Hm, a file.", "signature": "sig_fake"});
                assert_eq!(sent["messages"][1]["content"][0], thinking);
                assert_eq!(sent["messages"][2]["content"][0]["is_error"], true);
            }
            Dialect::OpenAi | Dialect::Responses => {
                assert_eq!(sent["input"][1]["encrypted_content"], "enc_fake");
            }
            Dialect::Chat => assert_eq!(signature, None),
        }
    }
}

#[tokio::test]
async fn each_way_of_ending_is_told_apart() {
    for dialect in DIALECTS {
        for (word, stop) in [
            ("end_turn", StopReason::EndTurn),
            ("max_tokens", StopReason::MaxTokens),
            ("refusal", StopReason::Refused),
        ] {
            let (deltas, error) =
                Subject::new(dialect, json!([{"say": "Hm", "stop": word}])).await.answer().await;
            assert_eq!((ends(&deltas), error), (vec![stop], None), "{dialect:?} {word}");
        }
    }
}

#[tokio::test]
async fn each_error_says_what_can_be_done_and_none_holds_the_key() {
    type Right = fn(&ProviderError) -> bool;
    let cases: [(Value, Right); 11] = [
        (json!({"error": {"status": 401, "message": format!("bad key {KEY}")}}), |e| {
            matches!(e, ProviderError::BadKey { .. })
        }),
        (json!({"error": {"status": 403, "message": "not yours"}}), |e| {
            matches!(e, ProviderError::BadKey { .. })
        }),
        (json!({"error": {"status": 404, "message": "model: fake-model"}}), |e| {
            matches!(e, ProviderError::UnknownModel { .. })
        }),
        (json!({"error": {"status": 400, "message": "too many tokens"}}), |e| {
            matches!(e, ProviderError::Rejected { .. })
        }),
        (
            json!({"error": {"status": 429, "message": "slow down", "retryAfter": "7"}}),
            |e| matches!(e, ProviderError::RateLimited { retry_after: Some(after), .. } if after.as_secs() == 7),
        ),
        (json!({"error": {"status": 500, "message": "oops"}}), |e| {
            matches!(e, ProviderError::Trouble { .. })
        }),
        (json!({"error": {"status": 529, "message": "Overloaded"}}), |e| {
            matches!(e, ProviderError::Trouble { .. })
        }),
        (json!({"error": {"status": 502, "body": "<html>Bad Gateway</html>"}}), |e| {
            matches!(e, ProviderError::Trouble { .. })
        }),
        (json!({"nonsense": "html"}), |e| matches!(e, ProviderError::Nonsense { .. })),
        (json!({"nonsense": "frame"}), |e| matches!(e, ProviderError::Nonsense { .. })),
        (json!({"nonsense": "bytes"}), |e| matches!(e, ProviderError::Nonsense { .. })),
    ];
    for dialect in DIALECTS {
        for (turn, right) in &cases {
            let error = Subject::new(dialect, json!([turn])).await.error().await;
            assert!(right(&error), "{dialect:?}: {turn} gave {error:?}");
            assert!(!format!("{error} {error:?}").contains(KEY), "{error}");
            let guarded = Subject::new(dialect, json!([turn])).await.guarded(1).error().await;
            assert_eq!(guarded, error, "the guard changes no error");
        }
        let middle = json!([{"say": "Half", "streamError": {"message": "Overloaded"}}]);
        let (deltas, error) = Subject::new(dialect, middle).await.answer().await;
        assert_eq!(text(&deltas), "Half");
        assert!(matches!(error, Some(ProviderError::Trouble { .. })), "{dialect:?}: {error:?}");
    }
}

#[tokio::test]
async fn nobody_at_the_address_is_unreachable() {
    let free = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    for url in [format!("http://{free}"), "http://nowhere.invalid".into()] {
        let provider = remote(Dialect::Chat, &url, Arc::new(SystemClock));
        let (_, error) = collect(&provider, request()).await;
        assert!(matches!(error, Some(ProviderError::Unreachable { .. })), "{url}: {error:?}");
        assert_eq!(provider.info().status, ProviderStatus::Unreachable);
    }
}

#[tokio::test]
async fn a_silent_provider_is_given_up_after_two_minutes_wherever_it_falls_silent() {
    for dialect in DIALECTS {
        for hang in [json!({}), json!({"after": 0}), json!({"after": 3})] {
            let clock = Arc::new(ManualClock::at(0));
            let script = json!({"turns": [{"say": ["a", "b"], "hang": hang}]});
            let subject = Subject::with(dialect, script, Arc::clone(&clock) as Arc<dyn Clock>).await;
            let tick = async {
                subject.fake.until_requests(1).await;
                loop {
                    clock.advance(Duration::from_secs(30));
                    tokio::task::yield_now().await;
                }
            };
            let error = tokio::select! { error = subject.error() => error, () = tick => unreachable!() };
            assert_eq!(
                error,
                ProviderError::Silent { provider: "subject".into(), after_s: 120 },
                "{dialect:?} {hang}"
            );
            assert_eq!(subject.fake.until_ended(0).await, Ended::Dropped);
        }
    }
}

#[tokio::test]
async fn dropping_the_stream_closes_the_connection() {
    for dialect in DIALECTS {
        for guard in [false, true] {
            let mut subject = Subject::new(dialect, json!([{"say": ["One"], "hang": {"after": 5}}])).await;
            if guard {
                subject = subject.guarded(3);
            }
            let mut stream = subject.provider.stream(request()).await.unwrap();
            while !matches!(stream.next().await, Some(Ok(Delta::Text(_)))) {}
            drop(stream);
            assert_eq!(subject.fake.until_ended(0).await, Ended::Dropped, "{dialect:?}");
        }
    }
}

#[tokio::test]
async fn trouble_is_asked_again_before_the_first_word_and_never_after() {
    for dialect in DIALECTS {
        let turns = json!([
            {"error": {"status": 529, "message": "Overloaded"}},
            {"error": {"status": 429, "message": "slow down", "retryAfter": "0"}},
            {"cut": {"after": 1}},
            {"say": "There."},
        ]);
        let subject = Subject::new(dialect, turns).await.guarded(4);
        let (deltas, error) = subject.answer().await;
        assert_eq!((text(&deltas).as_str(), error), ("There.", None), "{dialect:?}");
        let retries = deltas.iter().filter(|delta| matches!(delta, Delta::Retrying { .. })).count();
        assert_eq!((retries, subject.fake.requests().len()), (3, 4), "{dialect:?}");

        let subject =
            Subject::new(dialect, json!([{"say": ["a", "b", "c", "d", "e", "f", "g"], "cut": {"after": 6}}]))
                .await
                .guarded(4);
        let (_, error) = subject.answer().await;
        assert!(
            error.is_some() && subject.fake.requests().len() == 1,
            "{dialect:?}: asked again after a word"
        );

        for status in [400, 401, 404] {
            let turns = json!([{"error": {"status": status, "message": "model: no"}}]);
            let subject = Subject::new(dialect, turns).await.guarded(4);
            subject.error().await;
            assert_eq!(subject.fake.requests().len(), 1, "{dialect:?}: {status} was asked again");
        }
        let turns = json!([{"error": {"status": 500, "message": "oops"}, "times": 9}]);
        let subject = Subject::new(dialect, turns).await.guarded(4);
        subject.error().await;
        assert_eq!(subject.fake.requests().len(), 4, "{dialect:?}: attempts are bounded");
    }
}

#[tokio::test]
async fn the_key_goes_where_the_dialect_wants_it() {
    for dialect in DIALECTS {
        let script = json!({"key": KEY});
        let subject = Subject::with(dialect, script, Arc::new(SystemClock)).await;
        let (deltas, error) = subject.answer().await;
        assert_eq!((text(&deltas).as_str(), error), ("Done.", None), "{dialect:?}");
        assert_eq!(subject.provider.info().status, ProviderStatus::Connected);
        subject.provider.refresh().await;
        let models: Vec<_> =
            subject.provider.models().into_iter().map(|model| model.id.to_string()).collect();
        assert_eq!(models, ["subject/fake-model"], "{dialect:?}");
    }
}

#[tokio::test]
async fn a_server_without_responses_is_asked_in_chat_and_remembered() {
    let script = json!({"missing": ["/v1/responses"], "turns": [{"say": "Hi."}, {"say": "Again."}]});
    let subject = Subject::with(Dialect::OpenAi, script, Arc::new(SystemClock)).await;
    for said in ["Hi.", "Again."] {
        let (deltas, error) = subject.answer().await;
        assert_eq!((text(&deltas).as_str(), error), (said, None));
    }
    let script = json!({"models": ["another"]});
    let subject = Subject::with(Dialect::OpenAi, script, Arc::new(SystemClock)).await;
    let error = subject.error().await;
    assert!(matches!(error, ProviderError::UnknownModel { .. }), "its own word about the model: {error}");
}

#[test]
fn pauses_grow_stay_bounded_and_follow_the_server() {
    let retries = Retries::default();
    let trouble = ProviderError::Trouble { provider: "p".into(), reason: "r".into() };
    let limited = |seconds| ProviderError::RateLimited {
        provider: "p".into(),
        retry_after: Some(Duration::from_secs(seconds)),
        reason: "r".into(),
    };
    let seconds = |pause: Option<Duration>| pause.map(|pause| pause.as_secs_f64());
    assert_eq!(seconds(retries.pause(1, &trouble, 1.0)), Some(1.0));
    assert_eq!(seconds(retries.pause(1, &trouble, 0.0)), Some(0.5));
    assert_eq!(seconds(retries.pause(3, &trouble, 1.0)), Some(4.0));
    assert_eq!(retries.pause(4, &trouble, 1.0), None);
    assert_eq!(seconds(retries.pause(1, &limited(20), 0.0)), Some(20.0));
    assert_eq!(seconds(retries.pause(1, &limited(60), 0.0)), Some(60.0));
    assert_eq!(retries.pause(1, &limited(61), 0.0), None);
}
