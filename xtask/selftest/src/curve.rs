//! Power by size of slow-down, as a picture.

use perf_judge::statistics;
use perf_runner::error::Error;
use plotters::prelude::*;

use crate::arms::Arm;
use crate::rates::{self, Resampled};
use crate::recorded::Recorded;

const SIZE: (u32, u32) = (800, 480);

/// The curve: a thin line for each case and a thick one for their mean, from suites made of the rounds of unchanged code
/// with a slow-down added, and a dot with its interval for each size that was really planted.
pub fn svg(recorded: &Recorded, unchanged: &Resampled) -> Result<String, Error> {
    let mut text = String::new();
    draw(&mut text, recorded, unchanged).map_err(|error| {
        Error::environment(format!("the curve cannot be drawn: {error}"), "this is a bug: please report it")
    })?;
    Ok(text)
}

fn draw(text: &mut String, recorded: &Recorded, unchanged: &Resampled) -> Result<(), Box<dyn std::error::Error>> {
    let area = SVGBackend::with_string(text, SIZE).into_drawing_area();
    area.fill(&WHITE)?;
    let mut chart = ChartBuilder::on(&area)
        .caption("What the gate finds in wall time, by size of the slow-down", ("sans-serif", 18))
        .margin(12)
        .x_label_area_size(42)
        .y_label_area_size(56)
        .build_cartesian_2d(0.0..10.5_f64, 0.0..101.0_f64)?;
    chart
        .configure_mesh()
        .light_line_style(TRANSPARENT)
        .x_desc("slower than the base, percent")
        .y_desc("red, percent of suites")
        .x_labels(11)
        .y_labels(11)
        .x_label_formatter(&|x| format!("{x:.0}"))
        .y_label_formatter(&|y| format!("{y:.0}"))
        .draw()?;
    let sizes: Vec<f64> = (0..=100).map(|tenths| f64::from(tenths) / 10.0).collect();
    let power = |case, size: f64| 100.0 * unchanged.power(case, (size / 100.0).ln_1p());
    for case in unchanged.needed.keys() {
        let line = sizes.iter().map(|&size| (size, power(case, size)));
        chart.draw_series(LineSeries::new(line, RGBColor(190, 200, 210).stroke_width(1)))?;
    }
    let cases = unchanged.needed.len().max(1) as f64;
    let mean = |size: f64| unchanged.needed.keys().map(|case| power(case, size)).sum::<f64>() / cases;
    let line = sizes.iter().map(|&size| (size, mean(size)));
    let blue = RGBColor(30, 90, 160);
    chart
        .draw_series(LineSeries::new(line, blue.stroke_width(3)))?
        .label("mean of all cases (thin: each), rounds of unchanged code with a slow-down added")
        .legend(move |(x, y)| PathElement::new([(x, y), (x + 18, y)], blue.stroke_width(3)));
    let mut dots = Vec::new();
    for percent in [3, 5, 7, 10] {
        let rates = rates::of(Arm::Wall(percent), recorded.of(Arm::Wall(percent)));
        if rates.cells > 0
            && let Some((low, high)) = statistics::clopper_pearson(rates.red, rates.cells, 0.95)
        {
            dots.push((f64::from(percent), 100.0 * rates.red as f64 / rates.cells as f64, 100.0 * low, 100.0 * high));
        }
    }
    let red = RGBColor(190, 60, 40);
    chart.draw_series(
        dots.iter().map(|&(x, _, low, high)| PathElement::new([(x, low), (x, high)], red.stroke_width(2))),
    )?;
    chart
        .draw_series(dots.iter().map(|&(x, y, ..)| Circle::new((x, y), 4, red.filled())))?
        .label("really planted: cache misses, system calls, yields; with 95 % interval")
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
    fn only_sizes_that_were_planted_have_a_dot() {
        let suites = |change| (0..5).map(|number| suite(number, change, 0.0)).collect::<Vec<_>>();
        let unchanged = rates::resampled(&suites(0.0), 20, 1).unwrap();
        let dots = |recorded: Recorded| svg(&recorded, &unchanged).unwrap().matches("<circle").count();
        let legend = 1;
        assert_eq!(dots(Recorded([(Arm::Same, suites(0.0))].into())), legend);
        assert_eq!(dots(Recorded([(Arm::Wall(5), suites(0.05)), (Arm::Wall(10), suites(0.1))].into())), legend + 2);
    }
}
