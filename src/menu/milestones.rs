//! Where the tasks of a menu begin and where they are done, so that those can be counted who come through.
//!
//! A task begins at the first screen of its way on which no other task's way lies: who comes there has chosen it. Who gets in further on, by
//! a message or a person that was remembered, has begun it at the first such screen that they come to. It is done at its last
//! screen, and at those that stand for the same: after a call, every screen that tells the same kind of record (an appointment with a proof
//! by SMS, and one without), or, where the task itself ends with a call, every outcome that brings something.

use std::collections::{BTreeSet, HashMap};

use super::compiled::{Act, Menu, id};
use super::ways::Way;
use super::{OutcomeSpec, Session};

/// What is passed at one screen: tasks by the number of their name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Milestone {
    pub begins: Option<u32>,
    /// Whoever comes here has begun it, if not before.
    pub on: Option<u32>,
    pub done: Option<u32>,
}

/// By the screen's number.
pub(super) type Milestones = HashMap<u32, Milestone>;

impl Menu {
    /// What is passed at the screen of a session.
    pub fn milestone(&self, session: &Session) -> Milestone {
        self.milestones.get(&session.screen).copied().unwrap_or_default()
    }

    /// Number and name of each task.
    pub fn tasks(&self) -> &[(u32, String)] {
        &self.tasks
    }

    /// Number and name of each screen.
    pub fn screens(&self) -> impl Iterator<Item = (u32, &str)> {
        self.screens.iter().map(|screen| (screen.id, screen.name.as_str()))
    }
}

impl Session {
    /// The screen shown, by its number.
    pub fn screen_number(&self) -> u32 {
        self.screen
    }
}

pub(super) fn milestones(menu: &Menu, tasks: &[(&str, &Way)]) -> Milestones {
    let mut milestones = Milestones::new();
    for (at, (name, way)) in tasks.iter().enumerate() {
        let Some(last) = way.0.last().map(|hop| hop.to) else { continue };
        let others: BTreeSet<usize> =
            tasks.iter().enumerate().filter(|(other, _)| *other != at).flat_map(|(_, (_, way))| way.0.iter().map(|hop| hop.to)).collect();
        let task = id(name);
        let mut own = way.0.iter().map(|hop| hop.to).filter(|screen| !others.contains(screen));
        milestones.entry(menu.screens[own.next().unwrap_or(last)].id).or_default().begins = Some(task);
        for screen in own {
            milestones.entry(menu.screens[screen].id).or_default().on = Some(task);
        }
        for done in done(menu, last) {
            milestones.entry(menu.screens[done].id).or_default().done = Some(task);
        }
    }
    milestones
}

/// The screens at which a task is done whose last screen this is.
fn done(menu: &Menu, last: usize) -> BTreeSet<usize> {
    if let Act::Call { action, on, .. } = &menu.screens[last].act {
        let brings = |outcome: &OutcomeSpec| !outcome.gives.is_empty() || !outcome.may_give.is_empty() || !outcome.writes.is_empty();
        return targets(action.outcomes, on, brings).collect();
    }
    let mut screens = BTreeSet::from([last]);
    for screen in &menu.screens {
        let Act::Call { action, on, .. } = &screen.act else { continue };
        let told = action.outcomes.iter().filter(|outcome| on.contains(&(outcome.name, last)));
        let records: BTreeSet<&str> = told.flat_map(|outcome| outcome.writes.iter().copied()).collect();
        screens.extend(targets(action.outcomes, on, |outcome| outcome.writes.iter().any(|record| records.contains(record))));
    }
    screens
}

fn targets<'a>(
    outcomes: &'a [OutcomeSpec],
    on: &'a [(&'static str, usize)],
    counts: impl Fn(&OutcomeSpec) -> bool + 'a,
) -> impl Iterator<Item = usize> + 'a {
    let told = outcomes.iter().filter(move |outcome| counts(outcome));
    told.filter_map(|outcome| on.iter().find(|(name, _)| *name == outcome.name).map(|(_, to)| *to))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::menu::{MenuSource, check, check_without};
    use crate::service;

    /// Task, where it begins, where it is done.
    fn told(menu: &Menu) -> Vec<String> {
        let name = |number: u32| menu.screens().find(|(known, _)| *known == number).map_or("?", |(_, name)| name);
        let mut of: BTreeMap<u32, (Vec<&str>, Vec<&str>)> = BTreeMap::new();
        for (screen, milestone) in &menu.milestones {
            milestone.begins.into_iter().for_each(|task| of.entry(task).or_default().0.push(name(*screen)));
            milestone.done.into_iter().for_each(|task| of.entry(task).or_default().1.push(name(*screen)));
        }
        let line = |(number, task): &(u32, String)| {
            let (begins, mut done) = of.get(number).cloned().unwrap_or_default();
            done.sort_unstable();
            format!("{task}: {} > {}", begins.join(" "), done.join(" "))
        };
        menu.tasks().iter().map(line).collect()
    }

    #[test]
    fn the_shipped_tasks_begin_and_are_done_where_people_would_say_so() {
        let menu = check(&MenuSource::shipped(), &service::CATALOGUE).unwrap();
        let of_all = [
            "status: cek > st_antre_cetak st_belum_rekam st_belum_wajib st_di_pusat st_diambil st_dikirim st_diproses st_gagal_daerah \
             st_gagal_rekam st_ganda st_nonaktif st_siap_cetak st_sudah_rekam st_tercetak tercatat",
            "janji: janji_nik > bantu_jadi janji_jadi janji_jadi_sms",
            "ganti: ganti_cari > ganti_jadi ganti_jadi_sms",
            "batal: batal_yakin > batal_jadi",
            "keluhan: lapor > lapor_jadi lapor_jadi_pengawas",
            "petugas: petugas > petugas_jadi petugas_jadi_pengawas petugas_jadi_tutup",
        ];
        assert_eq!(told(&menu), of_all);
        // A district without officers counts the same; what is not there is never passed.
        assert_eq!(told(&check_without(&MenuSource::shipped(), &service::CATALOGUE, &["orang"]).unwrap())[..4], of_all[..4]);
        let on = |screen: &str| menu.milestones.get(&id(screen)).and_then(|milestone| milestone.on);
        assert_eq!((on("janji_periksa"), on("cek_status"), on("utama")), (Some(id("janji")), Some(id("status")), None));
    }
}
