/// Tables as Apache Parquet files (https://parquet.apache.org/docs/file-format/): one row group, a plain uncompressed
/// page for each column, no missing values. Debian has no library that writes the format.
enum ParquetWriter {
  private static let magic = Array("PAR1".utf8)

  // Numbers of the format's enumerations.
  private enum PhysicalType: Int { case int64 = 2, double = 5, byteArray = 6 }
  private static let utf8 = 0
  private static let required = 0
  private static let plain = 0
  private static let runLength = 3
  private static let uncompressed = 0
  private static let dataPage = 0

  /// The bytes of the file; all columns are of one length.
  static func file(_ columns: [ResultColumns.Column]) -> [UInt8] {
    var bytes = magic
    let rows = columns.first.map { count(of: $0.values) } ?? 0
    var chunks: [ThriftValue] = []
    for column in columns {
      let values = plainBytes(column.values)
      let header = ThriftValue.structure([
        1: .int32(dataPage), 2: .int32(values.count), 3: .int32(values.count),
        5: .structure([
          1: .int32(rows), 2: .int32(plain), 3: .int32(runLength), 4: .int32(runLength),
        ]),
      ]).encoded
      let offset = bytes.count
      bytes += header + values
      let size = header.count + values.count
      chunks.append(
        .structure([
          2: .int64(offset),
          3: .structure([
            1: .int32(type(of: column.values).rawValue), 2: .list([.int32(plain), .int32(runLength)]),
            3: .list([.text(column.name)]), 4: .int32(uncompressed), 5: .int64(rows), 6: .int64(size),
            7: .int64(size), 9: .int64(offset),
          ]),
        ]))
    }
    let footer = metadata(columns, rows: rows, chunks: chunks, size: bytes.count - magic.count).encoded
    bytes += footer
    withUnsafeBytes(of: UInt32(footer.count).littleEndian) { bytes += $0 }
    return bytes + magic
  }

  private static func metadata(
    _ columns: [ResultColumns.Column], rows: Int, chunks: [ThriftValue], size: Int
  ) -> ThriftValue {
    let root = ThriftValue.structure([4: .text("results"), 5: .int32(columns.count)])
    let leaves = columns.map { column in
      var fields: [Int: ThriftValue] = [
        1: .int32(type(of: column.values).rawValue), 3: .int32(required), 4: .text(column.name),
      ]
      if case .texts = column.values { fields[6] = .int32(utf8) }
      return ThriftValue.structure(fields)
    }
    return .structure([
      1: .int32(1), 2: .list([root] + leaves), 3: .int64(rows),
      4: .list([.structure([1: .list(chunks), 2: .int64(size), 3: .int64(rows)])]), 6: .text("dass"),
    ])
  }

  private static func type(of values: ResultColumns.Column.Values) -> PhysicalType {
    switch values {
    case .texts: .byteArray
    case .integers: .int64
    case .numbers: .double
    }
  }

  private static func count(of values: ResultColumns.Column.Values) -> Int {
    switch values {
    case .texts(let texts): texts.count
    case .integers(let integers): integers.count
    case .numbers(let numbers): numbers.count
    }
  }

  private static func plainBytes(_ values: ResultColumns.Column.Values) -> [UInt8] {
    switch values {
    case .integers(let integers):
      return integers.flatMap { withUnsafeBytes(of: Int64($0).littleEndian) { Array($0) } }
    case .numbers(let numbers):
      return numbers.flatMap { withUnsafeBytes(of: $0.bitPattern.littleEndian) { Array($0) } }
    case .texts(let texts):
      return texts.flatMap { text in
        withUnsafeBytes(of: UInt32(text.utf8.count).littleEndian) { Array($0) } + Array(text.utf8)
      }
    }
  }
}

/// A value in Thrift's compact protocol, in which Parquet writes what describes a file
/// (https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md).
indirect enum ThriftValue {
  case int32(Int)
  case int64(Int)
  case text(String)
  /// Of at least one element, all of one kind.
  case list([ThriftValue])
  case structure([Int: ThriftValue])

  var encoded: [UInt8] {
    switch self {
    case .int32(let value), .int64(let value):
      return Self.varint(UInt64(bitPattern: Int64((value << 1) ^ (value >> 63))))
    case .text(let text): return Self.varint(UInt64(text.utf8.count)) + Array(text.utf8)
    case .list(let elements):
      let type = elements.first?.type ?? 0
      let head =
        elements.count < 15
        ? [UInt8(elements.count) << 4 | type] : [0xF0 | type] + Self.varint(UInt64(elements.count))
      return head + elements.flatMap(\.encoded)
    case .structure(let fields):
      var bytes: [UInt8] = []
      var last = 0
      // Numbers of fields are far below 15 apart here, so each fits beside its type.
      for (number, value) in fields.sorted(by: { $0.key < $1.key }) {
        bytes.append(UInt8(number - last) << 4 | value.type)
        bytes += value.encoded
        last = number
      }
      return bytes + [0]
    }
  }

  private var type: UInt8 {
    switch self {
    case .int32: 5
    case .int64: 6
    case .text: 8
    case .list: 9
    case .structure: 12
    }
  }

  private static func varint(_ value: UInt64) -> [UInt8] {
    var (rest, bytes) = (value, [UInt8]())
    while rest >= 0x80 {
      bytes.append(UInt8(rest & 0x7F) | 0x80)
      rest >>= 7
    }
    return bytes + [UInt8(rest)]
  }
}
