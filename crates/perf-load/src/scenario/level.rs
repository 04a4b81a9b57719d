//! How many users there are, or how many requests a second, at what time.

use std::time::Duration;

/// The most users, and the most requests in a second: more than one process drives.
pub const HIGHEST_LEVEL: f64 = 1e6;

/// The most requests of a plan, which is drawn before the run.
pub(crate) const MAX_REQUESTS: f64 = 5e6;

/// A level over time, from stages after each other.
#[derive(Debug, Clone, PartialEq)]
pub struct Level {
    initial: f64,
    stages: Vec<Stage>,
}

/// A stage of a run.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Stage {
    /// What happens in it.
    pub kind: StageKind,
    /// How long it takes.
    pub duration: Duration,
}

/// What happens in a stage.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum StageKind {
    /// The level goes in a straight line to this one.
    Ramp(f64),
    /// The level stays.
    Hold,
    /// The level jumps to this one, and back at the end of the stage.
    Spike(f64),
    /// The level stays, and memory is judged over this stage.
    Soak,
}

/// A part of a level that is a straight line, in seconds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Segment {
    pub(crate) start: f64,
    pub(crate) seconds: f64,
    pub(crate) from: f64,
    pub(crate) to: f64,
}

impl Level {
    /// A level that begins with `initial` and goes through the stages.
    pub fn new(initial: f64, stages: Vec<Stage>) -> Self {
        Self { initial, stages }
    }

    /// A constant level.
    pub fn constant(level: f64, duration: Duration) -> Self {
        Self::new(level, vec![Stage { kind: StageKind::Hold, duration }])
    }

    /// The level before the first stage.
    pub fn initial(&self) -> f64 {
        self.initial
    }

    /// The stages.
    pub fn stages(&self) -> &[Stage] {
        &self.stages
    }

    /// The time of all stages.
    pub fn duration(&self) -> Duration {
        self.stages.iter().map(|stage| stage.duration).sum()
    }

    /// The level at a time since the start; 0 after the end.
    pub fn at(&self, time: Duration) -> f64 {
        let time = time.as_secs_f64();
        let mut segments = self.segments().into_iter();
        let here = segments.find(|segment| time < segment.start + segment.seconds);
        here.map_or(0.0, |segment| {
            segment.from + (segment.to - segment.from) * (time - segment.start) / segment.seconds
        })
    }

    /// The highest level.
    pub fn max(&self) -> f64 {
        self.segments().iter().fold(0.0, |max, segment| f64::max(max, segment.from.max(segment.to)))
    }

    /// From when to when memory is judged: the longest soak, or else the longest stage that holds; since the start.
    pub fn plateau(&self) -> Option<(Duration, Duration)> {
        let longest = |wanted: StageKind| {
            let mut start = Duration::ZERO;
            let mut found: Option<(Duration, Duration)> = None;
            for stage in &self.stages {
                let end = start + stage.duration;
                if stage.kind == wanted && found.is_none_or(|(from, to)| to - from < stage.duration) {
                    found = Some((start, end));
                }
                start = end;
            }
            found
        };
        longest(StageKind::Soak).or_else(|| longest(StageKind::Hold))
    }

    pub(crate) fn segments(&self) -> Vec<Segment> {
        let (mut start, mut level) = (0.0, self.initial);
        let mut segments = Vec::with_capacity(self.stages.len());
        for stage in &self.stages {
            let seconds = stage.duration.as_secs_f64();
            let (from, to) = match stage.kind {
                StageKind::Ramp(to) => (level, to),
                StageKind::Hold | StageKind::Soak => (level, level),
                StageKind::Spike(to) => (to, to),
            };
            if !matches!(stage.kind, StageKind::Spike(_)) {
                level = to;
            }
            segments.push(Segment { start, seconds, from, to });
            start += seconds;
        }
        segments
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stage(kind: StageKind, seconds: u64) -> Stage {
        Stage { kind, duration: Duration::from_secs(seconds) }
    }

    #[test]
    fn stages_follow_each_other_and_a_spike_goes_back() {
        let stages = [
            stage(StageKind::Ramp(10.0), 10),
            stage(StageKind::Hold, 5),
            stage(StageKind::Spike(50.0), 2),
            stage(StageKind::Soak, 20),
            stage(StageKind::Ramp(0.0), 10),
        ];
        let level = Level::new(0.0, stages.into());
        let at = |millis| level.at(Duration::from_millis(millis));
        assert_eq!([0, 5_000, 12_000, 16_000, 18_000, 42_000, 47_000].map(at), [0.0, 5.0, 10.0, 50.0, 10.0, 5.0, 0.0]);
        assert_eq!((level.max(), level.duration()), (50.0, Duration::from_secs(47)));
        assert_eq!(level.plateau(), Some((Duration::from_secs(17), Duration::from_secs(37))));
        assert_eq!(Level::new(0.0, vec![stage(StageKind::Ramp(1.0), 1)]).plateau(), None);
    }
}
