//! Power by size of slowdown, as a picture.

use perf_judge::statistics;
use perf_runner::error::Error;
use plotters::prelude::*;

use crate::arms::Arm;
use crate::rates::{self, Thresholds};
use crate::recorded::RecordedSuites;

const SIZE: (u32, u32) = (800, 480);

/// Draws the power curve as SVG: a thin line for each case and a thick line for their mean, from resampled suites of unchanged
/// code with a slowdown added; and a dot with its 95 % interval for each size that was planted.
pub fn render_svg(recorded: &RecordedSuites, thresholds: &Thresholds) -> Result<String, Error> {
    let mut text = String::new();
    draw(&mut text, recorded, thresholds).map_err(|error| {
        Error::environment(format!("the curve cannot be drawn: {error}"), "this is a bug: please report it")
    })?;
    Ok(text)
}

fn draw(
    text: &mut String,
    recorded: &RecordedSuites,
    thresholds: &Thresholds,
) -> Result<(), Box<dyn std::error::Error>> {
    let area = SVGBackend::with_string(text, SIZE).into_drawing_area();
    area.fill(&WHITE)?;
    let mut chart = ChartBuilder::on(&area)
        .caption("Power of the gate for wall time, by size of the slowdown", ("sans-serif", 18))
        .margin(12)
        .x_label_area_size(42)
        .y_label_area_size(56)
        .build_cartesian_2d(0.0..10.5_f64, 0.0..101.0_f64)?;
    chart
        .configure_mesh()
        .light_line_style(TRANSPARENT)
        .x_desc("slowdown of the head, in % of the base")
        .y_desc("power: suites that detect it, in %")
        .x_labels(11)
        .y_labels(11)
        .x_label_formatter(&|x| format!("{x:.0}"))
        .y_label_formatter(&|y| format!("{y:.0}"))
        .draw()?;
    let sizes: Vec<f64> = (0..=100).map(|tenths| f64::from(tenths) / 10.0).collect();
    let power = |case, size: f64| 100.0 * thresholds.power(case, (size / 100.0).ln_1p());
    for case in thresholds.cases() {
        let line = sizes.iter().map(|&size| (size, power(case, size)));
        chart.draw_series(LineSeries::new(line, RGBColor(190, 200, 210).stroke_width(1)))?;
    }
    let cases = thresholds.cases().count().max(1) as f64;
    let mean = |size: f64| thresholds.cases().map(|case| power(case, size)).sum::<f64>() / cases;
    let line = sizes.iter().map(|&size| (size, mean(size)));
    let blue = RGBColor(30, 90, 160);
    chart
        .draw_series(LineSeries::new(line, blue.stroke_width(3)))?
        .label("mean of all cases (thin: one case), resampled unchanged code with a slowdown added")
        .legend(move |(x, y)| PathElement::new([(x, y), (x + 18, y)], blue.stroke_width(3)));
    let mut dots = Vec::new();
    for percent in [3, 5, 7, 10] {
        let rates = rates::compute(Arm::Wall(percent), recorded.of(Arm::Wall(percent)));
        if rates.comparisons > 0
            && let Some((low, high)) = statistics::clopper_pearson(rates.regressions, rates.comparisons, 0.95)
        {
            dots.push((
                f64::from(percent),
                100.0 * rates.regressions as f64 / rates.comparisons as f64,
                100.0 * low,
                100.0 * high,
            ));
        }
    }
    let red = RGBColor(190, 60, 40);
    chart.draw_series(
        dots.iter().map(|&(x, _, low, high)| PathElement::new([(x, low), (x, high)], red.stroke_width(2))),
    )?;
    chart
        .draw_series(dots.iter().map(|&(x, y, ..)| Circle::new((x, y), 4, red.filled())))?
        .label("planted (cache misses, system calls, yields), with 95 % interval")
        .legend(move |(x, y)| Circle::new((x + 9, y), 4, red.filled()));
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::LowerRight)
        .background_style(WHITE.mix(0.9))
        .border_style(RGBColor(190, 190, 190))
        .draw()?;
    area.present()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rates::tests::suite;

    #[test]
    fn only_planted_sizes_have_a_dot() {
        let suites = |change| (0..5).map(|number| suite(number, change, 0.0)).collect::<Vec<_>>();
        let unchanged = rates::thresholds(&suites(0.0), 20, 1).unwrap();
        let dots = |recorded: RecordedSuites| render_svg(&recorded, &unchanged).unwrap().matches("<circle").count();
        let legend = 1;
        assert_eq!(dots(RecordedSuites([(Arm::Same, suites(0.0))].into())), legend);
        assert_eq!(
            dots(RecordedSuites([(Arm::Wall(5), suites(0.05)), (Arm::Wall(10), suites(0.1))].into())),
            legend + 2
        );
    }
}
