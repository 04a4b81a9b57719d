//! Where the level of a series changes.
//!
//! The series is cut into segments so that the sum of their costs and of a penalty for each cut is minimal. PELT finds that
//! minimum (Killick, Fearnhead and Eckley, "Optimal detection of changepoints with a linear computational cost", JASA 107, 2012).
//! A segment is a level, or for a further penalty a line: a slow drift is one line, not a stair of many steps.
//!
//! The cost is the residual sum of squares over the variance of the noise. The noise is estimated from the differences of adjacent
//! points by their median absolute deviation, which few steps and spikes do not move. A point alone that differs from both sides
//! is a spike: it is listed, and takes no part in the segments (Hampel, "The influence curve and its role in robust estimation",
//! JASA 69, 1974).

/// The penalty of a cut is `3 ln n + 6`, in units of the variance; `n` is the number of points.
///
/// It was chosen by simulation, together with [`FEW_POINTS`]. The information criterion of Schwarz would be `2 ln n` for the place
/// and the level of a segment. It assumes a known variance and normal noise; here the variance is estimated, segments may be lines,
/// and noise has heavy tails. With this penalty at most 1 % of the series whose level does not change have a change point, at 10,
/// 20, 50, 200 and 1,000 points; with heavy tails (Student's t with 5 degrees of freedom) at most 1.5 %. The tests hold it.
const PENALTY: (f64, f64) = (3.0, 6.0);

/// The estimate of the noise is raised by `10 / n`, because that of few points is often too small.
const FEW_POINTS: f64 = 10.0;

/// Further penalty of a segment that is a line, in units of the variance.
const LINE_PENALTY: f64 = 12.0;

/// Minimum number of points of a segment of a noisy series. One point alone may be an outlier.
const MIN_SEGMENT: usize = 2;

/// A spike differs from the median of its neighbourhood by more than this many standard deviations.
const SPIKE: f64 = 6.0;

/// A change of a series.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Change {
    /// Index of the first point after the change; for a drift the first point of it.
    pub at: usize,
    /// The kind of the change.
    pub kind: ChangeKind,
    /// Level before the change.
    pub before: f64,
    /// Level after the change; for a drift at its end.
    pub after: f64,
}

/// The kind of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChangeKind {
    /// From one point to the next.
    Step,
    /// Over several points; the last of them.
    Drift {
        /// Index of the last point of the drift.
        until: usize,
    },
    /// One point that differs from both sides.
    Spike,
}

/// The changes of a series.
#[derive(Debug, Clone, PartialEq)]
pub struct Changes {
    /// In the order of the series.
    pub changes: Vec<Change>,
    /// Standard deviation of the noise, in the unit of the values.
    pub noise: f64,
}

/// Finds the changes of a series of finite values. `resolution` is the smallest noise that is assumed, such as the step in which
/// values are rounded; `None` is a series that repeats exactly, in which each different value is a change.
pub fn find(values: &[f64], resolution: Option<f64>) -> Changes {
    let noise = resolution.map_or(0.0, |resolution| noise(values).max(resolution));
    let spikes = if noise > 0.0 { spikes(values, noise) } else { exact_spikes(values) };
    let kept: Vec<usize> = (0..values.len()).filter(|index| !spikes.contains(index)).collect();
    let of_kept: Vec<f64> = kept.iter().filter_map(|&index| values.get(index).copied()).collect();
    let segments = if noise > 0.0 { segments(&of_kept, noise) } else { runs_of_equal_values(&of_kept) };
    let segments = if noise > 0.0 { joined_to_levels(segments, &of_kept, noise) } else { segments };
    let mut changes: Vec<Change> = spikes.iter().filter_map(|&index| spike(values, index)).collect();
    let place = |index: usize| kept.get(index).copied().unwrap_or(index);
    for (position, segment) in segments.iter().enumerate() {
        let before = position.checked_sub(1).and_then(|before| segments.get(before));
        if segment.is_line {
            let kind = ChangeKind::Drift { until: place(segment.end - 1) };
            let level_before = before.map_or(segment.first, |before| before.last);
            changes.push(Change { at: place(segment.start), kind, before: level_before, after: segment.last });
        } else if let Some(before) = before
            // The level after a drift is its end, unless it jumps.
            && !(before.is_line && (segment.first - before.last).abs() < 4.0 * noise)
        {
            let (before, after) = (before.last, segment.first);
            changes.push(Change { at: place(segment.start), kind: ChangeKind::Step, before, after });
        }
    }
    changes.sort_by_key(|change| change.at);
    Changes { changes, noise }
}

/// Standard deviation of the noise, from the differences of adjacent points. 1.4826 makes the median absolute deviation that of
/// a normal distribution, and a difference of two points has twice the variance of one.
fn noise(values: &[f64]) -> f64 {
    let mut differences: Vec<f64> = values.windows(2).map(|pair| pair[1] - pair[0]).collect();
    let centre = median(&mut differences);
    let mut deviations: Vec<f64> = differences.iter().map(|difference| (difference - centre).abs()).collect();
    let few = 1.0 + FEW_POINTS / values.len().max(1) as f64;
    few * 1.4826 * median(&mut deviations) / std::f64::consts::SQRT_2
}

