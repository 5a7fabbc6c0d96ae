import Engine

/// What a teacher and students show on noise.
struct EmbeddingObject: SessionObject {
  let embeddings: StudentEmbeddings
  let teacherName: String

  var kind: ObjectKind { .embedding }

  var oneLineSummary: String {
    let shape = embeddings.teacherMap.shape
    let count = embeddings.students.count
    return
      "\(count == 1 ? "1 student" : "\(NumberText.grouped(count)) students") of \(embeddings.space.name) with the teacher "
      + "of \(teacherName), maps \(shape[3]) x \(shape[1]) x \(shape[2]), \(embeddings.settings.text)"
  }

  func details() -> [(label: String, value: String)] {
    [
      ("students", NumberText.grouped(embeddings.students.count)),
      ("maps", embeddings.teacherMap.shape.dropFirst().map(String.init).joined(separator: " x ")),
      ("logits", "\(embeddings.logits.shape[1])"),
      ("codes", "\(embeddings.inputs.codes.shape[1])"),
      ("settings", embeddings.settings.text),
      ("teacher", String(embeddings.teacherDigest.prefix(16))),
    ]
  }

  func display(_ context: DisplayContext) throws -> MIMEBundle { table.bundle() }

  /// A row a student: how far its map is from the teacher's, and what its logits say.
  private var table: Table {
    var table = Table(
      title: oneLineSummary,
      columns: ["student", "distance", "largest logit", "its class"].map { Table.Column($0) })
    let classes = embeddings.logits.shape[1]
    let logits = embeddings.logits.scalars
    let distances = embeddings.distances
    table.rows = embeddings.students.enumerated().map { place, student in
      let row = logits[place * classes..<(place + 1) * classes]
      let largest = row.indices.max { row[$0] < row[$1] } ?? row.startIndex
      return [
        .text(student.text), .number(distances[place], digits: 3), .number(Double(row[largest]), digits: 3),
        .integer(largest - row.startIndex),
      ]
    }
    return table
  }

  var dataTable: Table? { table }

  var savedForms: [String] { ["safetensors"] }

  func save(to path: String) throws { try embeddings.safeTensors.write(to: path) }
}
