//! The gateway and its callers together: up, load, SIGKILL, rest.

use std::thread;
use std::time::{Duration, Instant};

use crate::crew::{Phase, Stage};
use crate::findings::kind;
use crate::gateway::{Gateway, Running};

/// Callers must come to rest within this time when the gateway is up.
const SETTLE_MAX: Duration = Duration::from_secs(30);

#[derive(Debug)]
pub struct Drive<'s> {
    pub gateway: Gateway,
    pub stage: &'s Stage,
    pub running: Option<Running>,
    /// From spawn to the first good page, of every restart.
    pub restarts: Vec<Duration>,
    /// How long callers called, in all.
    pub load: Duration,
    /// When the gateway was killed.
    pub kills: Vec<Instant>,
}

impl<'s> Drive<'s> {
    pub fn new(gateway: Gateway, stage: &'s Stage, running: Running) -> Self {
        Drive { gateway, stage, running: Some(running), restarts: Vec::new(), load: Duration::ZERO, kills: Vec::new() }
    }

    pub fn down(&mut self) {
        self.kill();
        self.stage.set(Phase::Down);
    }

    fn kill(&mut self) {
        if let Some(running) = self.running.take() {
            running.kill();
            // After it is gone: until then it may send, and be told.
            self.kills.push(Instant::now());
        }
    }

    /// Starts the gateway unless it runs. An error is a gateway that does not come back.
    pub fn up(&mut self) -> Result<(), String> {
        if self.running.is_none() {
            let began = Instant::now();
            let mut running = self.gateway.start()?;
            self.gateway.wait_ready(&mut running)?;
            self.restarts.push(began.elapsed());
            self.running = Some(running);
        }
        Ok(())
    }

    pub fn load_for(&mut self, time: Duration) {
        let began = Instant::now();
        self.stage.set(Phase::Calling);
        thread::sleep(time);
        // The kill comes first: callers must find out by themselves.
        self.kill();
        self.load += began.elapsed();
        self.stage.set(Phase::Down);
    }

    /// Lets the callers finish what they began, retries included.
    pub fn settle(&mut self, callers: u32) -> Result<(), String> {
        self.up()?;
        self.stage.set(Phase::Settling);
        if !self.stage.all_stand(callers, SETTLE_MAX) {
            self.stage.findings.add(kind::UNANSWERED, "callers did not come to rest: a turn hangs");
        }
        Ok(())
    }
}
