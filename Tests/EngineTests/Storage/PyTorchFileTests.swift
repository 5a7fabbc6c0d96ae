import Foundation
import Testing

@testable import Engine

@Suite("Files of PyTorch") struct PyTorchFileTests {
  @Test func `checkpoints give their state_dict`() throws {
    let file = try PyTorchFile(parsing: PyTorchFixtures.checkpoint)
    let weights = try file.weights()
    #expect(weights["conv1.weight"]?.shape == [2, 2])
    #expect(weights["conv1.weight"]?.values == [1.5, -2, 3, 4])
    #expect(weights["bn1.num_batches_tracked"]?.values == [7])
    #expect(weights["fc.bias"]?.values == [0.5, 0.25])
    #expect(weights["fc.bias"]?.storedType == .float16)
    #expect(weights.metadata == ["epoch": "3", "best_acc": "81.25"])
  }

  @Test func `the old form and strides are read`() throws {
    let weights = try PyTorchFile(parsing: PyTorchFixtures.legacy).weights()
    #expect(weights["a"]?.shape == [3, 2])
    #expect(weights["a"]?.values == [0, 3, 1, 4, 2, 5])
    #expect(weights["p"]?.values == [1, 1])
  }

  @Test func `nothing is executed`() throws {
    let trace = "/tmp/dass-was-executed"
    try? FileManager.default.removeItem(atPath: trace)
    let file = try PyTorchFile(parsing: PyTorchFixtures.hostile)
    #expect(try file.weights().tensors.map(\.name) == ["w"])
    #expect(!FileManager.default.fileExists(atPath: trace))
    guard case .foreign(let name) = file.root.dictionaryValue?["evil"] else {
      Issue.record("the hostile object was taken for something")
      return
    }
    #expect(name == "posix.system")
  }

  @Test func `features are read as arrays by their paths`() throws {
    let arrays = try PyTorchFile(parsing: PyTorchFixtures.checkpoint).arrays()
    let names = arrays.map(\.name)
    #expect(names.contains("state_dict/conv1.weight"))
    #expect(arrays.first { $0.name == "best_acc" }?.values == [81.25])
  }

  @Test func `the authors' features become a task`() throws {
    let folder = try TemporaryFolder()
    let students = try folder.write(PyTorchFixtures.studentFeatures, "cub-logs_noise_actmap.pt")
    let teacher = try folder.write(PyTorchFixtures.teacherFeatures, "teacher/cub-logs_noise_actmap.pt")
    let task = try FeatureTask(students: students, teacher: teacher, space: SmallTask.tiny)
    #expect(task.inputs.name == "cub")
    #expect(task.inputs.teacherAccuracy == 0.905)
    #expect(task.inputs.accuracies == [0.815, 0.6225])
    #expect(task.inputs.students.maps.shape == [2, 2, 2, 8])
    // Channels come last here and first there.
    #expect(task.inputs.students.maps.scalars[0..<2] == [-1.1, 0.8])
    #expect(task.inputs.students.maps.scalars[8..<10] == [-1.2, 0.7])
    #expect(task.inputs.students.maps.scalars[32..<34] == [-0.6, 0.4])
    #expect(task.inputs.students.codes.scalars[0..<3] == [1, 1, 0])
    let settings = {
      var settings = MetaTrainingSettings()
      settings.episodes = 1
      return settings
    }()
    _ = try MetaTraining(space: SmallTask.tiny, settings: settings).run(
      tasks: [task.inputs], validation: [], seed: 1, supervision: Supervision())
    #expect(
      words { _ = try FeatureTask(students: students, teacher: teacher, space: .demo) }
        == "“\(students)”: “arch_enc” has the shape [13], which is not that of the space")
    let wrong = try folder.write(PyTorchFixtures.checkpoint, "x.pt")
    #expect(
      words { _ = try FeatureTask(students: wrong, teacher: teacher, space: SmallTask.tiny) }
        == "“\(wrong)”: the file has no list “best_acc” of the right kind")
  }

  @Test func `what is written is read back`() throws {
    let tensors = [
      SafeTensors.Tensor(name: "bn1.running_var", shape: [2], values: [1, 2]),
      SafeTensors.Tensor(name: "fc.weight", shape: [2, 1, 3], values: [1, 2, 3, 4, 5, 6]),
    ]
    let bytes = PyTorchFile.checkpoint([("state_dict", tensors)], texts: ["space": "{}"])
    let weights = try PyTorchFile(parsing: bytes).weights()
    #expect(weights["fc.weight"] == tensors[1])
    #expect(weights["bn1.running_var"] == tensors[0])
    #expect(weights["bn1.num_batches_tracked"]?.shape == [])
    #expect(weights.metadata == ["space": "{}"])
  }

  @Test func `a teacher goes through PyTorch's form and back`() throws {
    let folder = try TemporaryFolder()
    let teacher = SmallTask.teacher(of: SmallTask.tiny, classes: 2)
    let path = try folder.write(
      NetworkFile(teacher, classNames: ["a", "b"]).encoded(as: .pthTar), "t.pth.tar")
    let again = try Teacher(
      weightsOf: SafeTensors(weightsAt: path), space: SmallTask.tiny, dataset: SmallTask.stripes(),
      cancellation: CancellationToken())
    #expect(again.digest == teacher.digest)
  }

  @Test func `errors name what is wrong`() throws {
    #expect(words { _ = try PyTorchFile(parsing: [1, 2, 3]) } == "the content was not written by torch.save")
    let archive = FileFixtures.storedArchive
    #expect(words { _ = try PyTorchFile(parsing: archive) }.hasPrefix("the archive holds no data.pkl"))
    #expect(
      words { _ = try PyTorchFile(parsing: Array(PyTorchFixtures.legacy.dropLast(3))) }
        == "the PyTorch file ends too early")
    let folder = try TemporaryFolder()
    let path = try folder.write([0x80, 2, 0x4E, 0x2E], "x.pt")
    #expect(
      words { _ = try SafeTensors(weightsAt: path) } == "“\(path)”: the content was not written by torch.save"
    )
  }
}
