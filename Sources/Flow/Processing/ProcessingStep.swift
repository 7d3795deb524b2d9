/// One named, timed step of processing. A step works on a whole batch, cannot fail, and keeps no state between batches except
/// caches; an item that it cannot handle is quarantined by the first step, with a code.
protocol ProcessingStep {
    /// The step's name in metrics.
    static var name: String { get }
    mutating func run(on batch: inout ProcessingBatch)
}
