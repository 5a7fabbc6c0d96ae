import Engine

/// Rows and columns with typed cells; every form of a table is made from this one value.
struct Table: Sendable, Equatable {
  enum Alignment: String, Sendable { case left, right }

  struct Column: Sendable, Equatable {
    var name: String
    /// Shown after the name in brackets; not part of the name in CSV and JSON.
    var unit: String?
    /// Nil aligns by the cells: numbers to the right, texts to the left.
    var alignment: Alignment?

    init(_ name: String, unit: String? = nil, alignment: Alignment? = nil) {
      self.name = name
      self.unit = unit
      self.alignment = alignment
    }

    /// The name with its unit.
    var heading: String { unit.map { "\(name) [\($0)]" } ?? name }
  }

  /// One cell. Programs get the full number, people the digits asked for.
  enum Cell: Sendable, Equatable {
    case text(String)
    case integer(Int)
    case number(Double, digits: Int)
    /// A fraction, `0.5` for 50 %.
    case percent(Double, digits: Int = 1)
    /// How many, shown as `402 M`.
    case count(Double)
    /// In seconds, shown as `1.2 s` or `3 min 20 s`.
    case duration(Double)
    /// Shown as `0.71 [0.60, 0.78]`; programs get three columns.
    case estimate(IntervalEstimate, digits: Int)
    case boolean(Bool)
    case missing
  }

  var title: String?
  var columns: [Column]
  /// Every row has as many cells as there are columns; missing ones count as `.missing`.
  var rows: [[Cell]]
  /// Lines below the table: what made it, with which seeds.
  var notes: [String]
  /// False for a table of labels and values.
  var hasHeader = true

  init(title: String? = nil, columns: [Column], rows: [[Cell]] = [], notes: [String] = []) {
    self.title = title
    self.columns = columns
    self.rows = rows
    self.notes = notes
  }

  var oneLineSummary: String {
    let rowCount = rows.count == 1 ? "1 row" : "\(NumberText.grouped(rows.count)) rows"
    let size = rowCount + ", " + columns.map(\.name).joined(separator: ", ")
    return title.map { "\($0): \(size)" } ?? size
  }

  /// The cell, also for a row that is too short.
  func cell(row: Int, column: Int) -> Cell {
    rows.indices.contains(row) && rows[row].indices.contains(column) ? rows[row][column] : .missing
  }

  /// The alignment asked for, or that of the first cell that has one.
  func alignment(ofColumn column: Int) -> Alignment {
    if columns.indices.contains(column), let alignment = columns[column].alignment { return alignment }
    for row in rows.indices {
      switch cell(row: row, column: column) {
      case .missing: continue
      case .text, .boolean: return .left
      default: return .right
      }
    }
    return .left
  }

  /// The forms that a front end chooses from.
  func bundle() -> MIMEBundle {
    MIMEBundle(data: [
      "text/plain": .string(TextTable.render(self)), "text/html": .string(HTMLTable.render(self)),
    ])
  }
}

extension Table.Cell {
  /// What people read.
  var text: String {
    switch self {
    case .text(let text): text
    case .integer(let value): NumberText.grouped(value)
    case .number(let value, let digits): NumberText.fixed(value, digits: digits)
    case .percent(let value, let digits): NumberText.percent(value, digits: digits)
    case .count(let value): NumberText.count(value)
    case .duration(let seconds): NumberText.duration(seconds)
    case .estimate(let estimate, let digits):
      "\(NumberText.fixed(estimate.value, digits: digits)) \(Self.bracket(estimate, digits))"
    case .boolean(let value): value ? "yes" : "no"
    case .missing: "\u{2013}"
    }
  }

  /// The interval of an estimate, as people read it.
  static func bracket(_ estimate: IntervalEstimate, _ digits: Int) -> String {
    "[\(NumberText.fixed(estimate.lower, digits: digits)), \(NumberText.fixed(estimate.upper, digits: digits))]"
  }
}
