//! What people came for and what came of it: tasks, and actions by their outcome.

use std::sync::atomic::Ordering;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::registry::Registry;

use crate::turn::Tally;

/// Set when the page is asked for: turns count by themselves.
#[derive(Debug, Default)]
pub(super) struct ComingThrough {
    outcomes: Family<OutcomeLabels, Counter>,
    begun: Family<TaskLabels, Counter>,
    done: Family<TaskLabels, Counter>,
    given_up: Family<ScreenLabels, Counter>,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct OutcomeLabels {
    action: &'static str,
    outcome: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct TaskLabels {
    task: String,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct ScreenLabels {
    task: String,
    screen: String,
}

impl ComingThrough {
    pub(super) fn new(registry: &mut Registry) -> Self {
        let new = Self::default();
        registry.register("outcomes", "Actions that the menu called, by what they came to", new.outcomes.clone());
        registry.register("tasks_begun", "Tasks of the menu that somebody began", new.begun.clone());
        registry.register("tasks_done", "Tasks that somebody came through", new.done.clone());
        registry.register("tasks_given_up", "Tasks in the middle of which a dialogue was cut or left, by the screen", new.given_up.clone());
        new
    }

    pub(super) fn set(&self, tally: &Tally) {
        for came in tally.outcomes() {
            set(&self.outcomes.get_or_create(&OutcomeLabels { action: came.action, outcome: came.outcome }), came.times);
        }
        for tasks in tally.tasks() {
            let task = TaskLabels { task: tasks.task.clone() };
            set(&self.begun.get_or_create(&task), tasks.begun);
            set(&self.done.get_or_create(&task), tasks.done);
            for (screen, times) in tasks.given_up {
                set(&self.given_up.get_or_create(&ScreenLabels { task: tasks.task.clone(), screen }), times);
            }
        }
    }
}

/// A counter that somebody else counts.
pub(super) fn set(counter: &Counter, counted: u64) {
    // Two pages asked for at once must not make it go back.
    counter.inner().fetch_max(counted, Ordering::Relaxed);
}
