import Engine
import Foundation
import Testing

@testable import Kernel

@Suite struct HistoryTests {
  private let log = KernelLog(descriptor: -1)

  private func filled(_ path: String? = nil) -> HistoryStore {
    let store = HistoryStore(path: path, log: log)
    for (index, source) in ["a = 1", "b = 2", "a = 1", "print a"].enumerated() {
      store.append(source: source, line: index + 1)
    }
    store.append(output: "1", line: 4)
    return store
  }

  @Test func theTailIsTheLastCellsInOrder() {
    let store = filled()
    #expect(store.entries(.tail(count: 2)).map(\.source) == ["a = 1", "print a"])
    #expect(store.entries(.tail(count: 100)).map(\.line) == [1, 2, 3, 4])
    #expect(store.entries(.tail(count: -1)) == [])
    #expect(
      store.entries(.tail(count: 1)) == [HistoryEntry(session: 1, line: 4, source: "print a", output: "1")])
  }

  @Test func rangesEndBeforeTheirStop() {
    let store = filled()
    #expect(store.entries(.range(session: 0, start: 2, stop: 3)).map(\.source) == ["b = 2"])
    #expect(store.entries(.range(session: 1, start: 3, stop: nil)).map(\.line) == [3, 4])
    #expect(store.entries(.range(session: 7, start: 1, stop: nil)) == [])
    #expect(store.entries(.range(session: .min, start: .min, stop: .max)) == [])
  }

  @Test func searchesMatchPatternsAndMayDropRepetitions() {
    let store = filled()
    #expect(store.entries(.search(pattern: "a*", count: nil, isUnique: false)).map(\.line) == [1, 3])
    #expect(store.entries(.search(pattern: "a*", count: nil, isUnique: true)).map(\.line) == [3])
    #expect(store.entries(.search(pattern: "? = ?", count: 2, isUnique: false)).map(\.line) == [2, 3])
    #expect(store.entries(.search(pattern: "zzz", count: nil, isUnique: false)) == [])
    #expect(store.entries(.search(pattern: "*", count: 0, isUnique: false)) == [])
  }

  @Test func sessionsFollowEachOtherInOneFile() throws {
    let folder = NSTemporaryDirectory() + "/dass-history-" + UUID().uuidString
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let path = folder + "/deep/history.sqlite"
    filled(path).close()
    let store = HistoryStore(path: path, log: log)
    store.append(source: "c = 3", line: 1)
    #expect(store.entries(.tail(count: 2)).map { "\($0.session):\($0.line)" } == ["1:4", "2:1"])
    #expect(store.entries(.range(session: -1, start: 1, stop: 2)).map(\.source) == ["a = 1"])
    #expect(store.entries(.range(session: 0, start: 1, stop: 2)).map(\.source) == ["c = 3"])
    store.close()
  }

  @Test func aFileThatCannotBeOpenedIsReplacedByMemory() throws {
    let path = NSTemporaryDirectory() + "/dass-history-" + UUID().uuidString
    try Data("this is no database, but long enough to be read as one".utf8).write(
      to: URL(fileURLWithPath: path))
    defer { try? FileManager.default.removeItem(atPath: path) }
    #expect(filled(path).entries(.tail(count: 1)).map(\.source) == ["print a"])
    #expect(filled(path + "/inside/a/file").entries(.tail(count: 1)).map(\.source) == ["print a"])
  }

  @Test func thePlaceOfTheFileCanBeChosen() {
    #expect(HistoryStore.defaultPath(environment: ["DASS_HISTORY": "/h"]) == "/h")
    #expect(HistoryStore.defaultPath(environment: ["XDG_DATA_HOME": "/d"]) == "/d/dass/history.sqlite")
    #expect(HistoryStore.defaultPath(environment: [:]).hasSuffix("/.local/share/dass/history.sqlite"))
  }

  @Test func requestsSeeCellsAtOnce() {
    let harness = CoreHarness()
    for _ in 0..<3 { _ = harness.execute("value 1") }
    let tail = harness.exchange(.historyRequest, ["hist_access_type": "tail", "n": 2, "output": false])
    #expect(tail[1].content["history"] == [[1, 2, "value 1"], [1, 3, "value 1"]])
    let range = harness.exchange(
      .historyRequest, ["hist_access_type": "range", "session": 0, "start": 1, "stop": 2, "output": true])
    #expect(range[1].content["history"] == [[1, 1, ["value 1", "1"]]])
    let search = harness.exchange(
      .historyRequest, ["hist_access_type": "search", "pattern": "v*1", "unique": true])
    #expect(search[1].content["history"] == [[1, 3, "value 1"]])
  }
}
