import Engine
import Synchronization
import Testing

@testable import Kernel

@Suite struct ProgressDisplayTests {
  /// A clock that the test turns.
  private final class Clock: Sendable {
    private let milliseconds = Mutex(0)
    func advance(_ by: Int) { milliseconds.withLock { $0 += by } }
    var elapsed: Duration { .milliseconds(milliseconds.withLock { $0 }) }
  }

  @Test func shortWorkShowsNothing() {
    let output = OutputRecorder()
    let clock = Clock()
    let display = ProgressDisplay(output: output, elapsed: { clock.elapsed })
    display.report(ProgressEvent(stage: "training", completed: 1, total: 2))
    display.finish(succeeded: true)
    #expect(output.shown == [])
  }

  @Test func updatesComeAtMostTenTimesASecondAndTheLastAlways() {
    let output = OutputRecorder()
    let clock = Clock()
    let display = ProgressDisplay(output: output, elapsed: { clock.elapsed })
    for step in 0...100 {
      display.report(ProgressEvent(stage: "training t", completed: step, total: 100, detail: "accuracy 5 %"))
      clock.advance(40)
    }
    display.finish(succeeded: true)
    display.report(ProgressEvent(stage: "late", completed: 1, total: 1))
    #expect(
      output.shown.first == "bar: █░░░░░░░░░░░░░░░░░░░ training t: 7 of 100 (7 %), accuracy 5 %")
    #expect(output.shown.count > 30 && output.shown.count < 42)
    #expect(
      output.shown.contains(
        "update: ██████░░░░░░░░░░░░░░ training t: 31 of 100 (31 %), accuracy 5 %, about 3.0 s left"))
    #expect(output.shown.last == "update: training t: done in 4.0 s, accuracy 5 %")
  }

  @Test func stoppedWorkSaysHowFarItCame() {
    let output = OutputRecorder()
    let clock = Clock()
    let display = ProgressDisplay(output: output, elapsed: { clock.elapsed })
    clock.advance(300)
    display.report(ProgressEvent(stage: "distilling", completed: 3, total: 50))
    clock.advance(60_000)
    display.finish(succeeded: false)
    #expect(output.shown.last == "update: distilling: stopped at 3 of 50 after 1 min")
  }

  @Test func oddEventsDoNoHarm() {
    let output = OutputRecorder()
    let clock = Clock()
    let display = ProgressDisplay(output: output, elapsed: { clock.elapsed })
    for (completed, total) in [(0, 0), (5, 0), (-3, 10), (20, 10)] {
      clock.advance(2000)
      display.report(ProgressEvent(stage: "odd", completed: completed, total: total))
    }
    #expect(output.shown.count == 4)
  }
}
