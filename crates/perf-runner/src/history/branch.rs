//! The branch of a remote that has the recorded runs.
//!
//! The user's repository is only read: the branch is fetched into a repository of its own below `target/perf`, and pushed from
//! there. Files are only added, so two machines that push at the same time have no conflict; the later one fetches and tries
//! again.

use std::fs;
use std::path::{Path, PathBuf};

use super::folder::{HistoryFolder, is_run_name};
use crate::error::Error;
use crate::files::atomic_write::DirectoryLock;
use crate::git;
use crate::workspace::Workspace;

/// How often a push is tried if others push at the same time.
const ATTEMPTS: usize = 10;

/// The branch of a remote.
#[derive(Debug)]
pub struct Branch<'a> {
    workspace: &'a Workspace,
    /// The repository below `target/perf`.
    repository: PathBuf,
    /// The URL or path of the remote.
    remote: String,
    /// The name of the branch.
    name: String,
}

/// What [`Branch::push`] or [`Branch::pull`] did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Transfer {
    /// Runs that were sent or fetched.
    pub moved: usize,
    /// Runs that both sides have now.
    pub all: usize,
}

impl<'a> Branch<'a> {
    /// The branch `name` of a remote, which is a name of the user's repository, a URL or a path.
    ///
    /// # Errors
    /// If there is no such remote.
    pub fn find(workspace: &'a Workspace, remote: &str, name: &str) -> Result<Self, Error> {
        let is_name = !remote.contains(['/', ':']);
        let url = match is_name.then(|| git::try_run(workspace.root(), &["remote", "get-url", "--", remote])) {
            None => remote.to_owned(),
            Some(Ok(Some(url))) => url.trim_end_matches('\n').to_owned(),
            Some(Err(Error::Interrupted)) => return Err(Error::Interrupted),
            Some(_) => {
                return Err(Error::environment(
                    format!("this repository has no remote `{remote}`"),
                    "name one with --remote: a name of `git remote`, a URL or a path",
                ));
            }
        };
        let is_safe = |text: &str| !text.is_empty() && !text.starts_with('-');
        let is_branch =
            is_safe(name) && !name.contains("..") && !name.contains([' ', ':', '^', '~', '?', '*', '[', '\\']);
        if !is_safe(&url) || !is_branch {
            let what = format!("`{remote}` and `{name}` are not a remote and a branch");
            return Err(Error::environment(what, "correct --remote or --branch"));
        }
        let repository = workspace.perf_dir().join("history.git");
        Ok(Self { workspace, repository, remote: url, name: name.to_owned() })
    }

    /// Sends the runs that the branch does not have. Creates the branch if there is none.
    ///
    /// # Errors
    /// If git fails, a run is invalid, or others pushed each time.
    pub fn push(&self, folder: &HistoryFolder) -> Result<Transfer, Error> {
        let names = folder.names()?;
        let _alone = self.lock()?;
        for attempt in 1..=ATTEMPTS {
            let tip = self.fetch()?;
            let there = self.names_at(tip.as_deref())?;
            let new: Vec<&String> = names.iter().filter(|name| !there.contains(name)).collect();
            let all = there.len() + new.len();
            if new.is_empty() {
                return Ok(Transfer { moved: 0, all });
            }
            let commit = self.commit(folder, tip.as_deref(), &new)?;
            let target = format!("{commit}:refs/heads/{}", self.name);
            match self.git(&["push", "--quiet", &self.remote, &target]) {
                Ok(_) => return Ok(Transfer { moved: new.len(), all }),
                Err(Error::Environment { message, .. }) if is_race(&message) && attempt < ATTEMPTS => {}
                Err(Error::Environment { message, .. }) => {
                    let hint = "check that you may push there, and run this again; no run is lost";
                    return Err(Error::environment(without_password(&message), hint));
                }
                Err(other) => return Err(other),
            }
        }
        Err(Error::environment(
            format!("others pushed to `{}` {ATTEMPTS} times in between", self.name),
            "run this again; no run is lost",
        ))
    }

    /// Fetches the runs that the folder does not have.
    ///
    /// # Errors
    /// If git fails, there is no such branch, or a file of it is no run.
    pub fn pull(&self, folder: &HistoryFolder) -> Result<Transfer, Error> {
        let _alone = self.lock()?;
        let Some(tip) = self.fetch()? else {
            return Err(Error::environment(
                format!("the remote has no branch `{}`", self.name),
                format!("record runs and send them: {}", self.workspace.gate_command("perf history push")),
            ));
        };
        let have = folder.names()?;
        let there = self.names_at(Some(&tip))?;
        let new: Vec<&String> = there.iter().filter(|name| !have.contains(name)).collect();
        if !new.is_empty() {
            let checkout = tempfile::tempdir_in(self.workspace.perf_dir())
                .map_err(|error| Error::path("create a folder in", &self.workspace.perf_dir(), &error))?;
            let work_tree = format!("--work-tree={}", checkout.path().display());
            let index = checkout.path().join(".index");
            self.run(&[&work_tree, "read-tree", &tip], Some(&index))?;
            self.run(&[&work_tree, "checkout-index", "--quiet", "--all"], Some(&index))?;
            for name in &new {
                let path = checkout.path().join(name);
                let is_file = fs::symlink_metadata(&path).is_ok_and(|found| found.is_file());
                let bytes = if is_file { fs::read(&path) } else { Err(std::io::ErrorKind::InvalidData.into()) };
                folder.import(name, &bytes.map_err(|error| Error::path("read", &path, &error))?)?;
            }
        }
        Ok(Transfer { moved: new.len(), all: have.len() + new.len() })
    }

