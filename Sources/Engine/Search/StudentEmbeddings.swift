/// What a teacher and students show on noise: all that a predictor reads of them, and their logits.
package struct StudentEmbeddings: Sendable {
  package let students: [Architecture]
  package let space: ResNetSpace
  package let settings: EmbeddingSettings
  package let teacherDigest: String
  package let noise: Tensor<Float>
  /// (1, h, w, channels)
  package let teacherMap: Tensor<Float>
  package let teacherCode: Tensor<Float>
  package let teacherLogits: Tensor<Float>
  package let inputs: StudentInputs<Float>
  /// (n, classes)
  package let logits: Tensor<Float>

  /// - Throws: `NoiseError`, `Cancelled`.
  package init(
    of students: [Architecture], teacher: Teacher, settings: EmbeddingSettings, supervision: Supervision
  ) throws {
    let embedding = try NoiseEmbedding(teacher: teacher, settings: settings)
    self.students = students
    space = teacher.space
    self.settings = settings
    teacherDigest = teacher.digest
    noise = embedding.noise
    teacherMap = embedding.teacherMap
    teacherCode = embedding.teacherCode
    teacherLogits = embedding.logits(ofMaps: teacherMap)
    inputs = try embedding.inputs(for: students, supervision: supervision)
    logits = embedding.logits(ofMaps: inputs.maps)
  }

  /// Of each student: how far its last map is from the teacher's, relative to the teacher's.
  package var distances: [Double] {
    let size = teacherMap.count
    let (teacher, maps) = (teacherMap.scalars, inputs.maps.scalars)
    let length = teacher.reduce(0) { $0 + Double($1) * Double($1) }
    return students.indices.map { student in
      var sum = 0.0
      for place in 0..<size {
        let difference = Double(maps[student * size + place]) - Double(teacher[place])
        sum += difference * difference
      }
      return (sum / length).squareRoot()
    }
  }

  /// Images and maps in PyTorch's layout N, C, H, W.
  package var safeTensors: SafeTensors {
    SafeTensors(
      tensors: [
        noise.storedChannelsFirst("noise"), teacherMap.storedChannelsFirst("teacher.map"),
        teacherLogits.stored("teacher.logits"), teacherCode.stored("teacher.code"),
        inputs.maps.storedChannelsFirst("maps"), logits.stored("logits"), inputs.codes.stored("codes"),
      ],
      metadata: [
        "format": "dass-embedding-1", "space": space.json.text, "embedding": settings.json.text,
        "teacher": teacherDigest, "students": JSON.array(students.map { .string($0.text) }).text,
      ])
  }
}
