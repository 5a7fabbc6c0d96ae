import Engine
import Testing

@testable import Kernel

@Suite struct InspectionTests {
  private let interpreter = ToyLanguage.interpreter(
    "teacher t = load \"t\" on \"d\"", "pool p = sample 9 from resnet")

  private func inspect(_ marked: String, detail: Int = 0) -> MIMEBundle? {
    let parts = marked.split(separator: "|", omittingEmptySubsequences: false)
    return interpreter.inspect(parts.joined(), cursor: parts[0].unicodeScalars.count, detail: detail)
  }

  @Test(arguments: [
    ("sea|rch p for t", "search\n\nRanks a pool."), ("search| p for t", "search\n\nRanks a pool."),
    ("search p for t |", "search\n\nRanks a pool."),
    ("search p f|or t", "for TEACHER\n\nA clause of `search`: the teacher; required."),
    (
      "search p| for t",
      "pool p\n\n9 students of resnet, seed 0\n\nDetails\n  count  9\n\nThis makes it again:\n\n  pool p = sample 9 from resnet"
    ),
    (
      "sample 9 from resnet where ma|cs < 400M",
      "macs\n\nA field: multiply-adds. Its limits are written `400M`, `4k` or `12`."
    ),
    ("sample 9 from resnet where macs < 40|0M", "400M\n\n400000000; `M` means million"),
    ("plot s|rc loss", "plot src\n\nPredicted against measured."),
    ("plot src l|oss", "source accuracy|loss\n\nThe source of `plot src`"),
    (
      "po|ol q = sample 3 from resnet",
      "pool\n\nMany students drawn from a space.\n\nMade by\n  sample COUNT from SPACE"
    ),
    ("x = 1\nres|net", "space resnet\n\nresnet\n\nDetails\n  count  0\n\nIt comes with the program."),
    ("plot|", "plot\n\nCommands\n  plot src     predicted against measured"),
  ]) func thePageOfTheWordAtTheCursor(marked: String, start: String) {
    // Choices are written with bars, so the cursor's mark is the first one only.
    let text = inspect(marked)?.plainText ?? ""
    #expect(text.hasPrefix(start), "\(text)")
  }

  @Test func nothingIsSaidAboutNothing() {
    #expect(inspect("|") == nil)
    #expect(inspect("unknown| word") == nil)
    #expect(inspect("# sear|ch") == nil)
  }

  @Test func moreDetailAddsTheCommand() throws {
    let short = try #require(inspect("search p f|or t")).plainText
    let long = try #require(inspect("search p f|or t", detail: 1)).plainText
    #expect(long.hasPrefix(short))
    #expect(long.contains("search POOL for TEACHER"))
  }

  @Test func pagesHaveAnEscapedHTMLForm() throws {
    let bundle = try #require(ToyLanguage.interpreter("x = \"<b>\"").inspect("x", cursor: 1, detail: 0))
    let html = try #require(bundle.data["text/html"]?.stringValue)
    #expect(html.contains("<p>&quot;&lt;b&gt;&quot;</p>"))
    #expect(!html.contains("<b>"))
  }
}
