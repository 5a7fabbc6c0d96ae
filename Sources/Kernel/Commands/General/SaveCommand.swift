import Engine
import Foundation

extension CommandDeclaration {
  static let save = CommandDeclaration(
    "save", group: .files, summary: "writes a thing to a file",
    discussion:
      "The file's extension chooses the form: tables and metabases are saved as `.csv` or `.json`, with all digits; "
      + "teachers and predictors as `.safetensors`; figures as `.png` or `.svg`; the contact sheet of a dataset as `.png`.",
    parameters: [
      .required("thing", .object(ObjectKind.allCases), "what to save"),
      .required("path", .path, "the file; an older one is replaced"),
    ],
    examples: [CommandExample("save results \"results.csv\"", "a table, for a spreadsheet")]
  ) { arguments, context in
    let path = NSString(string: try arguments.text("path")).expandingTildeInPath
    let form = NSString(string: path).pathExtension.lowercased()
    switch try arguments.value("thing") {
    case .table(let table):
      guard let form = TableForm(rawValue: form), form == .csv || form == .json else {
        throw arguments.error(
          for: "path", "a table is saved as `.csv` or `.json`", advice: "change the file's extension")
      }
      try write(form.render(table), to: path, arguments)
    case .object(let object):
      let forms = object.savedForms
      if !forms.isEmpty, !forms.contains(form) {
        let list = ParameterType.alternatives(forms.map { "`.\($0)`" })
        throw arguments.error(
          for: "path", "\(object.kind.withArticle) is saved as \(list)", advice: "change the file's extension"
        )
      }
      do {
        try object.save(to: path, cancellation: context.supervision.cancellation)
      } catch var diagnostic as Diagnostic {
        diagnostic.span = diagnostic.span ?? arguments.span(of: "thing")
        throw diagnostic
      }
    default:
      throw arguments.error(for: "thing", "only tables and things of the session can be saved")
    }
    context.output.write("saved \(try arguments.text("path"))\n", to: .stdout)
    return .none
  }

  /// Writes beside the file first and renames, so that there is never half a file.
  private static func write(_ text: String, to path: String, _ arguments: Arguments) throws {
    do {
      try Data(text.utf8).write(to: URL(fileURLWithPath: path), options: .atomic)
    } catch {
      throw Diagnostic(
        .file, "the file cannot be written", at: arguments.span(of: "path"),
        notes: ["check that the folder exists and may be written to"])
    }
  }
}
