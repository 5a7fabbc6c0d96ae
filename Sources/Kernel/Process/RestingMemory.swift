import CProcess
import Engine

/// What a kernel that rests gives back to the system: a search takes hundreds of megabytes, which make the next one faster, but a
/// notebook that is left open keeps them from others.
enum RestingMemory {
  /// Seconds without a request before it does.
  static let patience = 30.0

  static func giveBack() {
    BufferPool.release()
    dass_trim_memory()
  }
}
