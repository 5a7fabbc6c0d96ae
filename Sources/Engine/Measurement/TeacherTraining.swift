/// The training of one teacher as a value: what it depends on, and the key under which its result is kept.
package struct TeacherTraining: Sendable {
  package var space: ResNetSpace
  package var dataset: Dataset
  package var settings: TeacherSettings
  package var seed: UInt64

  package init(space: ResNetSpace, dataset: Dataset, settings: TeacherSettings, seed: UInt64) {
    self.space = space
    self.dataset = dataset
    self.settings = settings
    self.seed = seed
  }

  package var key: String {
    ContentCache.key([
      "kind": "teacher", "space": space.json, "dataset": .string(dataset.digest), "settings": settings.json,
      "seed": .integer(Int(clamping: seed)),
    ])
  }

  /// Takes the teacher from the cache, or trains it and keeps it there.
  ///
  /// - Throws: `TrainingError`, `DatasetError`, `FileError`, `Cancelled`.
  package func run(
    cache: ContentCache, supervision: Supervision
  ) throws -> (teacher: Teacher, wasKnown: Bool) {
    let key = key
    if var known = cache.get(key, decode: { try Teacher(SafeTensors(parsing: $0)) }) {
      // The same images may have been trained on under another name.
      known.datasetName = dataset.name
      return (known, true)
    }
    let teacher = try Teacher.train(
      space: space, on: dataset, settings: settings, seed: seed, supervision: supervision,
      stage: "training on \(dataset.name)",
      checkpoints: TrainingCheckpoints(
        cache: cache, key: ContentCache.key(["kind": "training under way", "of": .string(key)])))
    try cache.put(teacher.safeTensors.encoded(), for: key)
    return (teacher, false)
  }
}
