import Foundation
import Testing

@testable import Engine

/// What other programs make of files written here: ONNX Runtime of networks, Arrow of tables. Both are in `.venv`.
@Suite("Foreign readers") struct ForeignReadersTests {
  private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path

  /// What a program in Python prints.
  private func python(_ program: String, _ arguments: [String]) throws -> String {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: Self.root + "/.venv/bin/python")
    process.arguments = ["-c", program] + arguments
    let output = Pipe()
    process.standardOutput = output
    process.standardError = output
    try process.run()
    let text = String(decoding: try output.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
    process.waitUntilExit()
    #expect(process.terminationStatus == 0, "\(text)")
    return text
  }

  /// Students that pad, cut and keep channels in their shortcuts.
  @Test(arguments: ["4-8-8/8-8/8/16", "1-2-8/2-8/2-4-8/16", "8/2-8/8/4-16"])
  func `ONNX Runtime computes what the engine does`(text: String) throws {
    let space = try ResNetSpace(
      name: "onnx", widths: [8, 8, 8, 16], teacherDepth: 3, studentDepths: 1...3,
      ratios: [0.125, 0.25, 0.5, 1], imageSize: 16)
    let student = try #require(Architecture(text: text))
    try space.validate(student)
    let weights = Remapping.first.weights(
      for: student, from: space.teacher, SmallTask.weights(of: space))
    let network = FoldedResNet(student, weights: weights)
    var random = RandomSource(seed: 3)
    let images = Tensor<Float>(normalWithShape: [5, 16, 16, 3], standardDeviation: 1, random: &random)
    let expected = network.logits(images)

    let folder = try TemporaryFolder()
    try folder.write(
      network.onnx(name: text, imageSize: 16, classNames: ["a", "b", "c", "d", "e"]), "n.onnx")
    try folder.write(NPYArray(shape: images.shape, floats: images.scalars).encoded(), "images.npy")
    try folder.write(NPYArray(shape: expected.shape, floats: expected.scalars).encoded(), "logits.npy")
    let difference = try python(
      """
      import sys, numpy, onnxruntime
      folder = sys.argv[1]
      session = onnxruntime.InferenceSession(folder + "/n.onnx", providers=["CPUExecutionProvider"])
      images = numpy.load(folder + "/images.npy").transpose(0, 3, 1, 2)
      (logits,) = session.run(None, {"images": numpy.ascontiguousarray(images)})
      expected = numpy.load(folder + "/logits.npy")
      assert logits.shape == expected.shape
      print(abs(logits - expected).max() / abs(expected).max())
      """, [folder.path])
    let relative = try #require(Double(difference.trimmingCharacters(in: .whitespacesAndNewlines)))
    #expect(relative < 1e-4)
  }

  @Test func `Arrow reads the table of results`() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/results.parquet"
    try ResultFile.write([TaskResultsTests.task], to: path)
    let text = try python(
      """
      import sys, pyarrow.parquet
      table = pyarrow.parquet.read_table(sys.argv[1])
      print(table.num_rows, table.num_columns)
      print(table["student"].to_pylist(), table["best_accuracy"].to_pylist(), table["parameters"].type)
      print(table["machine"].to_pylist())
      """, [path])
    #expect(
      text == """
        2 16
        ['4/4/8/8', '4/4/8/8'] [0.30000000000000004, 0.30000000000000004] int64
        ['x86-64 avx2', 'x86-64 avx512']

        """)
  }
}
