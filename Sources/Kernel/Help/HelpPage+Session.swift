extension HelpPage {
  /// A name of the session: what it is, its details, and the script that makes it again.
  init(_ binding: Session.Binding, in session: Session) {
    let kind = binding.value.objectKind?.rawValue ?? "parameter"
    title = "\(kind) \(binding.name)"
    blocks = [.paragraph(binding.value.description)]
    if case .object(let object) = binding.value {
      let details = object.details().map { Term(term: $0.label, meaning: $0.value) }
      if !details.isEmpty { blocks.append(.terms(heading: "Details", details)) }
    }
    let script = session.script(for: binding.name)
    if script.isEmpty {
      blocks.append(.paragraph("It comes with the program."))
    } else {
      blocks.append(.paragraph("This makes it again:"))
      blocks.append(.code(script.joined(separator: "\n")))
    }
  }
}
