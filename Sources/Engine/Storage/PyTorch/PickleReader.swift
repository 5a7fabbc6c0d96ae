/// Reads pickles (protocols 0 to 5, as CPython's `pickletools` documents them) without running what they name.
struct PickleReader {
  /// What persistent identifiers stand for; PyTorch's are storages.
  typealias Resolve = (PickleValue) throws(PyTorchFileError) -> PickleValue

  /// Values that a pickle of a few bytes could otherwise multiply without end.
  private static let largestMemo = 10_000_000

  private let bytes: [UInt8]
  private(set) var position: Int
  private let resolve: Resolve
  private var stack: [PickleValue] = []
  private var marks: [Int] = []
  private var memo: [Int: PickleValue] = [:]

  init(_ bytes: [UInt8], at position: Int = 0, resolve: @escaping Resolve) {
    self.bytes = bytes
    self.position = position
    self.resolve = resolve
  }

  /// The value up to the pickle's end, after which `position` stands.
  ///
  /// - Throws: `PyTorchFileError`.
  mutating func read() throws(PyTorchFileError) -> PickleValue {
    while true {
      let code = try byte()
      if code == UInt8(ascii: ".") { return try pop() }
      if try !literal(code), try !container(code), try !object(code) {
        throw .unknownOpcode(code, at: position - 1)
      }
    }
  }

  // MARK: Opcodes

  /// Numbers, texts, and what keeps the machine going.
  private mutating func literal(_ code: UInt8) throws(PyTorchFileError) -> Bool {
    switch code {
    case 0x80: _ = try byte()  // PROTO
    case 0x95: _ = try unsigned(8)  // FRAME
    case UInt8(ascii: "N"): stack.append(.none)
    case 0x88: stack.append(.bool(true))
    case 0x89: stack.append(.bool(false))
    case UInt8(ascii: "K"): stack.append(.integer(Int(try byte())))
    case UInt8(ascii: "M"): stack.append(.integer(try unsigned(2)))
    case UInt8(ascii: "J"): stack.append(.integer(Int(Int32(truncatingIfNeeded: try unsigned(4)))))
    case 0x8A: stack.append(try long(Int(try byte())))
    case 0x8B: stack.append(try long(try unsigned(4)))
    case UInt8(ascii: "I"), UInt8(ascii: "L"): stack.append(try decimalInteger())
    case UInt8(ascii: "G"): stack.append(.number(try bigEndianDouble()))
    case UInt8(ascii: "F"):
      guard let value = Double(try line()) else { throw damaged }
      stack.append(.number(value))
    case UInt8(ascii: "X"), UInt8(ascii: "T"): stack.append(.text(try text(try unsigned(4))))
    case 0x8C, UInt8(ascii: "U"): stack.append(.text(try text(Int(try byte()))))
    case 0x8D: stack.append(.text(try text(try unsigned(8))))
    case UInt8(ascii: "V"), UInt8(ascii: "S"): stack.append(.text(unquoted(try line())))
    case UInt8(ascii: "B"): stack.append(.bytes(Array(try take(try unsigned(4)))))
    case UInt8(ascii: "C"): stack.append(.bytes(Array(try take(Int(try byte())))))
    case 0x8E, 0x96: stack.append(.bytes(Array(try take(try unsigned(8)))))
    default: return false
    }
    return true
  }

  /// Tuples, lists, dictionaries, the stack and the memo.
  private mutating func container(_ code: UInt8) throws(PyTorchFileError) -> Bool {
    switch code {
    case UInt8(ascii: "("): marks.append(stack.count)
    case UInt8(ascii: "0"): if marks.last == stack.count { marks.removeLast() } else { _ = try pop() }
    case UInt8(ascii: "1"): _ = try popToMark()
    case UInt8(ascii: "2"): stack.append(try top())
    case UInt8(ascii: ")"): stack.append(.tuple([]))
    case 0x85, 0x86, 0x87:
      let count = Int(code) - 0x84
      guard stack.count - (marks.last ?? 0) >= count else { throw damaged }
      let elements = Array(stack.suffix(count))
      stack.removeLast(count)
      stack.append(.tuple(elements))
    case UInt8(ascii: "t"): stack.append(.tuple(try popToMark()))
    case UInt8(ascii: "]"), 0x8F: stack.append(.list(PickleList()))
    case UInt8(ascii: "l"), 0x91:
      let list = PickleList()
      list.elements = try popToMark()
      stack.append(.list(list))
    case UInt8(ascii: "a"):
      let element = try pop()
      try extend([element])
    case UInt8(ascii: "e"), 0x90:
      let elements = try popToMark()
      try extend(elements)
    case UInt8(ascii: "}"): stack.append(.dictionary(PickleDictionary()))
    case UInt8(ascii: "d"):
      let pairs = try popToMark()
      stack.append(.dictionary(PickleDictionary()))
      try set(pairs)
    case UInt8(ascii: "s"):
      let value = try pop()
      let key = try pop()
      try set([key, value])
    case UInt8(ascii: "u"):
      let pairs = try popToMark()
      try set(pairs)
    case UInt8(ascii: "p"), UInt8(ascii: "g"):
      guard let key = Int(try line()) else { throw damaged }
      try remember(key, writes: code == UInt8(ascii: "p"))
    case UInt8(ascii: "q"), UInt8(ascii: "h"):
      try remember(Int(try byte()), writes: code == UInt8(ascii: "q"))
    case UInt8(ascii: "r"), UInt8(ascii: "j"):
      try remember(try unsigned(4), writes: code == UInt8(ascii: "r"))
    case 0x94: try remember(memo.count, writes: true)
    default: return false
    }
    return true
  }

