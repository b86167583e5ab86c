//! What a guest hears when it asks: from the state as it stands, from the vault, and from the web where it may.

use crate::handle::Handle;
use crate::limits::{ANSWER_ROWS_MAX, WEB_RESPONSE_BYTES_MAX};
use agon_port::sandbox::{Answer, Entry, Outside, PostRow, Question};
use agon_port::{Vault, Web};
use agon_protocol::{State, View, post, slots, submission};
use agon_types::{ChallengeId, Digest, Epoch, JobId, Manifest, SubmissionId};
use async_trait::async_trait;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

/// Answers during one run. The challenge's state is looked at once, so that a run sees one state whatever is decided
/// meanwhile.
pub struct Answers {
    /// None at a miner's desk: there nobody has posted, and the challenge's state was fetched before.
    handle: Option<Handle>,
    challenge: ChallengeId,
    version: u32,
    hosts: Vec<String>,
    /// The epoch whose posts are read.
    epoch: Option<Epoch>,
    vault: Option<Arc<dyn Vault>>,
    web: Option<Arc<dyn Web>>,
    /// Whether changes that wait for the next epoch are seen: whoever weighs goes on from them.
    weighs: bool,
    slots: OnceLock<BTreeMap<String, Vec<u8>>>,
    /// The artifact that was read last: it is read piece by piece, and checked once.
    artifact: Mutex<Option<(Digest, Arc<[u8]>)>>,
}

impl Answers {
    /// For a question of the public: the state and the submissions.
    pub fn to_public(handle: Handle, manifest: &Manifest) -> Self {
        Self {
            handle: Some(handle),
            challenge: manifest.id.clone(),
            version: manifest.version,
            hosts: Vec::new(),
            epoch: None,
            vault: None,
            web: None,
            weighs: false,
            slots: OnceLock::new(),
            artifact: Mutex::default(),
        }
    }

    /// For a job of an epoch: the vault, the web, and the posts of the epoch too.
    pub(crate) fn to_job(
        handle: Handle,
        manifest: &Manifest,
        job: JobId,
        (vault, web): (Arc<dyn Vault>, Arc<dyn Web>),
    ) -> Self {
        let hosts = manifest.capabilities.hosts.clone();
        let (vault, web) = (Some(vault), Some(web));
        let (epoch, weighs) = (Some(job.epoch), job.is_weigh());
        Self { hosts, epoch, vault, web, weighs, ..Self::to_public(handle, manifest) }
    }

    /// For a trial without a node, over the challenge's state as the open epoch has it.
    pub fn to_trial(
        manifest: &Manifest,
        state: BTreeMap<String, Vec<u8>>,
        (vault, web): (Arc<dyn Vault>, Arc<dyn Web>),
    ) -> Self {
        Self {
            handle: None,
            challenge: manifest.id.clone(),
            version: manifest.version,
            hosts: manifest.capabilities.hosts.clone(),
            epoch: Some(Epoch(0)),
            vault: Some(vault),
            web: Some(web),
            weighs: false,
            slots: OnceLock::from(state),
            artifact: Mutex::default(),
        }
    }

    /// Looks at the state, if there is one.
    fn read<T: Default>(&self, look: impl FnOnce(&State) -> T) -> T {
        self.handle.as_ref().map_or_else(T::default, |handle| handle.read(look))
    }

    fn slots(&self) -> &BTreeMap<String, Vec<u8>> {
        let look = |state: &State| match self.weighs {
            true => slots::latest(state, &self.challenge),
            false => slots::all(state, &self.challenge),
        };
        self.slots.get_or_init(|| self.read(look))
    }

    fn keys(&self, prefix: &str, after: Option<&str>, limit: usize) -> Vec<String> {
        let from = after.map_or(std::ops::Bound::Included(prefix), std::ops::Bound::Excluded);
        let keys = self.slots().range::<str, _>((from, std::ops::Bound::Unbounded)).map(|(key, _)| key);
        keys.skip_while(|key| key.as_str() < prefix)
            .take_while(|key| key.starts_with(prefix))
            .take(limit)
            .cloned()
            .collect()
    }

