import Engine
import Foundation

/// A dataset of the session.
struct DatasetObject: SessionObject {
  let dataset: Dataset

  var kind: ObjectKind { .dataset }

  var oneLineSummary: String {
    "\(dataset.name), \(dataset.classCount) classes, \(NumberText.grouped(dataset.train.count)) training and "
      + "\(NumberText.grouped(dataset.test.count)) test images of \(dataset.height) x \(dataset.width)"
  }

  func details() -> [(label: String, value: String)] {
    [
      ("classes", dataset.classNames.prefix(40).joined(separator: " ")),
      ("origin", dataset.origin),
      ("digest", String(dataset.digest.prefix(16))),
    ]
  }

  func arrays() -> [NamedArray] {
    [("train", dataset.train), ("test", dataset.test)].flatMap { part, images in
      [
        NamedArray(part + "_images", bytes: images.pixels, shape: images.shape),
        NamedArray(part + "_labels", integers: images.labels, shape: [images.count]),
      ]
    } + [NamedArray("class_names", texts: dataset.classNames)]
  }

  /// A row of samples for each class, as many as a sheet has room for.
  var savedForms: [String] { ["png"] }

  func save(to path: String) throws {
    try AtomicFile.write(try dataset.contactSheet().pngData(), to: path)
  }

  /// A contact sheet of samples.
  func display(_ context: DisplayContext) throws -> MIMEBundle {
    let sheet = dataset.contactSheet(rows: min(dataset.classCount, 8), columns: 12)
    var bundle = MIMEBundle(plainText: oneLineSummary)
    bundle.data["image/png"] = .string(Data(try sheet.pngData()).base64EncodedString())
    bundle.metadata["image/png"] = ["alt": .string("samples of \(oneLineSummary)")]
    return bundle
  }
}

/// A search space of the session.
struct SpaceObject: SessionObject {
  let space: ResNetSpace

  var kind: ObjectKind { .space }

  var oneLineSummary: String {
    let teacher = space.cost(of: space.teacher)
    return
      "\(space.name), \(NumberText.count(space.studentCount)) students, teacher of "
      + "\(NumberText.count(Double(teacher.multiplyAdds))) multiply-adds and "
      + "\(NumberText.count(Double(teacher.parameters))) parameters at \(space.imageSize) x \(space.imageSize)"
  }

  func details() -> [(label: String, value: String)] {
    [
      ("blocks", blocks),
      ("full widths", space.widths.map(String.init).joined(separator: ", ")),
      ("teacher's depth", teacherDepth),
      ("students' depths", studentDepths),
      ("width ratios", space.ratios.map { Quantity.shortest($0) }.joined(separator: ", ")),
      ("full at their ends", space.fullEnds == .every ? "every stage" : "the last stage"),
      ("image size", "\(space.imageSize)"),
      ("architecture code", "\(space.encoding.rawValue), length \(space.codeLength)"),
    ]
  }
}

extension SpaceObject {
  private var blocks: String {
    switch space.kind {
    case .basic: "basic"
    case .bottleneck(let kind):
      "bottleneck, middle widths \(Quantity.shortest(kind.expansion)) of the block's, stem of \(kind.stemWidth)"
    }
  }

  private var hasBase: Bool { space.baseDepths.contains { $0 > 0 } }

  private var teacherDepth: String {
    hasBase
      ? space.teacherDepths.map(String.init).joined(separator: ", ") + " blocks"
      : "\(space.teacherDepth) blocks a stage"
  }

  private var studentDepths: String {
    let range = "\(space.studentDepths.lowerBound) to \(space.studentDepths.upperBound)"
    return hasBase ? "\(range) more than " + space.baseDepths.map(String.init).joined(separator: ", ") : range
  }
}

/// A teacher of the session, with the dataset it was trained on.
struct TeacherObject: SessionObject {
  let teacher: Teacher
  /// Nil where it was loaded without.
  let dataset: Dataset?
  /// How it was made: settings and seed.
  let making: String

  var kind: ObjectKind { .teacher }

  var oneLineSummary: String {
    "largest network of \(teacher.space.name) on \(teacher.datasetName), test accuracy "
      + "\(NumberText.percent(teacher.accuracy, digits: 1)), \(making)"
  }

  func details() -> [(label: String, value: String)] {
    let cost = teacher.space.cost(of: teacher.architecture, classes: teacher.classes)
    return [
      ("test accuracy", NumberText.percent(teacher.accuracy, digits: 2)),
      ("architecture", teacher.architecture.text),
      ("multiply-adds", NumberText.count(Double(cost.multiplyAdds))),
      ("parameters", NumberText.count(Double(cost.parameters))),
      ("dataset", "\(teacher.datasetName) (\(teacher.datasetDigest.prefix(16)))"),
      ("digest", String(teacher.digest.prefix(16))),
    ]
  }

  /// The weights, under the names that the authors' PyTorch module has for them.
  func arrays() -> [NamedArray] { [NamedArray](teacher.safeTensors) }

  var savedForms: [String] { ["safetensors", "onnx", "pt", "pth", "tar"] }

  /// Safetensors hold all that `load` needs to have the teacher again; the other forms are for other programs.
  func save(to path: String) throws {
    switch NetworkFile.Form(path: path) {
    case .safetensors: try teacher.safeTensors.write(to: path)
    case let form?:
      let network = NetworkFile(
        teacher, classNames: dataset?.classNames ?? (0..<teacher.classes).map(String.init))
      try AtomicFile.write(try network.encoded(as: form), to: path)
    case nil: throw Diagnostic(.argument, "a PyTorch checkpoint is saved as `.pth.tar`, `.pth` or `.pt`")
    }
  }
}
