import Foundation
import Testing

@testable import Kernel

@Suite struct DiagnosticTests {
  private static let setUp =
    "teacher t = load \"t\" on \"d\"\npool pool1 = sample 9 from resnet\ndass = load \"demo\""

  @Test(arguments: [
    (
      "serach pool1 for t",
      """
      NameError: there is no command `serach`
       1 | serach pool1 for t
         | ^^^^^^ did you mean `search`?
        try: search pool1 for t
      """
    ),
    (
      "search pool for t",
      """
      NameError: there is no pool `pool`
       1 | search pool for t
         |        ^^^^ did you mean `pool1`?
        = pools of the session: `pool1`
        try: search pool1 for t
      """
    ),
    (
      "search t for t",
      """
      KindError: `pool` takes a pool, and `t` is a teacher
       1 | search t for t
         |        ^
        = pools of the session: `pool1`
      """
    ),
    (
      "search pool1",
      """
      ArgumentError: `search` needs `for`: the teacher
       1 | search pool1
         | ^^^^^^^^^^^^
        try: add `for TEACHER`
      """
    ),
    (
      "search pool1 for t tpo 5",
      """
      ArgumentError: `search` has no clause `tpo`
       1 | search pool1 for t tpo 5
         |                    ^^^ did you mean `top`?
        = what can follow here: `top`, `quick`, `as`
        try: search pool1 for t top 5
      """
    ),
    (
      "search pool1 for t top 0",
      """
      ArgumentError: `top` is 0, but must be a number from 1 to 100
       1 | search pool1 for t top 0
         |                        ^
      """
    ),
    (
      "search pool1 for t top 2.5",
      """
      KindError: `top` takes a whole number from 1 to 100, not 2.5
       1 | search pool1 for t top 2.5
         |                        ^^^
      """
    ),
    (
      "search pool1 for t top 5s",
      """
      KindError: `top` takes a whole number from 1 to 100, not a duration
       1 | search pool1 for t top 5s
         |                        ^^
      """
    ),
    (
      "search pool1 for t top",
      """
      ArgumentError: `top` needs a whole number from 1 to 100
       1 | search pool1 for t top
         |                    ^^^
        = `top`: rows
      """
    ),
    (
      "search pool1 for t for t",
      """
      ArgumentError: `for` is given twice
       1 | search pool1 for t for t
         |                    ^^^
      """
    ),
    (
      "search for t",
      """
      ArgumentError: `search` needs a pool: the candidates
       1 | search for t
         | ^^^^^^
        try: search POOL for TEACHER [top INTEGER] [quick] [as json|csv|text|dataresource]
      """
    ),
    (
      "sample 5 from resnet where mcas < 3M",
      """
      NameError: there is no field `mcas`
       1 | sample 5 from resnet where mcas < 3M
         |                            ^^^^ did you mean `macs`?
        = fields are `macs`, `params`, `depth`
        try: sample 5 from resnet where macs < 3M
      """
    ),
    (
      "sample 5 from resnet where macs < 3s",
      """
      ArgumentError: `3s` does not fit `macs`
       1 | sample 5 from resnet where macs < 3s
         |                                   ^^
        = units of `macs` look like `400M`, `4k` or `12`
      """
    ),
    (
      "sample 5 from resnet where macs < 3M, depth > 2",
      """
      ArgumentError: conditions are not joined by a comma
       1 | sample 5 from resnet where macs < 3M, depth > 2
         |                                     ^^^^^^^^^^^
        try: join them with `and` or `or`
      """
    ),
    (
      "teacher s = sample 5 from resnet",
      """
      KindError: `sample` makes a pool, not a teacher
       1 | teacher s = sample 5 from resnet
         | ^^^^^^^
        try: pool s = sample 5 from resnet
      """
    ),
    (
      "plot sorce accuracy",
      """
      NameError: there is no command `plot sorce`
       1 | plot sorce accuracy
         |      ^^^^^ did you mean `src`?
        = commands are `plot src`, `plot pareto`
        try: plot src accuracy
      """
    ),
    (
      "plot",
      """
      SyntaxError: `plot` needs another word
       1 | plot
         | ^^^^
        = commands are `plot src`, `plot pareto`
      """
    ),
    (
      "plot src acuracy",
      """
      ArgumentError: `source` cannot be `acuracy`
       1 | plot src acuracy
         |          ^^^^^^^ did you mean `accuracy`?
        = it is one of `accuracy`, `loss`
        try: plot src accuracy
      """
    ),
    (
      "pool q",
      """
      SyntaxError: a name and `=` must follow `pool`
       1 | pool q
         | ^^^^
        try: pool p = sample 3000 from resnet seed 7
      """
    ),
    (
      "t search",
      """
      SyntaxError: `t` is a teacher, and nothing can follow its name
       1 | t search
         |   ^^^^^^
        = a statement starts with a command, or is a name alone
        try: help
      """
    ),
    (
      "pool1[12]",
      """
      CommandError: the toy broke
       1 | pool1[12]
         |       ^^
        = Mend it
      """
    ),
    (
      "evaluate dass, das on t",
      """
      NameError: there is no predictor `das`
       1 | evaluate dass, das on t
         |                ^^^ did you mean `dass`?
        = predictors of the session: `dass`
        try: evaluate dass, dass on t
      """
    ),
    (
      "evaluate dass on gt",
      """
      NameError: there is no metabase `gt`
       1 | evaluate dass on gt
         |                  ^^
      """
    ),
    (
      "count share 120%",
      """
      ArgumentError: `share` is 120%, but must be a number from 0 to 1
       1 | count share 120%
         |             ^^^^
      """
    ),
    (
      "t as csv",
      """
      KindError: only tables can be printed with `as`, and this is a teacher
       1 | t as csv
         | ^
      """
    ),
    (
      "%%pythn\nx",
      """
      CommandError: cells in `pythn` are not available here
       1 | %%pythn
         | ^^^^^^^
        = this program was started without another language
      """
    ),
  ]) func mistakesAreShownWithACaret(cell: String, expected: String) {
    #expect(ToyLanguage.run(ToyLanguage.interpreter(Self.setUp), cell).last == expected)
  }

