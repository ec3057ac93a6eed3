//! Durable commits per second, beside a plain group-committed log of equal frames, in the same run: `cargo bench --bench store`.
//!
//! Both are driven by the same number of tasks, each of which waits for its own commit before it makes the next. A round of the one follows
//! a round of the other, so that a noisy machine is noisy to both. One JSON line for each number of callers; `ratio` is ours to the log's.
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a bench measures time and stops where something is wrong"
)]

use std::fs::OpenOptions;
use std::io::Write;
use std::sync::Arc;
use std::time::{Duration, Instant};

use kentongan::store::seal::Keys;
use kentongan::store::{Draft, Key, Settings, Space, Store, Stored};
use serde::{Deserialize, Serialize};
use tokio::sync::{mpsc, oneshot};

const ROUND: Duration = Duration::from_secs(2);
const ROUNDS: usize = 3;
/// Records in one booking: session, slot, booking, code, message, caller.
const RECORDS: u16 = 6;
const VALUE_BYTES: usize = 120;
/// What a record takes in a frame beside its value: key, stamp, length, seal.
const RECORD_OVERHEAD: usize = 18 + 12 + 51;

#[derive(Serialize, Deserialize)]
struct Row(Vec<u8>);

impl Stored for Row {
    const SPACE: Space = Space::Slot;
    const FORMAT: u16 = 1;
}

fn main() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    for callers in [16, 128] {
        let (mut ours, mut log) = (0.0, 0.0);
        for _ in 0..ROUNDS {
            ours += runtime.block_on(store_round(callers)) / ROUNDS as f64;
            log += runtime.block_on(log_round(callers)) / ROUNDS as f64;
        }
        let line = serde_json::json!({"callers": callers, "commits_per_s": ours.round(), "log_per_s": log.round(), "ratio": (ours / log * 100.0).round() / 100.0});
        println!("{line}");
    }
}

async fn store_round(callers: u16) -> f64 {
    let folder = tempfile::tempdir().unwrap();
    let store = Arc::new(Store::open(folder.path(), &Keys::generate().unwrap(), Settings::default()).unwrap().0);
    let started = Instant::now();
    let tasks: Vec<_> = (0..callers)
        .map(|caller| {
            let store = Arc::clone(&store);
            tokio::spawn(async move {
                let mut done = 0_u64;
                while started.elapsed() < ROUND {
                    let mut draft = Draft::new(&store);
                    for record in 0..RECORDS {
                        let key = Key::new(Space::Slot)
                            .with(&caller.to_be_bytes())
                            .with(&(done % 1000).to_be_bytes())
                            .with(&record.to_be_bytes());
                        draft.put(key, &Row(vec![7; VALUE_BYTES])).unwrap();
                    }
                    draft.durable();
                    store.commit(draft.into_batch()).await.unwrap();
                    done += 1;
                }
                done
            })
        })
        .collect();
    rate(tasks, started).await
}

async fn log_round(callers: u16) -> f64 {
    let folder = tempfile::tempdir().unwrap();
    let mut file = OpenOptions::new().create(true).append(true).open(folder.path().join("log")).unwrap();
    let (send, mut receive) = mpsc::unbounded_channel::<(Vec<u8>, oneshot::Sender<()>)>();
    let writer = std::thread::spawn(move || {
        while let Some(first) = receive.blocking_recv() {
            let (mut bytes, mut waiting) = (first.0, vec![first.1]);
            while let Ok((more, told)) = receive.try_recv() {
                bytes.extend_from_slice(&more);
                waiting.push(told);
            }
            file.write_all(&bytes).unwrap();
            file.sync_data().unwrap();
            waiting.into_iter().for_each(|told| told.send(()).unwrap());
        }
    });
    let started = Instant::now();
    let tasks: Vec<_> = (0..callers)
        .map(|_| {
            let send = send.clone();
            tokio::spawn(async move {
                let mut done = 0_u64;
                while started.elapsed() < ROUND {
                    let (told, wait) = oneshot::channel();
                    send.send((vec![7; usize::from(RECORDS) * (VALUE_BYTES + RECORD_OVERHEAD)], told)).unwrap();
                    wait.await.unwrap();
                    done += 1;
                }
                done
            })
        })
        .collect();
    let rate = rate(tasks, started).await;
    drop(send);
    writer.join().unwrap();
    rate
}

async fn rate(tasks: Vec<tokio::task::JoinHandle<u64>>, started: Instant) -> f64 {
    let mut done = 0;
    for task in tasks {
        done += task.await.unwrap();
    }
    done as f64 / started.elapsed().as_secs_f64()
}