/// The median; 0 without values. Sorts them.
fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    let half = values.len() / 2;
    match (values.len() % 2, values.get(half.wrapping_sub(1)), values.get(half)) {
        (0, Some(low), Some(high)) => f64::midpoint(*low, *high),
        (_, _, Some(middle)) => *middle,
        _ => 0.0,
    }
}

/// Indices of the spikes of a noisy series: points that differ from the median of five, while those around them agree.
fn spikes(values: &[f64], noise: f64) -> Vec<usize> {
    let is_spike = |index: &usize| {
        let Some(neighbours) = index.checked_sub(2).and_then(|from| values.get(from..index + 3)) else { return false };
        let (mut around, value) = (neighbours.to_vec(), neighbours[2]);
        let middle = median(&mut around);
        let others = [neighbours[0], neighbours[1], neighbours[3], neighbours[4]];
        (value - middle).abs() > SPIKE * noise && others.iter().all(|other| (other - middle).abs() <= SPIKE * noise)
    };
    (0..values.len()).filter(is_spike).collect()
}

/// Indices of the spikes of a series that repeats exactly: points between two equal neighbours.
fn exact_spikes(values: &[f64]) -> Vec<usize> {
    let between = |(index, three): (usize, &[f64])| (three[0] == three[2] && three[1] != three[0]).then_some(index + 1);
    let mut found: Vec<usize> = values.windows(3).enumerate().filter_map(between).collect();
    // Of points that go up and down in turn, the middle one is not a spike of both of its neighbours.
    found.dedup_by(|next, one| *next == *one + 1);
    found
}

fn spike(values: &[f64], index: usize) -> Option<Change> {
    let (before, after) = (*values.get(index.checked_sub(1)?)?, *values.get(index)?);
    Some(Change { at: index, kind: ChangeKind::Spike, before, after })
}

/// Points `start..end` of a series, which are a level or a line.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Segment {
    start: usize,
    end: usize,
    is_line: bool,
    /// Fitted value at the first point.
    first: f64,
    /// Fitted value at the last point.
    last: f64,
}

/// The segments of a series that repeats exactly.
fn runs_of_equal_values(values: &[f64]) -> Vec<Segment> {
    let mut segments: Vec<Segment> = Vec::new();
    for (index, &value) in values.iter().enumerate() {
        match segments.last_mut() {
            Some(segment) if segment.last == value => segment.end = index + 1,
            _ => segments.push(Segment { start: index, end: index + 1, is_line: false, first: value, last: value }),
        }
    }
    segments
}

/// The cost of a segment, from sums over the series up to each point.
struct Costs {
    /// Sums of the values, of their squares, and of value times index.
    sums: Vec<[f64; 3]>,
    variance: f64,
}

impl Costs {
    fn new(values: &[f64], noise: f64) -> Self {
        // Around 0, so that squares of large values lose no digits.
        let centre = values.first().copied().unwrap_or_default();
        let mut sums = vec![[0.0; 3]];
        for (index, value) in values.iter().enumerate() {
            let (value, [sum, squares, products]) = (value - centre, sums.last().copied().unwrap_or_default());
            sums.push([sum + value, squares + value * value, products + value * index as f64]);
        }
        Self { sums, variance: noise * noise }
    }

    fn between(&self, start: usize, end: usize) -> [f64; 3] {
        let at = |index: usize| self.sums.get(index).copied().unwrap_or_default();
        let (from, to) = (at(start), at(end));
        [to[0] - from[0], to[1] - from[1], to[2] - from[2]]
    }

    /// Slope of the least squares line and the residual sums of squares of level and line.
    fn fit(&self, start: usize, end: usize) -> (f64, f64, f64) {
        let [sum, squares, products] = self.between(start, end);
        let n = (end - start) as f64;
        let level = (squares - sum * sum / n).max(0.0);
        // Sums over the index, which is centred to keep its digits.
        let middle = (start + end - 1) as f64 / 2.0;
        let of_index = n * (n * n - 1.0) / 12.0;
        let slope = if of_index > 0.0 { (products - middle * sum) / of_index } else { 0.0 };
        (slope, level, (level - slope * slope * of_index).max(0.0))
    }

    /// Cost of the cheaper kind, and whether it is a line. A line has at least three points, because two are always on one.
    fn cost(&self, start: usize, end: usize) -> (f64, bool) {
        let (_, level, line) = self.fit(start, end);
        let (level, line) = (level / self.variance, line / self.variance + LINE_PENALTY);
        if end - start > 2 && line < level { (line, true) } else { (level, false) }
    }
}

