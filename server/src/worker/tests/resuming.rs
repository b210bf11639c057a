//! A task that was interrupted goes on after its last finished step, in another worker or in the same.

use super::*;

/// Two edits in two files, one answer each.
fn two_edits() -> [Turn; 2] {
    let make = json!({ "path": "src/Tide.ts", "content": "export const tide = 'ebb'\n" });
    [edit("1"), Turn::call("", "2", "create_file", make)]
}

impl House {
    /// Another house on the same queue and store, with copies of its own: as on another machine.
    fn elsewhere(&self) -> Worker {
        let mut parts = self.parts.clone();
        parts.copies = self.dir.path().join("elsewhere");
        Worker::start("w2".into(), parts, self.clock.clone(), WorkerLimits::default())
    }
    /// How often each call ended, and whether an attempt went on.
    async fn ended_calls(&self, id: TaskId) -> (Vec<String>, Vec<u32>) {
        let (mut calls, mut resumed) = (Vec::new(), Vec::new());
        for event in self.events(id).await {
            match event {
                EventKind::ToolFinished { call_id, ok: true, .. } => calls.push(call_id),
                EventKind::Resumed { step } => resumed.push(step),
                _ => {}
            }
        }
        (calls, resumed)
    }
    async fn saved(&self, id: TaskId) -> Vec<Hash> {
        let of = |event| if let EventKind::Saved { progress, .. } = event { Some(progress) } else { None };
        self.events(id).await.into_iter().filter_map(of).collect()
    }
    async fn is_done_right(&self, id: TaskId) -> Task {
        let task = self.ended(id).await;
        assert_eq!((task.status, task.review), (TaskStatus::Done, Review::Pending), "{:?}", task.error);
        let files = &task.result.as_ref().unwrap().files_modified;
        let changed: Vec<_> = files.iter().map(|file| file.path.as_str()).collect();
        assert_eq!(changed, ["src/App.tsx", "src/Tide.ts"]);
        assert!(files[0].patch.contains("-  return <h1>Tides</h1>;\n+  return <h1>Ebb</h1>;\n"));
        task
    }
}

/// Lets a worker hang in its third answer, then hands the task back.
async fn interrupted(last: Vec<Turn>) -> (House, TaskId) {
    let mut turns = two_edits().to_vec();
    turns.push(hang());
    turns.extend(last);
    let house = House::new(turns).await;
    let worker = house.start();
    let id = house.submit(Mode::Patch, "Say Ebb").await;
    house.asked(3).await;
    worker.stop().await;
    (house, id)
}

#[tokio::test]
async fn a_task_goes_on_elsewhere_and_each_answer_is_paid_for_once() {
    let (house, id) = interrupted(vec![Turn::text("Done.")]).await;
    let worker = house.elsewhere();
    let task = house.is_done_right(id).await;
    worker.stop().await;
    let metrics = task.metrics.unwrap();
    assert_eq!((metrics.steps, metrics.tokens.input, metrics.tokens.output), (3, 30, 15));
    assert_eq!(house.model.requests().len(), 4, "the one that hung was asked again, and no other");
    assert_eq!(house.ended_calls(id).await, (vec!["1".into(), "2".into()], vec![2]));
}

#[tokio::test]
async fn a_task_whose_worker_lost_its_lease_goes_on_in_the_next() {
    let mut turns = two_edits().to_vec();
    turns.extend([hang(), Turn::text("Done.")]);
    let house = House::new(turns).await;
    let lost = house.start();
    let id = house.submit(Mode::Patch, "Say Ebb").await;
    house.asked(3).await;
    let leased = house.taken_over("w2").await;
    lost.stop().await;
    let mut parts = house.parts.clone();
    parts.copies = house.dir.path().join("elsewhere");
    run(&parts, &leased, &Halt::default()).await.unwrap();
    assert_eq!(house.is_done_right(id).await.attempt, 2);
    assert_eq!(house.ended_calls(id).await, (vec!["1".into(), "2".into()], vec![2]));
    assert!(house.events(id).await.contains(&EventKind::Interrupted { step: 3 }));
}

#[tokio::test]
async fn a_task_that_lost_the_network_half_way_goes_on_when_it_is_back() {
    let [first, second] = two_edits();
    let house = House::new(vec![first, no_network(), second, Turn::text("Done.")]).await;
    let worker = house.start();
    let id = house.submit(Mode::Patch, "Say Ebb").await;
    house.until(id, |task| task.waiting_for == Some(WaitingFor::Network)).await;
    let done = async {
        while house.model.requests().len() < 3 {
            worker.wake();
            tokio::task::yield_now().await;
        }
        house.is_done_right(id).await
    };
    let task = tokio::time::timeout(Duration::from_secs(10), done).await.expect("it goes on");
    assert_eq!(task.metrics.unwrap().steps, 3);
    assert_eq!(house.ended_calls(id).await, (vec!["1".into(), "2".into()], vec![1]));
}