    fn posts(&self, after: u32, limit: usize) -> Answer {
        let Some(epoch) = self.epoch else { return Answer::Denied("posts are read in a job".to_owned()) };
        let posts = self.read(|state| post::of_epoch(state, &self.challenge, epoch));
        let rows = posts.into_iter().skip(after as usize).take(limit);
        Answer::Posts(
            rows.map(|post| PostRow { hotkey: post.hotkey, sequence: post.sequence, message: post.message })
                .collect(),
        )
    }

    fn submissions(&self, after: Option<SubmissionId>, limit: usize) -> Vec<Entry> {
        self.read(|state| {
            let all = submission::of_challenge(state, &self.challenge).into_iter();
            let page = all.filter(|id| after.is_none_or(|after| *id > after)).take(limit);
            page.filter_map(|id| entry(state, id, self.version)).collect()
        })
    }

    async fn piece(&self, digest: Digest, offset: u64, length: u32) -> Answer {
        let Some(vault) = &self.vault else {
            return Answer::Denied("artifacts are read in a job".to_owned());
        };
        let known = self.last().as_ref().filter(|(last, _)| *last == digest).map(|(_, bytes)| bytes.clone());
        let found = match known {
            Some(bytes) => Ok(Some(bytes)),
            None => vault.get(digest).await,
        };
        match found {
            Ok(Some(bytes)) => {
                *self.last() = Some((digest, bytes.clone()));
                let from = usize::try_from(offset).unwrap_or(usize::MAX).min(bytes.len());
                let to = from.saturating_add(length as usize).min(bytes.len());
                Answer::Artifact(bytes[from..to].to_vec())
            }
            Ok(None) => Answer::Broken(format!("no vault has the artifact {digest} yet")),
            Err(error) => Answer::Broken(error.to_string()),
        }
    }

    fn last(&self) -> MutexGuard<'_, Option<(Digest, Arc<[u8]>)>> {
        self.artifact.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn keep(&self, bytes: Vec<u8>) -> Answer {
        let Some(vault) = &self.vault else { return Answer::Denied("bytes are kept in a job".to_owned()) };
        let digest = Digest::of(&bytes);
        match vault.put(digest, &bytes).await {
            Ok(()) => Answer::Kept(digest),
            Err(error) => Answer::Broken(error.to_string()),
        }
    }
}

/// A submission with its last score under these rules.
fn entry(state: &State, id: SubmissionId, version: u32) -> Option<Entry> {
    let known = state.submission(id)?;
    let stated = &known.announcement;
    let agreed = known.last.filter(|(scored, _)| *scored == version);
    let score = |(version, epoch): (u32, Epoch)| {
        let agreed = state.agreed(stated.challenge.clone(), version, epoch, id)?;
        Some((agreed.score.billionths(), epoch.0))
    };
    Some(Entry {
        submission: id,
        hotkey: stated.hotkey,
        label: stated.label.clone(),
        score: agreed.and_then(score),
        status: submission::status(state, id)?.code().to_owned(),
    })
}

#[async_trait]
impl Outside for Answers {
    async fn answer(&self, question: Question) -> Answer {
        let page = |limit: u32| (limit as usize).min(ANSWER_ROWS_MAX);
        match question {
            Question::StateGet(key) => Answer::State(self.slots().get(&key).cloned()),
            Question::StateList { prefix, after, limit } => {
                Answer::Keys(self.keys(&prefix, after.as_deref(), page(limit)))
            }
            Question::Posts { after, limit } => self.posts(after, page(limit)),
            Question::Submissions { after, limit } => {
                Answer::Submissions(self.submissions(after, page(limit)))
            }
            Question::Fetch(exchange) => match &self.web {
                Some(web) => web.fetch(exchange, &self.hosts, WEB_RESPONSE_BYTES_MAX).await,
                None => Answer::Denied("the web is asked in a job".to_owned()),
            },
            Question::ArtifactRead { digest, offset, length } => self.piece(digest, offset, length).await,
            Question::ArtifactKeep(bytes) => self.keep(bytes).await,
        }
    }
}