  @Test func caretsStandUnderWideLettersAndTabs() {
    let interpreter = ToyLanguage.interpreter()
    #expect(
      ToyLanguage.run(interpreter, "\tprint \"日本\" 学").last == """
        SyntaxError: there is no sign `学`
         1 |  print "日本" 学
           |               ^^
        """)
  }

  @Test func allSyntaxErrorsOfACellAreTold() {
    let shown = ToyLanguage.run(ToyLanguage.interpreter(), "x = 3x\ny = )\nz = \"a").last ?? ""
    #expect(shown.components(separatedBy: "SyntaxError").count == 4)
  }

  @Test func colorsAreAddedAroundThePlainText() {
    let source = SourceText("fail")
    let diagnostic = Diagnostic(
      .command, "it broke", at: SourceSpan(0, 4), label: "here", notes: ["a note"], next: "help")
    let plain = DiagnosticRenderer(source: source).text(diagnostic)
    let colored = DiagnosticRenderer(source: source, usesColor: true).text(diagnostic)
    #expect(ToyLanguage.plain(colored) == plain)
    #expect(colored.contains("\u{1B}[31m^^^^ here\u{1B}[0m"))
  }

  @Test func longLinesAreShownInPart() {
    let cell = "print " + String(repeating: "1 ", count: 4000) + "?" + String(repeating: " 1", count: 4000)
    let lines = (ToyLanguage.run(ToyLanguage.interpreter(), cell).last ?? "").split(separator: "\n")
    #expect(lines.allSatisfy { $0.count < 120 })
    #expect(lines.count == 3)
  }

  @Test(arguments: [
    ("serach", ["search", "sample"], "search"), ("p", ["q", "t"], nil), ("tp", ["top"], "top"),
    ("xyz", ["abc"], nil),
    ("DASS", ["dass"], "dass"), ("evalu", ["evaluate"], "evaluate"), ("on", ["or"], "or"), ("", ["a"], nil),
    ("pol", ["pool", "poll"], "poll"),
  ]) func suggestionsAreScaledToTheLengthOfTheName(typed: String, known: [String], expected: String?) {
    #expect(Suggestion.closest(to: typed, among: known) == expected)
  }
}
