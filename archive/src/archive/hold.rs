//! Legal holds: decided in the catalogue with an entry of the log, then carried out in storage.

use jiff::Timestamp;
use muniment_record::RecordId;
use tracing::{info, warn};

use super::{Archive, RecoverReport};
use crate::catalogue::{Held, Hold, HoldState, Right};
use crate::log::{Entry, Salt};
use crate::object::name_of;
use crate::{AuditFinding, AuditProblem, Error, ErrorKind, LogEvent, point};

/// What came of a hold, or of its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HoldReport {
    /// Whether it was decided now; else it stood so before.
    pub is_new: bool,
    /// Whether a store enforces it. A disk keeps it in catalogue and log only.
    pub is_enforced: bool,
}

impl Archive {
    /// Puts a record under a legal hold (lệnh giữ): the log says so, all files of its object are held in every store that has locks,
    /// and so are those of its later versions. Scans and page text, which records may share, are not. The reason stays private.
    ///
    /// When this returns, the hold is durable in the catalogue; once the log is published, a rebuild brings it back. When it fails, or the
    /// machine stops, calling it again or [`Archive::recover`] ends it.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`]; [`Error::InUse`] while another process makes versions, which takes moments.
    pub async fn hold(&self, id: RecordId, reason: &str, now: Timestamp) -> Result<HoldReport, Error> {
        self.decide(id, LogEvent::Hold, Some(reason), now).await
    }

    /// Ends a legal hold. Where there is none, nothing happens.
    ///
    /// # Errors
    ///
    /// Those of [`Archive::hold`].
    pub async fn release(
        &self,
        id: RecordId,
        reason: Option<&str>,
        now: Timestamp,
    ) -> Result<HoldReport, Error> {
        self.decide(id, LogEvent::Release, reason, now).await
    }

    /// The legal hold on a record.
    pub async fn hold_on(&self, id: RecordId) -> Result<Option<Hold>, Error> {
        self.catalogue.hold_on(id).await
    }

    async fn decide(
        &self,
        id: RecordId,
        event: LogEvent,
        reason: Option<&str>,
        now: Timestamp,
    ) -> Result<HoldReport, Error> {
        let right = self.catalogue.take(Right::Revise).await?;
        let right = right.ok_or_else(|| Error::InUse { path: self.catalogue.place() })?;
        let decided = self.decide_alone(id, event, reason, now, &right).await;
        right.give_up().await;
        decided
    }

    async fn decide_alone(
        &self,
        id: RecordId,
        event: LogEvent,
        reason: Option<&str>,
        now: Timestamp,
        right: &Held,
    ) -> Result<HoldReport, Error> {
        let record = self.record(id).await?;
        let known = self.catalogue.hold_on(id).await?;
        let is_held = known.as_ref().is_some_and(|hold| hold.state.is_held());
        let is_new = is_held != (event == LogEvent::Hold);
        let hold = match known {
            Some(known) if !is_new => known,
            None if !is_new => return Ok(HoldReport { is_new, is_enforced: false }),
            Some(known) if event == LogEvent::Release => Hold { state: HoldState::Lifting, ..known },
            _ => Hold {
                record: id,
                since: now,
                reason: reason.unwrap_or_default().to_owned(),
                state: HoldState::Setting,
            },
        };
        if is_new {
            if self.catalogue.log_entry(id, record.version).await?.is_none() {
                // What happens to a record comes after its own entry.
                self.log_the_rest(&mut RecoverReport::default()).await?;
            }
            let entry = Entry::of_hold(&record, event, reason, now, Salt::random()?)?;
            if !self.catalogue.decide(&hold, Some(&entry)).await? {
                return Err(Error::InUse { path: self.catalogue.place() });
            }
            point::reached("hold-decided");
            info!(record.id = %id, ?event, "decided on a legal hold of record {id}");
        }
        let is_enforced = self.carry_out(hold, right).await?;
        Ok(HoldReport { is_new, is_enforced })
    }

    /// Tells the files of a record that it is held, or no longer; says whether a store enforces it.
    async fn carry_out(&self, mut hold: Hold, right: &Held) -> Result<bool, Error> {
        self.require(right).await?;
        loop {
            let is_enforced = self.tell_files(hold.record, hold.state.is_held()).await?;
            point::reached("files-held");
            if self.catalogue.carried_out(&hold).await? {
                point::reached("hold-carried-out");
                return Ok(is_enforced);
            }
            // The right was lost, and another has decided since: the files are to know that, and not what they were just told.
            let decided = self.catalogue.hold_on(hold.record).await?;
            hold = decided.unwrap_or(Hold { state: HoldState::Lifting, ..hold });
        }
    }

    async fn tell_files(&self, id: RecordId, held: bool) -> Result<bool, Error> {
        self.blocking(move |store| match store.hold(&name_of(id), held) {
            Ok(()) => Ok(true),
            Err(Error::NoLocks) => Ok(false),
            Err(error) => Err(error),
        })
        .await
    }

    /// Holds files of a held record that were written anew: those of a version, before anybody is told of it, and those put right.
    pub(crate) async fn hold_version(&self, id: RecordId) -> Result<(), Error> {
        match self.catalogue.hold_on(id).await? {
            Some(hold) if hold.state.is_held() => self.tell_files(id, true).await.map(drop),
            _ => Ok(()),
        }
    }

    /// Carries out what a stop left decided only, unless another process is at it.
    pub(super) async fn recover_holds(&self, report: &mut RecoverReport) -> Result<(), Error> {
        let unfinished = |hold: &Hold| hold.state != HoldState::Set;
        let decided = self.catalogue.holds().await?;
        if !decided.iter().any(unfinished) {
            return Ok(());
        }
        let Some(right) = self.catalogue.take(Right::Revise).await? else { return Ok(()) };
        let carried_out = self.carry_out_rest(report, &right).await;
        right.give_up().await;
        carried_out
    }

    async fn carry_out_rest(&self, report: &mut RecoverReport, right: &Held) -> Result<(), Error> {
        // Read again: whoever had the right before may have carried them out.
        for hold in self.catalogue.holds().await? {
            if hold.state == HoldState::Set {
                continue;
            }
            let id = hold.record;
            match self.carry_out(hold, right).await {
                Ok(_) => {}
                // It stays undone until the files are there, and keeps nothing else from going on.
                Err(error) if error.kind() == ErrorKind::NotFound => {
                    warn!(record.id = %id, "a legal hold is not carried out: {error}");
                    let (record, object) = (Some(id), name_of(id));
                    let (what, detail) = (AuditProblem::Missing, error.to_string());
                    report.damaged.push(AuditFinding { record, in_second: false, object, what, detail });
                }
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}
