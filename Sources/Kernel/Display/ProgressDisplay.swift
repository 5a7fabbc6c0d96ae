import Engine
import Foundation
import Synchronization

/// Shows the progress of one statement as a bar that updates itself, at most ten times a second.
///
/// Work that ends within a moment shows nothing, so that cached results do not flicker.
final class ProgressDisplay: ProgressSink {
  /// How long work must take to get a bar.
  static let delay = Duration.milliseconds(250)
  /// The shortest time between two updates.
  static let interval = Duration.milliseconds(100)

  /// What the display id of every bar begins with.
  static let identifierPrefix = "progress-"

  private struct State {
    var displayID: String?
    var event: ProgressEvent?
    var lastUpdate = Duration.zero
    var stageStart = Duration.zero
    /// Steps that were done already when the stage was first heard of; they say nothing about its speed.
    var stageOffset = 0
    var isFinished = false
  }

  private let output: any OutputSink
  private let elapsed: @Sendable () -> Duration
  private let state = Mutex(State())

  /// - Parameter elapsed: the time since the statement started; tests bring their own.
  init(output: any OutputSink, elapsed: (@Sendable () -> Duration)? = nil) {
    self.output = output
    let start = ContinuousClock.now
    self.elapsed = elapsed ?? { ContinuousClock.now - start }
  }

  func report(_ event: ProgressEvent) {
    let now = elapsed()
    // The sink is called inside the lock, so that updates from several threads stay in order.
    state.withLock { state in
      if state.isFinished { return }
      if state.event?.stage != event.stage {
        state.stageStart = now
        state.stageOffset = event.completed
      }
      state.event = event
      let isDue = state.displayID == nil ? now >= Self.delay : now - state.lastUpdate >= Self.interval
      if isDue { show(&state, now, text: text(state, now), isRunning: true) }
    }
  }

  /// Shows the last state for good. Later reports are ignored.
  func finish(succeeded: Bool) {
    let now = elapsed()
    state.withLock { state in
      if state.isFinished { return }
      state.isFinished = true
      guard state.displayID != nil, let event = state.event else { return }
      let time = NumberText.duration(now.seconds)
      let summary =
        succeeded
        ? "\(event.stage): done in \(time)"
        : "\(event.stage): stopped at \(event.completed) of \(event.total) after \(time)"
      show(&state, now, text: summary + (event.detail.map { ", \($0)" } ?? ""), isRunning: false)
    }
  }

  private func show(_ state: inout State, _ now: Duration, text: String, isRunning: Bool) {
    let bundle = bundle(state, text: text, isRunning: isRunning)
    if let displayID = state.displayID {
      output.updateDisplay(bundle, displayID: displayID)
    } else {
      let displayID = Self.identifierPrefix + UUID().uuidString.lowercased()
      state.displayID = displayID
      output.display(bundle, displayID: displayID)
    }
    state.lastUpdate = now
  }

  private func fraction(_ event: ProgressEvent) -> Double {
    event.total > 0 ? min(max(Double(event.completed) / Double(event.total), 0), 1) : 0
  }

  private func text(_ state: State, _ now: Duration) -> String {
    guard let event = state.event else { return "" }
    var parts = [
      "\(event.stage): \(NumberText.grouped(event.completed)) of \(NumberText.grouped(event.total))"
        + " (\(NumberText.percent(fraction(event), digits: 0)))"
    ]
    if let detail = event.detail { parts.append(detail) }
    if let left = remaining(state, now) { parts.append("about \(NumberText.duration(left)) left") }
    return parts.joined(separator: ", ")
  }

  /// The seconds that the stage will take at the speed so far; nil while that is unknown.
  private func remaining(_ state: State, _ now: Duration) -> Double? {
    guard let event = state.event else { return nil }
    let done = event.completed - state.stageOffset
    let time = (now - state.stageStart).seconds
    guard done > 0, event.completed < event.total, time >= 1 else { return nil }
    return (time * Double(event.total - event.completed) / Double(done)).rounded(.up)
  }

  private func bundle(_ state: State, text: String, isRunning: Bool) -> MIMEBundle {
    let escaped = HTMLTable.escaped(text)
    guard isRunning, let event = state.event else {
      return MIMEBundle(data: ["text/plain": .string(text), "text/html": .string("<div>\(escaped)</div>")])
    }
    let value = NumberText.fixed(fraction(event), digits: 3)
    let html =
      "<div><progress value=\"\(value)\" max=\"1\" aria-label=\"\(escaped)\"></progress> \(escaped)</div>"
    let filled = Int((fraction(event) * 20).rounded())
    let bar = String(repeating: "\u{2588}", count: filled) + String(repeating: "\u{2591}", count: 20 - filled)
    return MIMEBundle(data: ["text/plain": .string("\(bar) \(text)"), "text/html": .string(html)])
  }
}

extension Duration {
  /// The duration in seconds.
  var seconds: Double { Double(components.seconds) + Double(components.attoseconds) * 1e-18 }
}
