//! How well an index answers labelled questions: one a line, `question<TAB>part of the path<TAB>part of a heading or of
//! the text`.
//!
//! ```text
//! cargo run --release -p aggregator-index --example evaluate -- INDEX LABELS
//! ```

use std::error::Error;

use aggregator_index::{Index, Passage};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<_> = std::env::args_os().skip(1).collect();
    let [index, labels] = &arguments[..] else {
        return Err("name the folder of the index and the file of labels".into());
    };
    let index = Index::open(index)?;
    let (mut first, mut in_three, mut reciprocal, mut count) = (0, 0, 0.0, 0);
    for line in std::fs::read_to_string(labels)?.lines() {
        let mut fields = line.split('\t');
        let (Some(question), Some(path)) = (fields.next(), fields.next()) else { continue };
        let words = fields.next().unwrap_or_default().to_lowercase();
        let matches = |passage: &Passage| {
            let text = format!("{}\n{}", passage.full_title(), passage.text).to_lowercase();
            passage.path.to_string_lossy().contains(path) && text.contains(&words)
        };
        let found = index.search(question, 10)?;
        let rank = found.iter().position(matches).map(|at| at + 1);
        count += 1;
        first += u32::from(rank == Some(1));
        in_three += u32::from(rank.is_some_and(|rank| rank <= 3));
        reciprocal += rank.map_or(0.0, |rank| 1.0 / rank as f64);
        if rank != Some(1) {
            let best = found.first().map_or(String::new(), |best| format!("{} {}", best.url, best.full_title()));
            println!("{:>4}  {question}\n        best: {best}", rank.map_or("-".to_owned(), |rank| rank.to_string()));
        }
    }
    println!(
        "{count} questions: {first} first, {in_three} in the first three, MRR@10 {:.3}",
        reciprocal / count as f64
    );
    Ok(())
}
