import Engine
import Testing

@testable import Kernel

@Suite("Including a file") struct IncludeCommandTests {
  private func world(_ text: String, _ bytes: [UInt8]? = nil) throws -> TemporaryWorld {
    let world = TemporaryWorld()
    try AtomicFile.createFolder(world.folder)
    try AtomicFile.write(bytes ?? Array(text.utf8), to: world.folder + "/part.dass")
    _ = world.run("part = \"\(world.folder)/part.dass\"")
    return world
  }

  @Test func `its statements run as if they stood here`() throws {
    let world = try world("# a comment\ny = x\npool p = sample 3 from resnet seed 1\nprint y\np[1]\n")
    let shown = world.run("x = 4\ninclude part\ny")
    #expect(shown.contains("pool p: 3 students of resnet"))
    // Printed by the file, its last result, and what follows.
    #expect(shown.contains("stdout: 4\n"))
    #expect(shown.contains("resnet"))
    #expect(shown.hasSuffix("\n4"))
    // Each name remembers its own statement.
    #expect(world.interpreter.session.script(for: "y") == ["x = 4", "y = x"])
  }

  @Test func `where a statement fails the session stays as it was`() throws {
    let world = try world("y = 1\n\nz = saple 3 from resnet\n")
    #expect(
      world.run("include part")
        == "NameError: line 3 of \(world.folder)/part.dass: there is no command `saple`")
    #expect(world.run("y") == "NameError: nothing is called `y`, and it is no command")
  }

  @Test(arguments: [
    ("y = (1", "SyntaxError: line 1 of FILE: "),
    (
      "y = 1\ninclude \"other.dass\"",
      "CommandError: line 2 of FILE: a file that is included cannot include another"
    ),
    (
      "%%python\nprint(1)",
      "SyntaxError: line 1 of FILE: a file that is included holds statements, no `%%python`"
    ),
  ])
  func `what cannot be included is told with its line`(text: String, error: String) throws {
    let world = try world(text)
    #expect(world.run("include part").hasPrefix(error.replacing("FILE", with: world.folder + "/part.dass")))
  }

  @Test func `a file that is no text, and one that is not there`() throws {
    let world = try world("", [0xFF, 0xFE])
    #expect(world.run("include part") == "ArgumentError: “\(world.folder)/part.dass” is not text in UTF-8")
    #expect(world.run("include \"nowhere.dass\"").contains("nowhere.dass"))
  }
}
