import TestSupport
import Testing

@testable import Engine

@Suite("Adaptation to a task") struct AdaptationTests {
  private func learned(support: Int = 0, maps: MapReading = .both) throws -> MetaPredictor {
    var settings = MetaTrainingSettings()
    settings.episodes = 60
    settings.learningRate = 0.003
    settings.innerRate = 0.02
    settings.supportStudents = support
    settings.maps = maps
    return try MetaTraining(space: SyntheticTasks.space, settings: settings).run(
      tasks: SyntheticTasks.make(5, seed: 1), validation: SyntheticTasks.make(2, seed: 2), seed: 1,
      supervision: Supervision())
  }

  private func error(_ predictor: MetaPredictor, on tasks: [TaskInputs<Float>]) -> Double {
    let errors = tasks.flatMap { task in
      zip(predictor.predictions(for: task), task.accuracies).map { abs($0 - $1) }
    }
    return errors.reduce(0, +) / Double(errors.count)
  }

  @Test func `an offset keeps the order and moves by what the full adaptation moves the support`() throws {
    let guided = try learned()
    var (offset, plain) = (guided, guided)
    offset.adaptation.movement = .offset
    plain.adaptation.steps = 0
    let task = SyntheticTasks.make(1, seed: 3)[0]
    let (shifted, unshifted) = (offset.predictions(for: task), plain.predictions(for: task))
    let differences = zip(shifted, unshifted).map { $0 - $1 }
    #expect(differences.allSatisfy { abs($0 - differences[0]) < 1e-6 })
    #expect(abs(differences[0]) > 1e-3)
    #expect(guided.predictions(for: task) != shifted)

    var teacherAlone = task
    teacherAlone.students = task.teacherPair.students
    teacherAlone.accuracies = [task.teacherAccuracy]
    #expect(abs(guided.predictions(for: teacherAlone)[0] - offset.predictions(for: teacherAlone)[0]) < 1e-6)
  }

  @Test func `reset rates are those that learning starts with`() throws {
    var predictor = try learned()
    let task = SyntheticTasks.make(1, seed: 3)[0]
    predictor.adaptation.rates = .reset
    var same = predictor
    same.adaptation.rates = .learned
    #expect(same.predictions(for: task) != predictor.predictions(for: task))
    same.rates = predictor.rates.mapped { Tensor(repeating: 0.005, shape: $0.shape) }
    #expect(same.predictions(for: task) == predictor.predictions(for: task))
  }

  @Test func `students of the task tell its level as the teacher does`() throws {
    let predictor = try learned(support: 6)
    #expect(predictor.adaptation == Adaptation(steps: 1, usesTeacher: false, students: 6))
    var random = RandomSource(seed: 5)
    let unseen = try SyntheticTasks.make(6, seed: 3).map { try $0.divided(support: 6, random: &random) }
    var unadapted = predictor
    unadapted.adaptation.steps = 0
    #expect(error(predictor, on: unseen) < 0.8 * error(unadapted, on: unseen))
  }

  @Test func `support and query share no student`() throws {
    let task = SyntheticTasks.make(1, students: 9, seed: 1)[0]
    var random = RandomSource(seed: 1)
    let divided = try task.divided(support: 4, random: &random)
    let support = try #require(divided.support)
    #expect((support.accuracies + divided.accuracies).sorted() == task.accuracies.sorted())
    #expect(support.accuracies.count == 4)
    #expect(support.students.maps.shape[0] == 4 && divided.students.codes.shape[0] == 5)
    #expect(throws: TrainingError.tooFewStudents(task: "0", found: 9, support: 9)) {
      try task.divided(support: 9, random: &random)
    }
    #expect(try task.divided(support: 0, random: &random).support == nil)
  }

  @Test func `an episode draws other students each time, and no more than there are`() throws {
    let task = SyntheticTasks.make(1, students: 9, seed: 1)[0]
    var random = RandomSource(seed: 1)
    let draws = try (0..<2).map { _ in
      try TaskDraw(of: task, number: 3, support: 2, most: 4, random: &random)
    }
    for draw in draws {
      #expect(draw.task == 3 && draw.support.count == 2 && draw.students.count == 4)
      #expect(Set(draw.support + draw.students).count == 6)
    }
    #expect(draws[0] != draws[1])
    random = RandomSource(seed: 1)
    #expect(try draws[0] == TaskDraw(of: task, number: 3, support: 2, most: 4, random: &random))
    let all = try TaskDraw(of: task, number: 0, support: 0, most: 50, random: &random)
    #expect(all == TaskDraw(allOf: task, number: 0) && all.students == Array(0..<9))
  }

  @Test func `too small tasks are told before anything is learned`() {
    #expect(throws: TrainingError.tooFewStudents(task: "0", found: 24, support: 24)) {
      try learned(support: 24)
    }
    #expect(
      TrainingError.tooFewStudents(task: "strokes", found: 24, support: 24).problem
        == "strokes has 24 measured students, and 24 of them would be the support")
  }

  @Test(arguments: MapReading.allCases) func `predictors of fewer maps are learned and kept`(
    _ maps: MapReading
  ) throws {
    let predictor = try learned(maps: maps)
    let task = SyntheticTasks.make(1, seed: 3)[0]
    let read = try MetaPredictor(SafeTensors(parsing: predictor.safeTensors.encoded()))
    #expect((read.function as? AccuracyPredictor)?.shape.maps == maps)
    #expect(read.predictions(for: task) == predictor.predictions(for: task))
    let encoders = Set(read.parameters.names.filter { $0.contains("conv1") })
    let names = ["func_encoder.conv1.weight", "teacher_encoder.conv1.weight"]
    #expect(encoders == Set(maps == .both ? names : maps == .student ? [names[0]] : []))
  }

  @Test func `a file keeps the adaptation and its students`() throws {
    var predictor = try learned()
    predictor.adaptation = Adaptation(
      steps: 3, usesTeacher: true, students: 2, movement: .offset, rates: .reset)
    predictor.support["digest"] = SupportStudents(students: SmallTask.students(2), accuracies: [0.25, 0.5])
    let read = try MetaPredictor(SafeTensors(parsing: predictor.safeTensors.encoded()))
    #expect(read.adaptation == predictor.adaptation)
    #expect(read.support == predictor.support)
  }

  /// Files that were written before there was a choice tell the number of steps alone.
  @Test func `older files are read`() throws {
    var file = try learned().safeTensors
    for key in ["adaptation", "support", "maps"] { file.metadata[key] = nil }
    file.metadata["innerSteps"] = "2"
    let read = try MetaPredictor(file)
    #expect(read.adaptation == Adaptation(steps: 2))
    #expect(read.support.isEmpty)
    file.metadata["adaptation"] = "{}"
    #expect(throws: ModelFileError.badMetadata("adaptation")) { try MetaPredictor(file) }
  }

  /// Settings at their defaults keep the keys of the cache that they always had.
  @Test func `defaults leave no trace in the key`() {
    var settings = MetaTrainingSettings()
    #expect(settings.json["supportStudents"] == nil && settings.json["maps"] == nil)
    settings.supportStudents = 3
    settings.maps = .student
    #expect(settings.json["supportStudents"] == 3 && settings.json["maps"] == "student")
  }
}
