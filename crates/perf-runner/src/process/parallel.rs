//! Runs jobs in parallel, for values that do not depend on the load of the machine.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use crate::error::Error;

/// The number of jobs that run at once: the number of processors.
pub fn workers() -> usize {
    thread::available_parallelism().map_or(1, usize::from)
}

/// Runs all jobs on [`workers`] threads, and returns the results in the order of the jobs.
///
/// # Errors
/// The error of the first failed job in that order; no job starts after a failure.
pub fn map<J: Sync, R: Send>(jobs: &[J], work: impl Fn(&J) -> Result<R, Error> + Sync) -> Result<Vec<R>, Error> {
    map_on(workers(), jobs, work)
}

/// Runs all jobs on `threads` threads, otherwise as [`map`].
pub fn map_on<J: Sync, R: Send>(
    threads: usize,
    jobs: &[J],
    work: impl Fn(&J) -> Result<R, Error> + Sync,
) -> Result<Vec<R>, Error> {
    let queue = Mutex::new(jobs.iter().enumerate());
    let done = Mutex::new(Vec::with_capacity(jobs.len()));
    let failed = AtomicBool::new(false);
    let worker = || {
        // The lock is held only while a job is taken. A panic of a thread propagates at the end of the scope, so a poisoned
        // lock needs no handling.
        let next = || queue.lock().ok()?.next();
        while !failed.load(Ordering::Relaxed)
            && let Some((index, job)) = next()
        {
            let result = work(job);
            failed.fetch_or(result.is_err(), Ordering::Relaxed);
            if let Ok(mut done) = done.lock() {
                done.push((index, result));
            }
        }
    };
    thread::scope(|scope| {
        for _ in 0..threads.min(jobs.len()) {
            scope.spawn(worker);
        }
    });
    let mut done = done.into_inner().unwrap_or_default();
    done.sort_unstable_by_key(|(index, _)| *index);
    done.into_iter().map(|(_, result)| result).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Barrier;

    use super::*;

    #[test]
    fn results_are_in_the_order_of_the_jobs() {
        // No job ends before all have started, and each ends after its successor.
        let all = Barrier::new(4);
        let turns: Vec<Barrier> = (0..5).map(|_| Barrier::new(2)).collect();
        let jobs = [0, 1, 2, 3];
        let results = map_on(4, &jobs, |&job| {
            all.wait();
            if job < 3 {
                turns[job + 1].wait();
            }
            if job > 0 {
                turns[job].wait();
            }
            Ok(job)
        });
        assert_eq!(results.unwrap(), jobs);
        assert!(map_on(4, &[0; 0], |&job| Ok(job)).unwrap().is_empty());
        let many: Vec<usize> = (0..1000).collect();
        assert_eq!(map(&many, |&job| Ok(job)).unwrap(), many);
    }

    #[test]
    fn no_job_starts_after_a_failure() {
        let begun = Mutex::new(Vec::new());
        let result = map_on(1, &[1, 2, 3, 4], |&job| {
            begun.lock().unwrap().push(job);
            if job == 2 { Err(Error::Interrupted) } else { Ok(()) }
        });
        assert!(matches!(result, Err(Error::Interrupted)));
        assert_eq!(begun.into_inner().unwrap(), [1, 2]);
    }
}
