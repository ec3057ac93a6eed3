//! A bad telco, and a gateway that is killed: what the phones received compared with the store.

use std::collections::HashMap;

use super::*;

/// Lets an outbox run for so long on threads of its own, which are then gone from one moment to the next.
fn run_and_kill(store: &Arc<Store>, telco: &Telco, span: Duration) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let outbox = outbox(store, &[telco], settings()).await;
        tokio::spawn(outbox.run(std::future::pending()));
        clock::sleep(span).await;
    });
    // Waits for its threads: a process that was killed does nothing any more.
    drop(runtime);
}

#[test]
fn every_message_ends_once_and_is_doubled_only_where_nobody_could_know() {
    let world = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    for seed in [3, 77, 1_945] {
        let store = store();
        let telco = world.block_on(Telco::start("a", seed));
        let mut ids = Vec::new();
        let mut kills_in_flight = 0;
        for round in 0..6 {
            for at in 0..40 {
                ids.push(world.block_on(leave(&store, number(at), Class::Reply)));
            }
            run_and_kill(&store, &telco, Duration::from_millis(10 + 7 * round));
            kills_in_flight += world.block_on(leased(&store));
        }
        world.block_on(async {
            let outbox = outbox(&store, &[&telco], settings()).await;
            let all_sent = async {
                while waiting(&store).await > 0 {
                    outbox.settle().await;
                    clock::sleep(Duration::from_millis(5)).await;
                }
            };
            assert!(clock::within(Duration::from_secs(60), all_sent).await.is_some(), "{} messages never ended", waiting(&store).await);
        });
        let mut times: HashMap<String, usize> = HashMap::new();
        for id in telco.received() {
            *times.entry(id).or_default() += 1;
        }
        let mut doubled = 0;
        for id in ids {
            let sent = world.block_on(sent(&store, id)).unwrap_or_else(|| unreachable!("message {id} is lost"));
            let received = times.remove(&id.to_string()).unwrap_or(0);
            match sent.fate {
                Fate::Accepted => assert!(received == 1 || received == 2, "{id} was taken, and arrived {received} times"),
                Fate::Unreported => assert!(received <= 2, "{id}"),
                // Refused, perhaps the second time it was handed over.
                Fate::Failed(_) => assert!(received <= 1, "{id}"),
                fate => unreachable!("{id}: {fate:?}"),
            }
            doubled += received.saturating_sub(1);
        }
        assert!(times.is_empty(), "messages that nobody left: {times:?}");
        assert!(doubled <= telco.broken() + kills_in_flight, "{doubled} doubled, {} broken lines", telco.broken());
    }
}

async fn leased(store: &Store) -> usize {
    let rows = store.scan(Key::new(Space::Outgoing)..Key::after(Space::Outgoing), 10_000).await.unwrap();
    rows.iter().filter(|(_, row)| matches!(row.decode::<Outgoing>().unwrap().state, Sending::Leased { .. })).count()
}

#[tokio::test]
async fn who_is_told_to_stop_lets_requests_in_flight_end() {
    let (store, telco) = (store(), Telco::start("a", 0).await);
    let outbox = outbox(&store, &[&telco], settings()).await;
    for at in 0..50 {
        leave(&store, number(at), Class::Reply).await;
    }
    Arc::clone(&outbox).run(clock::sleep(Duration::from_millis(5))).await;
    assert_eq!(leased(&store).await, 0);
    assert_eq!(waiting(&store).await + telco.received().len(), 50);
}
