/// A large block of memory, all zeros at first, that is used again and again.
///
/// The first touch of fresh memory costs more than the work done on it (a second and more a GiB in pages of 4 KiB), so
/// the system is asked for large pages, and blocks are kept as long as they can be used.
///
/// Unchecked: whoever shares a block between threads gives each one places of its own.
final class WorkingMemory: @unchecked Sendable {
  let base: UnsafeMutablePointer<Float>
  let floats: Int

  init(floats: Int) {
    self.floats = floats
    base = LargePages.allocate(bytes: max(floats, 1) * MemoryLayout<Float>.stride)
      .bindMemory(to: Float.self, capacity: floats)
  }

  deinit { UnsafeMutableRawPointer(base).deallocate() }
}