    fn lock(&self) -> Result<DirectoryLock, Error> {
        let lock = DirectoryLock::wait(&self.repository, "transfer of the history")?;
        if !self.repository.join("HEAD").is_file() {
            git::run(&self.repository, &["init", "--quiet", "--bare", "."], None)?;
        }
        Ok(lock)
    }

    /// Fetches the branch, and returns its commit; `None` if the remote does not have it.
    fn fetch(&self) -> Result<Option<String>, Error> {
        let branch = format!("refs/heads/{}", self.name);
        let listed = self.git(&["ls-remote", &self.remote, &branch]).map_err(|error| self.explained(error))?;
        if listed.trim().is_empty() {
            return Ok(None);
        }
        let into = format!("+{branch}:refs/remotes/history");
        self.git(&["fetch", "--quiet", "--no-tags", "--depth", "1", &self.remote, &into])
            .map_err(|error| self.explained(error))?;
        Ok(Some(self.git(&["rev-parse", "--verify", "refs/remotes/history"])?.trim().to_owned()))
    }

    fn explained(&self, error: Error) -> Error {
        match error {
            Error::Environment { message, .. } => {
                Error::environment(without_password(&message), "check the remote and the network, and run this again")
            }
            other => other,
        }
    }

    /// The run files of a commit; other files are left alone.
    fn names_at(&self, commit: Option<&str>) -> Result<Vec<String>, Error> {
        let Some(commit) = commit else { return Ok(Vec::new()) };
        let listed = self.git(&["ls-tree", "-r", "-z", "--name-only", commit])?;
        Ok(listed.split_terminator('\0').filter(|name| is_run_name(name)).map(str::to_owned).collect())
    }

    /// A commit with the files of `tip` and these runs.
    fn commit(&self, folder: &HistoryFolder, tip: Option<&str>, new: &[&String]) -> Result<String, Error> {
        let index = self.repository.join("push.index");
        match fs::remove_file(&index) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(Error::path("remove", &index, &error));
            }
            _ => {}
        }
        if let Some(tip) = tip {
            self.run(&["read-tree", tip], Some(&index))?;
        }
        for name in new {
            // Only what can be read again is sent.
            folder.read(name)?;
            let path = folder.path().join(name);
            let blob = self.git(&["hash-object", "-w", "--no-filters", "--", &path.display().to_string()])?;
            let entry = format!("100644,{},{name}", blob.trim());
            self.run(&["update-index", "--add", "--cacheinfo", &entry], Some(&index))?;
        }
        let tree = self.run(&["write-tree"], Some(&index))?;
        let message = if new.len() == 1 { "record a run".to_owned() } else { format!("record {} runs", new.len()) };
        let mut arguments =
            vec!["-c", "user.name=perf history", "-c", "user.email=perf-history@localhost", "commit-tree"];
        arguments.extend(["-m", &message]);
        if let Some(tip) = tip {
            arguments.extend(["-p", tip]);
        }
        arguments.push(tree.trim());
        Ok(self.git(&arguments)?.trim().to_owned())
    }

    fn git(&self, arguments: &[&str]) -> Result<String, Error> {
        self.run(arguments, None)
    }

    fn run(&self, arguments: &[&str], index: Option<&Path>) -> Result<String, Error> {
        git::run(&self.repository, arguments, index)
    }
}

/// Whether a push failed because another one was faster.
fn is_race(message: &str) -> bool {
    ["non-fast-forward", "fetch first", "cannot lock ref", "failed to update ref", "incorrect old value"]
        .iter()
        .any(|reason| message.contains(reason))
}

/// Removes a password from URLs in a message of git: `https://user:secret@host` becomes `https://host`.
fn without_password(message: &str) -> String {
    let mut out = String::new();
    let mut rest = message;
    while let Some(at) = rest.find("://") {
        let (before, after) = rest.split_at(at + 3);
        out += before;
        let end = after.find(|c: char| c.is_whitespace() || matches!(c, '/' | '\'' | '"')).unwrap_or(after.len());
        rest = match after.get(..end).and_then(|host| host.rfind('@')) {
            Some(sign) => after.get(sign + 1..).unwrap_or_default(),
            None => after,
        };
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use super::without_password;

    #[test]
    fn no_password_of_a_url_is_shown() {
        for (message, shown) in [
            (
                "cannot read https://me:secret@host.example/a.git: denied",
                "cannot read https://host.example/a.git: denied",
            ),
            ("'https://token@host/a' and 'ssh://git@host/b@c'", "'https://host/a' and 'ssh://host/b@c'"),
            ("nothing://", "nothing://"),
            ("no URL", "no URL"),
        ] {
            assert_eq!(without_password(message), shown);
        }
    }
}
