import Foundation

/// Memory in large pages, where the system gives them: its first touch and walks through it with large steps take much
/// less time than in pages of 4 KiB.
enum LargePages {
  private static let bytes = 1 << 21

  /// The least that is worth a page of its own.
  static let leastBytes = bytes / 4 * 3

  /// Whole pages for as many bytes; to be deallocated as any other memory.
  static func allocate(bytes needed: Int) -> UnsafeMutableRawPointer {
    let count = (needed + bytes - 1) / bytes * bytes
    let region = UnsafeMutableRawPointer.allocate(byteCount: count, alignment: bytes)
    #if os(Linux)
      // Advice only: where it is not taken, the pages are small.
      madvise(region, count, MADV_HUGEPAGE)
    #endif
    return region
  }
}
