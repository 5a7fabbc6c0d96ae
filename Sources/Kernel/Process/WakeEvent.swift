import CProcess
import Foundation

/// A descriptor that becomes readable when another thread asks for attention, to be waited for with others.
final class WakeEvent: Sendable {
  let descriptor: Int32

  /// Nil if the process has no descriptor left.
  init?() {
    descriptor = dass_event_create()
    if descriptor < 0 { return nil }
  }

  deinit {
    if descriptor >= 0 { close(descriptor) }
  }

  func signal() { dass_event_signal(descriptor) }
  func clear() { dass_event_clear(descriptor) }
}
