//! The footprint of this process: its peak of resident memory, and the size of its program. Only on Linux.

use perf_gate::Metric;

/// Measures the peak of resident memory, and then the size of the program if `with_program`.
///
/// # Errors
/// When the system does not say how much memory the process has had, or the program cannot be read.
#[cfg(target_os = "linux")]
pub fn measure(with_program: bool) -> Result<Vec<(Metric, u64)>, String> {
    use super::metrics::{PROGRAM_SIZE, RESIDENT_PEAK};
    // The peak first: reading the program takes memory.
    let mut counts = vec![(RESIDENT_PEAK, resident_peak()?)];
    if with_program {
        counts.push((PROGRAM_SIZE, program_size()?));
    }
    Ok(counts)
}

/// Measures nothing on other systems.
#[cfg(not(target_os = "linux"))]
pub fn measure(_with_program: bool) -> Result<Vec<(Metric, u64)>, String> {
    Ok(Vec::new())
}

/// Peak of the resident memory of this process in bytes.
#[cfg(target_os = "linux")]
fn resident_peak() -> Result<u64, String> {
    const FILE: &str = "/proc/self/status";
    let status = std::fs::read_to_string(FILE).map_err(|error| format!("{FILE}: {error}"))?;
    let size = status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB")?.parse().ok());
    size.map(|kib: u64| kib * 1024).ok_or_else(|| format!("{FILE} has no line VmHWM"))
}

/// Bytes of this program's file that are loaded into memory: code and data. Debug information, symbols and zeroed data are
/// not among them.
#[cfg(target_os = "linux")]
fn program_size() -> Result<u64, String> {
    use object::{Object as _, ObjectSegment as _};

    let program = std::env::current_exe().map_err(|error| format!("the path of this program: {error}"))?;
    let content = std::fs::read(&program).map_err(|error| format!("{}: {error}", program.display()))?;
    let object = object::File::parse(&*content).map_err(|error| format!("{}: {error}", program.display()))?;
    let size: u64 = object.segments().map(|segment| segment.file_range().1).sum();
    #[cfg(feature = "seeded-faults")]
    let size = size - planted_table(&object)?;
    Ok(size)
}

/// Bytes of the planted table, which every build with planted faults contains, unless it is the planted fault.
#[cfg(all(target_os = "linux", feature = "seeded-faults"))]
fn planted_table(object: &object::File<'_>) -> Result<u64, String> {
    use aggregator_core::seeded_fault::{Fault, is_active};
    use object::{Object as _, ObjectSymbol as _};

    if is_active(Fault::LargerProgram) {
        return Ok(0);
    }
    let is_table = |name: &str| name.contains("PLANTED_TABLE");
    let table = object.symbols().find(|symbol| symbol.name().is_ok_and(is_table) && symbol.size() > 0);
    table.map(|table| table.size()).ok_or_else(|| "this program has no planted table".into())
}