/// The segments with the least sum of costs and penalties.
fn segments(values: &[f64], noise: f64) -> Vec<Segment> {
    let n = values.len();
    let costs = Costs::new(values, noise);
    let penalty = PENALTY.0 * (n.max(2) as f64).ln() + PENALTY.1;
    // The least cost of the points before each index, and the start of the last segment there.
    let mut best: Vec<(f64, usize)> = vec![(-penalty, 0)];
    // Starts that may still be optimal, and from which end on they no longer are.
    let mut starts: Vec<(usize, usize)> = Vec::new();
    for end in 1..=n {
        if end >= MIN_SEGMENT {
            starts.push((end - MIN_SEGMENT, usize::MAX));
        }
        starts.retain(|&(_, until)| end < until);
        let mut least = (f64::INFINITY, 0);
        let mut sums = Vec::with_capacity(starts.len());
        for &(start, _) in &starts {
            let before = best.get(start).map_or(f64::INFINITY, |best| best.0);
            let sum = before + costs.cost(start, end).0;
            sums.push(sum);
            if sum + penalty < least.0 {
                least = (sum + penalty, start);
            }
        }
        // A split of a segment raises its cost by no more than the penalty of one more line, which is the constant of the
        // pruning rule. A start stays until a segment that begins here can have its minimal length.
        for ((_, until), sum) in starts.iter_mut().zip(&sums) {
            if *until == usize::MAX && sum - LINE_PENALTY >= least.0 {
                *until = end + MIN_SEGMENT;
            }
        }
        best.push(least);
    }
    let centre = values.first().copied().unwrap_or_default();
    let (mut found, mut end) = (Vec::new(), n);
    while end > 0 {
        let start = best.get(end).map_or(0, |best| best.1).min(end - 1);
        let is_line = costs.cost(start, end).1;
        let mean = centre + costs.between(start, end)[0] / (end - start) as f64;
        let half = if is_line { costs.fit(start, end).0 * (end - start - 1) as f64 / 2.0 } else { 0.0 };
        found.push(Segment { start, end, is_line, first: mean - half, last: mean + half });
        end = start;
    }
    found.reverse();
    found
}

/// Moves the beginning of each line that continues the level before it to where level and line fit best. The two are cut
/// anywhere within the first points of a slow drift, because the line alone fits there as well as the level.
fn joined_to_levels(mut segments: Vec<Segment>, values: &[f64], noise: f64) -> Vec<Segment> {
    const FARTHEST: usize = 5;
    for index in 1..segments.len() {
        let (before, line) = (segments[index - 1], segments[index]);
        if before.is_line || !line.is_line {
            continue;
        }
        let from = before.start.max(line.start.saturating_sub(FARTHEST + 1)) + 1;
        let to = (line.start + FARTHEST).min(line.end.saturating_sub(2));
        let joined = (from..=to).map(|at| (at, broken_line(values, before.start, at, line.end)));
        let Some((at, (level, slope, cost))) = joined.min_by(|a, b| a.1.2.total_cmp(&b.1.2)) else { continue };
        let apart = squares(values, before.start, line.start, before.first, 0.0)
            + squares(values, line.start, line.end, line.first, slope_of(&line));
        // Joined they have one parameter less. A larger cost means that there is a jump between them.
        if cost - apart <= 9.0 * noise * noise {
            segments[index - 1] = Segment { end: at, first: level, last: level, ..before };
            let last = level + slope * (line.end - at) as f64;
            segments[index] = Segment { start: at, first: level + slope, last, ..line };
        }
    }
    segments
}

fn slope_of(line: &Segment) -> f64 {
    (line.last - line.first) / (line.end - line.start).saturating_sub(1).max(1) as f64
}

/// Residual sum of squares of points from a line that begins with `first`.
fn squares(values: &[f64], start: usize, end: usize, first: f64, slope: f64) -> f64 {
    let of_segment = values.iter().take(end).skip(start).enumerate();
    of_segment.map(|(offset, value)| (value - first - slope * offset as f64).powi(2)).sum()
}

/// Level, slope and residual sum of squares of a level over `start..at` and a line from its end over `at..end`.
fn broken_line(values: &[f64], start: usize, at: usize, end: usize) -> (f64, f64, f64) {
    // Least squares of `level + slope * x`, where x is 0 up to the break.
    let x = |index: usize| (index + 1).saturating_sub(at) as f64;
    let points: Vec<(f64, f64)> = (start..end).filter_map(|index| Some((x(index), *values.get(index)?))).collect();
    let n = points.len() as f64;
    let (mean_x, mean_y) = (points.iter().map(|p| p.0).sum::<f64>() / n, points.iter().map(|p| p.1).sum::<f64>() / n);
    let both: f64 = points.iter().map(|(x, y)| (x - mean_x) * (y - mean_y)).sum();
    let of_x: f64 = points.iter().map(|(x, _)| (x - mean_x).powi(2)).sum();
    let slope = if of_x > 0.0 { both / of_x } else { 0.0 };
    let level = mean_y - slope * mean_x;
    (level, slope, points.iter().map(|(x, y)| (y - level - slope * x).powi(2)).sum())
}

#[cfg(test)]
mod tests;
