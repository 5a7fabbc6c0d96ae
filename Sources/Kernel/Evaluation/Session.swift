/// The named things of a session, as a value: a copy is a snapshot that other threads read while a cell runs.
struct Session: Sendable {
  /// A name with its value and where it came from.
  struct Binding: Sendable {
    var name: String
    var value: Value
    /// The record of the statement that made it; nil for what the program brings along.
    var record: Int?
    /// A parameter has a plain value; everything else is a thing of some kind.
    var isParameter: Bool { value.objectKind == nil }
  }

  /// A statement that made something; kept after its name is bound anew, because other things were made of it.
  private struct Record: Sendable {
    var source: String
    /// The records of the names that the statement used.
    var uses: [Int]
  }

  private var bindings: [String: Binding] = [:]
  private var builtIns: [String: Binding] = [:]
  private var records = GrowingList<Record>()

  /// All bindings in the order in which they were made, what the program brings along first.
  var all: [Binding] {
    bindings.values.sorted { left, right in
      (left.record ?? -1, left.name) < (right.record ?? -1, right.name)
    }
  }

  var names: [String] { all.map(\.name) }

  func binding(_ name: String) -> Binding? { bindings[name] }

  func value(_ name: String) -> Value? { bindings[name]?.value }

  /// The names of the things of some kinds, in the order in which they were made.
  func names(of kinds: [ObjectKind]) -> [String] {
    all.filter { binding in binding.value.objectKind.map(kinds.contains) ?? false }.map(\.name)
  }

  /// Adds a thing that the program brings along, such as a space or a baseline.
  mutating func registerBuiltIn(_ name: String, _ object: any SessionObject) {
    let binding = Binding(name: name, value: .object(object), record: nil)
    builtIns[name] = binding
    bindings[name] = binding
  }

  /// Binds `name`; `source` is the statement that did it and `used` the names in it.
  mutating func bind(_ name: String, to value: Value, source: String, using used: Set<String>) {
    let uses = used.compactMap { bindings[$0]?.record }
    records.append(Record(source: source, uses: uses.sorted()))
    bindings[name] = Binding(name: name, value: value, record: records.count - 1)
  }

  /// Takes a name away; what the program brings along under that name comes back.
  mutating func forget(_ name: String) { bindings[name] = builtIns[name] }

  /// The statements that make the thing again, in the order in which they ran; empty for a built-in thing.
  ///
  /// A name that was bound twice appears twice when both of its values were used.
  func script(for name: String) -> [String] {
    guard let last = bindings[name]?.record else { return [] }
    return needed(for: last).sorted().map { records[$0].source }
  }

  /// The statements that make all names again, and the names that come from a cell in another language, which
  /// cannot be run again by itself.
  var scriptOfAllNames: (statements: [String], lost: [String]) {
    var statements: Set<Int> = []
    var lost: [String] = []
    for binding in all {
      guard let record = binding.record else { continue }
      let needed = needed(for: record)
      if needed.contains(where: { records[$0].source.hasPrefix("%%") }) {
        lost.append(binding.name)
      } else {
        statements.formUnion(needed)
      }
    }
    return (statements.sorted().map { records[$0].source }, lost)
  }

  private func needed(for last: Int) -> Set<Int> {
    var needed: Set<Int> = []
    var waiting = [last]
    while let record = waiting.popLast() {
      if needed.insert(record).inserted { waiting.append(contentsOf: records[record].uses) }
    }
    return needed
  }
}
