import Engine
import Foundation

extension CommandDeclaration {
  static let export = CommandDeclaration(
    "export", group: .files, summary: "distills a student and writes the finished network alone",
    discussion:
      "For use without this program: `.onnx` for ONNX Runtime and others, `.safetensors`, or `.pt` and `.pth.tar`, which the "
      + "authors' PyTorch module loads. The student is trained as `distill` trains it, and its best epoch is written; "
      + "one that was exported before is not trained again.",
    parameters: [.required("student", .object(.student), "the network")],
    clauses: [
      .required("for", .object(.teacher), "the teacher to distill from"),
      .required("to", .path, "the file; an older one is replaced"),
    ] + Parameter.distillation + [.optional("seed", .seed, default: "1", "starts the batches")],
    examples: [CommandExample("export s for t to \"student.onnx\"")]
  ) { arguments, context in
    let student: StudentObject = try arguments.object("student")
    let teacher: TeacherObject = try arguments.object("for")
    let path = NSString(string: try arguments.text("to")).expandingTildeInPath
    guard let form = NetworkFile.Form(path: path) else {
      throw arguments.error(
        for: "to", "the ending of “\(path)” names no form of networks",
        advice: "endings are " + NetworkFile.Form.allCases.map { "`.\($0.rawValue)`" }.joined(separator: ", ")
      )
    }
    guard student.space.sharesNetworks(with: teacher.teacher.space) else {
      throw arguments.error(for: "for", "the student and the teacher belong to different spaces")
    }
    let seed = UInt64(try arguments.integer("seed"))
    let settings = try arguments.distillationSettings(imageSize: student.space.imageSize)
    let network = try NetworkFile(
      student: student.architecture, teacher: teacher.teacher,
      dataset: try arguments.dataset(of: teacher, "for"), settings: settings,
      seed: seed, cache: context.environment.cache, supervision: context.supervision)
    try AtomicFile.write(try network.encoded(as: form), to: path)
    context.output.write(
      "saved \(try arguments.text("to")), test accuracy \(NumberText.percent(network.accuracy, digits: 1))\n",
      to: .stdout)
    return .none
  }
}
