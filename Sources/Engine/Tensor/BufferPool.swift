import Synchronization

/// Recycles large blocks of memory, because the first touch of fresh pages costs more than the work done on
/// them: about a second per GiB.
///
/// Blocks come in sizes of a power of two, halved once (1, 1.5, 2, 3, 4 ...), so that tensors of nearly the
/// same size share them. At most `retainedLimit` bytes lie idle.
package enum BufferPool {
  private struct State: Sendable {
    var idle: [Int: [UInt]] = [:]
    var idleBytes = 0
  }

  private static let state = Mutex(State())
  private static let retainedLimit = 1 << 30
  private static let smallestPooled = 1 << 12
  private static let alignment = 64

  /// Memory for at least `bytes` bytes, aligned to a cache line, with any content.
  static func take(bytes: Int) -> UnsafeMutableRawPointer {
    let size = blockSize(for: bytes)
    if size >= smallestPooled {
      let recycled = state.withLock { state -> UInt? in
        guard let address = state.idle[size]?.popLast() else { return nil }
        state.idleBytes -= size
        return address
      }
      if let recycled, let pointer = UnsafeMutableRawPointer(bitPattern: recycled) { return pointer }
    }
    return size < LargePages.leastBytes
      ? .allocate(byteCount: size, alignment: alignment) : LargePages.allocate(bytes: size)
  }

  /// Gives memory from `take(bytes:)` back; `bytes` must be the same number.
  static func giveBack(_ pointer: UnsafeMutableRawPointer, bytes: Int) {
    let size = blockSize(for: bytes)
    if size >= smallestPooled {
      let kept = state.withLock { state -> Bool in
        guard state.idleBytes + size <= retainedLimit else { return false }
        state.idle[size, default: []].append(UInt(bitPattern: pointer))
        state.idleBytes += size
        return true
      }
      if kept { return }
    }
    pointer.deallocate()
  }

  /// Frees the idle blocks, for a process that rests; what works meanwhile takes fresh ones.
  package static func release() {
    let idle = state.withLock { state in
      defer { state = State() }
      return state.idle.values.flatMap(\.self)
    }
    for address in idle { UnsafeMutableRawPointer(bitPattern: address)?.deallocate() }
  }

  private static func blockSize(for bytes: Int) -> Int {
    guard bytes > alignment else { return alignment }
    let power = 1 << (Int.bitWidth - (bytes - 1).leadingZeroBitCount)
    let threeQuarters = power / 4 * 3
    return bytes <= threeQuarters ? threeQuarters : power
  }
}