#[tokio::test]
async fn what_was_kept_and_is_gone_costs_only_what_came_after_it() {
    let [first, second] = two_edits();
    for (lost, asked_again) in [(1, vec![second.clone()]), (0, vec![first, second])] {
        let (house, id) = interrupted([asked_again.clone(), vec![Turn::text("Done.")]].concat()).await;
        // Two saves a step: its answer, and its calls. The second of a step holds what the copy became.
        let saved = house.saved(id).await;
        assert_eq!(saved.len(), 4);
        for name in saved.iter().skip(2 * lost) {
            house.store.delete(name).await.unwrap();
        }
        let worker = house.elsewhere();
        let task = house.is_done_right(id).await;
        worker.stop().await;
        assert_eq!(task.metrics.unwrap().steps, 3);
        assert_eq!(house.model.requests().len(), 3 + asked_again.len() + 1);
        let resumed = house.ended_calls(id).await.1;
        assert_eq!(resumed, if lost == 0 { vec![] } else { vec![1] });
    }
}

#[tokio::test]
async fn what_is_kept_in_vain_is_not_mixed_with_what_was_done_instead() {
    let [first, second] = two_edits();
    let (house, id) = interrupted(vec![first, hang(), second, Turn::text("Done.")]).await;
    // The store is away for one attempt, which therefore starts from the beginning, and back for the next.
    let saved = house.saved(id).await;
    let mut away = Vec::new();
    for name in &saved {
        away.push(house.store.get(name).await.unwrap());
        house.store.delete(name).await.unwrap();
    }
    let worker = house.elsewhere();
    house.asked(5).await;
    worker.stop().await;
    house.store.put_many(away).await.unwrap();
    let _worker = house.start();
    let task = house.is_done_right(id).await;
    assert_eq!((task.attempt, task.metrics.unwrap().steps), (3, 3));
    let ended = house.ended_calls(id).await;
    assert_eq!(ended, (vec!["1".into(), "2".into(), "1".into(), "2".into()], vec![1]));
}

#[tokio::test]
async fn by_policy_a_task_starts_from_the_beginning() {
    let turns =
        [two_edits().to_vec(), vec![hang()], two_edits().to_vec(), vec![Turn::text("Done.")]].concat();
    let mut house = House::new(turns).await;
    house.parts.resume.enabled = false;
    let worker = house.start();
    let id = house.submit(Mode::Patch, "Say Ebb").await;
    house.asked(3).await;
    worker.stop().await;
    let _worker = house.elsewhere();
    let task = house.is_done_right(id).await;
    assert_eq!((task.metrics.unwrap().steps, house.model.requests().len()), (3, 6));
    assert_eq!(house.saved(id).await, []);
}

#[tokio::test]
async fn a_task_that_was_edited_while_it_waited_starts_from_the_beginning() {
    let (house, id) = interrupted([two_edits().to_vec(), vec![Turn::text("Done.")]].concat()).await;
    let edit = TaskEdit { prompt: Some("Say Ebb, please".into()), ..TaskEdit::default() };
    house.queue.edit(id, edit).await.unwrap();
    let _worker = house.elsewhere();
    house.is_done_right(id).await;
    assert!(house.ended_calls(id).await.1.is_empty());
    let requests = house.model.requests();
    let Message::User { text } = &requests[3].messages[0] else { panic!("a request starts with the person") };
    assert!(text.contains("Say Ebb, please"), "{text}");
}

#[tokio::test]
async fn no_more_is_kept_of_a_task_than_the_limit() {
    let (house, id) = interrupted(vec![]).await;
    let mut bytes = 0;
    for name in house.saved(id).await {
        bytes += house.store.get(&name).await.unwrap().len() as u64;
    }
    // What is kept differs by the digits of times and ids only, which are as long each time.
    for (less, kept) in [(0, 4), (1, 3)] {
        let mut house = House::new([two_edits().to_vec(), vec![hang()]].concat()).await;
        house.parts.resume.max_bytes = bytes - less;
        let _worker = house.start();
        let id = house.submit(Mode::Patch, "Say Ebb").await;
        house.asked(3).await;
        assert_eq!(house.saved(id).await.len(), kept);
    }
}

#[tokio::test]
async fn what_was_kept_goes_when_the_task_ends() {
    let (house, id) = interrupted(vec![Turn::text("Done.")]).await;
    let saved = house.saved(id).await;
    assert!(house.store.has(&saved[0]).await.unwrap());
    let worker = house.elsewhere();
    house.ended(id).await;
    worker.stop().await;
    let all = house.saved(id).await;
    assert_eq!(all.len(), 5);
    for name in &all {
        assert!(!house.store.has(name).await.unwrap());
    }

    let (house, id) = interrupted(vec![]).await;
    let task = cancel(house.queue.as_ref(), house.store.as_ref(), id).await.unwrap();
    assert_eq!(task.status, TaskStatus::Cancelled);
    for name in house.saved(id).await {
        assert!(!house.store.has(&name).await.unwrap());
    }
}
