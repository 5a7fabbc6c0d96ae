import Engine

extension CommandDeclaration {
  static let loadPool = CommandDeclaration(
    "load", group: .students, summary: "reads students from a file",
    discussion:
      "A JSON file, as `save` writes it of a pool: `{\"space\": {...}, \"students\": [[[8, 8], [16], [12, 24], [32]], ...]}`. "
      + "A student is the list of its stages, a stage the list of its blocks' widths. `\"space\"` may be left out where the "
      + "clause says it, then also the list of students alone will do; and a student may be written as the text that pools "
      + "show, such as `\"8-8/16/12-24/32\"`.",
    parameters: [.required("file", .path(extensions: ["json"]), "the students")],
    clauses: [.optional("space", .object(.space), "the space they belong to, in place of the file's own")],
    result: .object(.pool),
    examples: [CommandExample("pool p = load \"students.json\" space resnet")]
  ) { arguments, _ in
    let path = try arguments.text("file")
    do {
      let file = try PoolFile(contentsOf: path)
      let given = try arguments.ifPresent("space") { try $0.object($1, as: SpaceObject.self).space }
      guard let space = given ?? file.space else {
        throw arguments.error(
          for: "file", "the file does not say which space its students belong to",
          advice: "say it: load \"\(path)\" space resnet")
      }
      return .object(PoolObject(students: try file.students(in: space), space: space, making: "from \(path)"))
    } catch let error as any ExplainedError {
      throw arguments.error(for: "file", error)
    }
  }

  static let embed = CommandDeclaration(
    "embed", group: .students, summary: "shows what students make of noise with their teacher's weights",
    discussion:
      "Teacher and remapped students see the same noise; their last feature maps, codes and logits are what `save` writes "
      + "as safetensors: `noise`, `teacher.map`, `teacher.logits`, `teacher.code`, `maps`, `logits`, `codes`, the maps with "
      + "the axes N, C, H, W of PyTorch. The distance is that of a student's map from the teacher's, relative to the "
      + "teacher's length.",
    parameters: [.required("pool", .object([.pool, .student]), "the students")],
    clauses: [.required("for", .object(.teacher), "the teacher whose weights they take")]
      + Parameter.embedding,
    result: .object(.embedding),
    examples: [
      CommandExample("embedding e = embed p for t"),
      CommandExample(
        "embedding e = embed p for t from last noise-file \"z.npy\"", "another remapping, given noise"),
    ]
  ) { arguments, context in
    let (students, space) = try arguments.students("pool")
    let teacher: TeacherObject = try arguments.object("for")
    try arguments.check(space, fits: teacher)
    do {
      return .object(
        EmbeddingObject(
          embeddings: try StudentEmbeddings(
            of: students, teacher: teacher.teacher, settings: try arguments.embeddingSettings(),
            supervision: context.supervision), teacherName: teacher.teacher.datasetName))
    } catch let error as NoiseError {
      throw arguments.error(for: "noise-file", error)
    }
  }
}
