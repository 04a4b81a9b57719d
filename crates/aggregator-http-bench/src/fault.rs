//! Faults planted by the tests.

/// A fault planted in what is measured or around it, which has to fail a row of the case. Only tests plant faults.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The engine takes one hit less of each provider.
    LostHits,
    /// The service sends a comment after 5 ms of silence.
    ShortHeartbeat,
    /// Another answer than the one of the case: readiness instead of health, another form of the figures.
    OtherAnswer,
    /// The bare endpoint leaves out its last piece.
    LostPiece,
    /// The connection takes at most 64 bytes at a time.
    ShortWrites,
    /// Each write is copied once more.
    CopiedBytes,
    /// A copy of each write is held until the connection ends, in a buffer that is made ahead.
    HeldBytes,
    /// The first write waits for 1 ms, and so does the end.
    LateWrites,
    /// The head of a response has headers that are not asked for.
    LongHead,
    /// One more poll of a connection, or of the events of a query, each time.
    ExtraPoll,
    /// The server does not see that the client is gone.
    UnseenEnd,
    /// Half of the queries have a place; the others wait for one.
    FewPlaces,
    /// 64 bytes are leaked by each operation.
    LeakedMemory,
}
