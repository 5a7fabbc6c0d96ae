import Foundation

/// Memory in large pages, where the system gives them: its first touch and walks through it with large steps take much
/// less time than in pages of 4 KiB.
enum LargePages {
  static let bytes = 1 << 21

  /// Memory that begins with a page; to be deallocated as any other.
  static func allocate(bytes count: Int) -> UnsafeMutableRawPointer {
    let region = UnsafeMutableRawPointer.allocate(byteCount: count, alignment: bytes)
    #if os(Linux)
      // Advice only: where it is not taken, the pages are small.
      madvise(region, count, MADV_HUGEPAGE)
    #endif
    return region
  }
}
