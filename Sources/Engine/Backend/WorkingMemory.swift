import Foundation

/// A large block of memory, all zeros at first, that is used again and again.
///
/// The first touch of fresh memory costs more than the work done on it (a second and more a GiB in pages of 4 KiB), so
/// the system is asked for large pages, and blocks are kept as long as they can be used.
///
/// Unchecked: whoever shares a block between threads gives each one places of its own.
final class WorkingMemory: @unchecked Sendable {
  let base: UnsafeMutablePointer<Float>
  let floats: Int
  private let bytes: Int
  private static let largePage = 1 << 21

  init(floats: Int) {
    self.floats = floats
    bytes =
      (max(floats, 1) * MemoryLayout<Float>.stride + Self.largePage - 1) / Self.largePage * Self.largePage
    let region = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: Self.largePage)
    #if os(Linux)
      // Advice only: where it is not taken, the pages are small.
      madvise(region, bytes, MADV_HUGEPAGE)
    #endif
    base = region.bindMemory(to: Float.self, capacity: floats)
  }

  deinit { UnsafeMutableRawPointer(base).deallocate() }
}
