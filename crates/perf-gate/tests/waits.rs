//! What counts as a wait of an operation, and what does not.
#![cfg(target_os = "linux")]

#[path = "../benches/waits.rs"]
mod waits;

use std::fs::{self, File};
use std::io::IoSliceMut;
use std::os::unix::fs::FileExt as _;
use std::time::Duration;

use rustix::fs::Advice;
use rustix::io::{Errno, ReadWriteFlags};

/// A part of the file of this executable that nothing else needs, with room on both sides of its middle: the system reads and
/// drops pages together with those beside them.
static TABLE: [u8; 4 << 20] = [1; 4 << 20];

/// Where the middle of [`TABLE`] is in the file of this executable, in bytes.
fn offset_of_middle() -> u64 {
    let address = TABLE.as_ptr().addr() as u64 + TABLE.len() as u64 / 2;
    let number = |text: &str| u64::from_str_radix(text, 16).expect("a number of a mapping is hexadecimal");
    let maps = fs::read_to_string("/proc/self/maps").unwrap();
    let offset = maps.lines().find_map(|line| {
        let fields = Vec::from_iter(line.split_ascii_whitespace());
        let (start, end) = fields[0].split_once('-').expect("a mapping has a start and an end");
        (number(start)..number(end)).contains(&address).then(|| address - number(start) + number(fields[2]))
    });
    offset.expect("the table is mapped")
}

#[test]
fn a_part_of_the_program_that_is_not_in_memory_is_no_wait_of_the_operation() {
    let program = File::open(std::env::current_exe().unwrap()).unwrap();
    let offset = offset_of_middle();
    let is_in_memory = || {
        let mut byte = [0];
        match rustix::io::preadv2(&program, &mut [IoSliceMut::new(&mut byte)], offset, ReadWriteFlags::NOWAIT) {
            Ok(1) => true,
            Err(Errno::AGAIN) => false,
            other => panic!("the executable cannot be read without waiting: {other:?}"),
        }
    };
    let drop_from_memory = || {
        // What is not on the disk yet, or is being read, stays in memory.
        program.sync_all().unwrap();
        program.read_exact_at(&mut [0], offset).unwrap();
        rustix::fs::fadvise(&program, 0, None, Advice::DontNeed).unwrap();
    };
    drop_from_memory();
    if is_in_memory() {
        println!("not tested: the file system of this executable keeps files in memory");
        return;
    }
    // Again, because the question made the system read it.
    drop_from_memory();
    // A fast disk answers before the thread waits for it, so the waits alone would not tell.
    let (was_in_memory, counts) = waits::count(is_in_memory).unwrap();
    assert!(was_in_memory, "the operation would have waited for the disk");
    assert_eq!(counts[0].1, 0);
}

#[test]
fn a_sleep_is_a_wait() {
    let ((), counts) = waits::count(|| std::thread::sleep(Duration::from_millis(1))).unwrap();
    assert_eq!(counts[0].1, 1);
}
