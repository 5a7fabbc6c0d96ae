/// A large block of memory with any content, from the pool of blocks (`BufferPool`): the first touch of fresh memory costs
/// more than the work done on it, a second and more a GiB, so that a search takes what the one before has left.
///
/// Unchecked: whoever shares a block between threads gives each one places of its own.
final class WorkingMemory: @unchecked Sendable {
  /// At a multiple of 64 bytes.
  let base: UnsafeMutablePointer<Float>
  let floats: Int

  init(floats: Int) {
    self.floats = floats
    base = BufferPool.take(bytes: Self.bytes(floats)).bindMemory(to: Float.self, capacity: floats)
  }

  deinit { BufferPool.giveBack(base, bytes: Self.bytes(floats)) }

  private static func bytes(_ floats: Int) -> Int { max(floats, 1) * MemoryLayout<Float>.stride }
}
