/// The nouns of the language: the kinds of things that a session holds.
enum ObjectKind: String, Sendable, CaseIterable {
  case dataset, space, teacher, student, pool, embedding, predictor, metabase, comparison, table, figure

  /// The noun with its article, for messages.
  var withArticle: String { ("aeiou".contains(rawValue.prefix(1)) ? "an " : "a ") + rawValue }

  var plural: String { rawValue + "s" }

  /// What the thing is, in one line of help.
  var meaning: String {
    switch self {
    case .dataset: "pictures with classes, split into training and test"
    case .space: "all the students that may be drawn, with their limits"
    case .teacher: "a network trained on a dataset; students learn from it"
    case .student: "one small network of a space"
    case .pool: "many students drawn from a space"
    case .embedding: "what a teacher and students show on noise; can be saved as safetensors"
    case .predictor: "tells how accurate a student will be, without training it"
    case .metabase: "students with the accuracy they reached when really distilled"
    case .comparison: "methods side by side on measured students, with what can be told apart"
    case .table: "rows and columns; can be saved as CSV or JSON"
    case .figure: "a picture; can be saved as PNG or SVG"
    }
  }
}