  /// Names, and what would call them.
  private mutating func object(_ code: UInt8) throws(PyTorchFileError) -> Bool {
    switch code {
    case UInt8(ascii: "c"):
      let module = try line()
      stack.append(.global(module + "." + (try line())))
    case 0x93:
      guard let name = try pop().textValue, let module = try pop().textValue else { throw damaged }
      stack.append(.global(module + "." + name))
    case UInt8(ascii: "R"), 0x81:
      let arguments = try pop()
      stack.append(try TorchObjects.made(by: try pop(), arguments.tupleValue ?? []))
    case 0x92:
      _ = try pop()
      let arguments = try pop()
      stack.append(try TorchObjects.made(by: try pop(), arguments.tupleValue ?? []))
    case UInt8(ascii: "i"):
      let module = try line()
      let name = module + "." + (try line())
      stack.append(try TorchObjects.made(by: .global(name), try popToMark()))
    case UInt8(ascii: "o"):
      let parts = try popToMark()
      guard let first = parts.first else { throw damaged }
      stack.append(try TorchObjects.made(by: first, Array(parts.dropFirst())))
    // The state of an object: of tensors and dictionaries it tells nothing that is needed.
    case UInt8(ascii: "b"):
      _ = try pop()
      _ = try top()
    case UInt8(ascii: "Q"): stack.append(try resolve(try pop()))
    case UInt8(ascii: "P"): stack.append(try resolve(.text(try line())))
    default: return false
    }
    return true
  }

  // MARK: The stack

  private var damaged: PyTorchFileError { .damagedPickle(at: position) }

  private func top() throws(PyTorchFileError) -> PickleValue {
    guard stack.count > marks.last ?? 0, let value = stack.last else { throw damaged }
    return value
  }

  private mutating func pop() throws(PyTorchFileError) -> PickleValue {
    let value = try top()
    stack.removeLast()
    return value
  }

  private mutating func popToMark() throws(PyTorchFileError) -> [PickleValue] {
    guard let mark = marks.popLast(), mark <= stack.count else { throw damaged }
    let values = Array(stack[mark...])
    stack.removeSubrange(mark...)
    return values
  }

  private func extend(_ elements: [PickleValue]) throws(PyTorchFileError) {
    switch try top() {
    case .list(let list): list.elements += elements
    case .foreign: break
    default: throw damaged
    }
  }

  private func set(_ pairs: [PickleValue]) throws(PyTorchFileError) {
    guard pairs.count % 2 == 0 else { throw damaged }
    switch try top() {
    case .dictionary(let dictionary):
      for index in stride(from: 0, to: pairs.count, by: 2) {
        dictionary.members.append((pairs[index], pairs[index + 1]))
      }
    case .foreign: break
    default: throw damaged
    }
  }

  private mutating func remember(_ key: Int, writes: Bool) throws(PyTorchFileError) {
    if writes {
      guard memo.count < Self.largestMemo else { throw damaged }
      memo[key] = try top()
    } else {
      guard let value = memo[key] else { throw damaged }
      stack.append(value)
    }
  }

  // MARK: Bytes

  private mutating func byte() throws(PyTorchFileError) -> UInt8 {
    guard position < bytes.count else { throw .truncated }
    position += 1
    return bytes[position - 1]
  }

  private mutating func take(_ count: Int) throws(PyTorchFileError) -> ArraySlice<UInt8> {
    guard count >= 0, count <= bytes.count - position else { throw .truncated }
    position += count
    return bytes[position - count..<position]
  }

  private mutating func unsigned(_ count: Int) throws(PyTorchFileError) -> Int {
    let value = try take(count).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    guard let value = Int(exactly: value) else { throw damaged }
    return value
  }

  /// A signed number of `count` bytes; those of more than eight are magic numbers, of which only the size matters.
  private mutating func long(_ count: Int) throws(PyTorchFileError) -> PickleValue {
    let digits = Array(try take(count))
    guard count > 0 else { return .integer(0) }
    guard count <= 8 else { return .bytes(digits) }
    let value = digits.reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    let unused = 64 - 8 * count
    return .integer(Int(Int64(bitPattern: value << UInt64(unused)) >> Int64(unused)))
  }

  private mutating func decimalInteger() throws(PyTorchFileError) -> PickleValue {
    let text = try line()
    // Protocol 0 writes truth values so.
    if text == "00" || text == "01" { return .bool(text == "01") }
    guard let value = Int(text.hasSuffix("L") ? String(text.dropLast()) : text) else { throw damaged }
    return .integer(value)
  }

  private mutating func bigEndianDouble() throws(PyTorchFileError) -> Double {
    Double(bitPattern: try take(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) })
  }

  private mutating func text(_ count: Int) throws(PyTorchFileError) -> String {
    String(decoding: try take(count), as: UTF8.self)
  }

  /// Up to the end of a line, which is left out.
  private mutating func line() throws(PyTorchFileError) -> String {
    guard let end = bytes[position...].firstIndex(of: UInt8(ascii: "\n")) else { throw .truncated }
    defer { position = end + 1 }
    return String(decoding: bytes[position..<end], as: UTF8.self)
  }

  private func unquoted(_ text: String) -> String {
    guard text.count >= 2, let quote = text.first, quote == "'" || quote == "\"", text.last == quote else {
      return text
    }
    return String(text.dropFirst().dropLast())
  }
}
