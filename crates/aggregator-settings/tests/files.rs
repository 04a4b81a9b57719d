//! Settings in files.

use std::fs;
use std::path::Path;

use aggregator_settings::read_file;

#[test]
fn errors_of_a_file_have_its_name() {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("engine.toml");
    let told = || read_file(&path).unwrap_err().to_string();
    let _ = fs::remove_file(&path);
    assert!(told().contains("engine.toml: the settings cannot be read: "), "{}", told());
    fs::write(&path, [0xff]).unwrap();
    assert!(told().contains("the settings cannot be read: "), "{}", told());
    fs::write(&path, "\nmax_hits = 0").unwrap();
    assert!(told().ends_with("engine.toml, line 2, column 12: max_hits = 0 is not between 1 and 1000"), "{}", told());
    fs::write(&path, "max_hits = 7").unwrap();
    assert_eq!(read_file(&path).unwrap().max_hits, 7);
}
