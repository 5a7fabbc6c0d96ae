import Engine
import Foundation
import Testing

@testable import Kernel

@Suite struct TableTests {
  private var table: Table {
    Table(
      title: "Students of p",
      columns: [
        Table.Column("student"), Table.Column("accuracy"), Table.Column("MACs"),
        Table.Column("time", unit: "wall"),
        Table.Column("gap", alignment: .left),
      ],
      rows: [
        [.text("d2-3"), .percent(0.8125), .count(402_345_678), .duration(83), .number(-0.5, digits: 3)],
        [.text("日本 <b>"), .percent(0.5, digits: 2), .count(999), .missing, .integer(-12345)],
        [.text("a\n\"b\""), .missing, .count(1e9), .duration(0.0123), .boolean(true)],
        [.text("short row")],
      ], notes: ["seed 7 & others"])
  }

  @Test func plainTextIsAlignedByDisplayWidth() {
    #expect(
      TextTable.render(table) == """
        Students of p
        student    accuracy    MACs  time [wall]  gap
        ─────────  ────────  ──────  ───────────  ───────
        d2-3         81.2 %   402 M   1 min 23 s  -0.500
        日本 <b>    50.00 %     999            –  -12,345
        a "b"             –  1.00 G        12 ms  yes
        short row         –       –            –  –
        seed 7 & others
        """)
  }

  @Test func csvHasAllDigitsAndQuotes() {
    #expect(
      CSVTable.render(table) == #"""
        student,accuracy,MACs,time,gap
        d2-3,0.8125,402345678,83,-0.5
        日本 <b>,0.5,999,,-12345
        "a
        ""b""",,1000000000,0.0123,true
        short row,,,,

        """#)
  }

  @Test func jsonHasOneObjectARow() {
    #expect(
      table.json[0]
        == ["student": "d2-3", "accuracy": 0.8125, "MACs": 402_345_678, "time": 83, "gap": -0.5])
    #expect(table.json[3]?["gap"] == .null)
    #expect(
      Table(columns: [Table.Column("a"), Table.Column("a"), Table.Column("")]).uniqueKeys == [
        "a", "a 2", "column 3",
      ])
  }

  @Test func htmlIsEscapedAndSaysItsScopes() {
    let html = HTMLTable.render(table)
    #expect(
      html.contains(
        "<caption style=\"text-align:left;font-weight:bold;white-space:nowrap\">Students of p</caption>"))
    #expect(html.contains("<th scope=\"col\" style=\"text-align:right\">accuracy</th>"))
    #expect(html.contains("<td style=\"text-align:left\">日本 &lt;b&gt;</td>"))
    #expect(html.contains("seed 7 &amp; others"))
    #expect(!html.contains("<script") && !html.contains("<b>") && !html.contains("color"))
  }

  @Test func estimatesAreOneCellForPeopleAndThreeNumbersForPrograms() throws {
    let estimate = Table.Cell.estimate(IntervalEstimate(value: 0.712, lower: -0.25, upper: 0.8), digits: 2)
    let table = Table(
      columns: ["method", "SRC", "time"].map { Table.Column($0) },
      rows: [[.text("a"), estimate, .duration(0.5)], [.text("b"), .missing, .duration(2)], [.text("c")]])
    #expect(TextTable.render(table).contains("a       0.71 [-0.25, 0.80]"))
    #expect(
      HTMLTable.render(table).contains(
        "<td style=\"text-align:right\">0.71 <small style=\"opacity:0.75\">[-0.25,&nbsp;0.80]</small></td>"
          + "<td style=\"text-align:right\">500&nbsp;ms</td>"))
    #expect(
      CSVTable.render(table) == """
        method,SRC,SRC low,SRC high,time
        a,0.712,-0.25,0.8,0.5
        b,,,,2
        c,,,,

        """)
    let first: JSON = ["method": "a", "SRC": 0.712, "SRC low": -0.25, "SRC high": 0.8, "time": 0.5]
    #expect(table.json.arrayValue?.first == first)
    #expect(table.dataResource["schema"]?["fields"]?.arrayValue?[2] == ["name": "SRC low", "type": "number"])
    #expect(PythonValue.json(of: .table(table), name: "t")["columns"]?.arrayValue?.count == 5)
  }

  @Test func longTablesScrollBelowTheirHeader() {
    var long = Table(columns: [Table.Column("n")])
    long.rows = (1...31).map { [.integer($0)] }
    let html = HTMLTable.render(long)
    #expect(
      html.hasPrefix("<div style=\"max-height:40em;overflow:auto\">\n<table")
        && html.hasSuffix("</table>\n</div>"))
    #expect(
      html.contains(
        "<th scope=\"col\" style=\"text-align:right;position:sticky;top:0;background:var(--jp-layout-color0"))
    long.rows.removeLast()
    #expect(HTMLTable.render(long).hasPrefix("<table") && !HTMLTable.render(long).contains("sticky"))
  }

  @Test func dataResourcesAreThereForThoseWhoAsk() {
    #expect(table.bundle().data.keys.sorted() == ["text/html", "text/plain"])
    let bundle = TableForm.dataresource.bundle(table)
    #expect(bundle.plainText == TextTable.render(table))
    let resource = bundle.data["application/vnd.dataresource+json"]
    #expect(resource?["data"] == table.json)
    #expect(
      resource?["schema"]?["fields"]?.arrayValue?.prefix(3) == [
        ["name": "student", "type": "string"], ["name": "accuracy", "type": "number"],
        ["name": "MACs", "type": "number"],
      ])
    #expect(
      Table(columns: [Table.Column("a")]).dataResource["schema"]?["fields"] == [["name": "a", "type": "any"]])
  }

  @Test func longTablesAreCut() {
    var long = Table(columns: [Table.Column("n")])
    long.rows = (1...1234).map { [.integer($0)] }
    #expect(TextTable.render(long).hasSuffix("\n200\n... 1,034 more rows"))
    #expect(HTMLTable.render(long).contains("1,034 more rows"))
    #expect(CSVTable.render(long).split(separator: "\n").count == 1235)
    #expect(TextTable.render(Table(columns: [Table.Column("n")])) == "n\n─\n(no rows)")
    #expect(TextTable.render(Table(columns: [])) == "(no rows)")
  }

  @Test(arguments: [
    (0.0, "0"), (999, "999"), (1000, "1.00 k"), (999_499, "999 k"), (999_500, "1.00 M"), (1.3e9, "1.30 G"),
    (12_345, "12.3 k"), (-4e8, "-400 M"), (0.5, "0.50"), (.nan, "n/a"), (.infinity, "∞"), (1e30, "1.00e+30"),
  ]) func countsHaveThreeDigits(value: Double, expected: String) {
    #expect(NumberText.count(value) == expected)
  }

  @Test(arguments: [
    (0.0, "0 s"), (3e-6, "3 µs"), (0.0021, "2.1 ms"), (0.5, "500 ms"), (1.24, "1.2 s"), (9.96, "10 s"),
    (59.6, "1 min"),
    (83, "1 min 23 s"), (3600, "1 h"), (7260, "2 h 1 min"), (200_000, "2 d 8 h"), (1e300, "1.00e+300 s"),
    (-2, "-2.0 s"),
    (.nan, "n/a"),
  ]) func durationsHaveTwoUnits(value: Double, expected: String) {
    #expect(NumberText.duration(value) == expected)
  }

  @Test(arguments: [
    (0.0, 2, "0.00"), (-0.0001, 2, "-0.0001"), (1.005, 1, "1.0"), (1e12, 2, "1e+12"), (.nan, 2, "n/a"),
    (123.456, 0, "123"),
    (-0.004, 2, "-0.004"), (-0.006, 2, "-0.01"),
  ]) func numbersKeepTheirDigits(value: Double, digits: Int, expected: String) {
    #expect(NumberText.fixed(value, digits: digits) == expected)
  }

  @Test func groupedIntegersHoldTheirExtremes() {
    #expect(NumberText.grouped(Int.min) == "-9,223,372,036,854,775,808")
    #expect(NumberText.grouped(-999) == "-999")
  }

  @Test func savedTablesHaveTheFormOfTheirExtension() throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let interpreter = ToyLanguage.interpreter("table r = list")
    let path = folder.appendingPathComponent("r.csv").path
    #expect(ToyLanguage.run(interpreter, "save r \"\(path)\"") == ["stdout: saved \(path)\n"])
    #expect(try String(contentsOfFile: path, encoding: .utf8) == "name,kind,value\nresnet,space,resnet\n")
    #expect(
      ToyLanguage.run(interpreter, "save r \"r.xlsx\"") == [
        "ArgumentError: a table is saved as `.csv` or `.json`\n 1 | save r \"r.xlsx\"\n   |        ^^^^^^^^\n  = change the file's extension"
      ])
    #expect(
      ToyLanguage.run(interpreter, "save resnet \"r.bin\"").first?.hasPrefix(
        "KindError: a space cannot be saved") == true)
    #expect(ToyLanguage.run(interpreter, "save r \"/nowhere/r.csv\"").first?.hasPrefix("FileError: ") == true)
  }
}
