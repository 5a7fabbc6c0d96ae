import Engine
import Foundation

/// The commands that make datasets and spaces.
enum DataCommands {
  static let all: [CommandDeclaration] = [.glyphs, .digits, .files, .vary]
}

extension CommandDeclaration {
  static let glyphs = CommandDeclaration(
    "glyphs", group: .data, summary: "makes a dataset of the characters of a script",
    discussion:
      "One class a character, rendered from the fonts on this machine with small random changes. The test part uses "
      + "font families that the training part never shows.",
    parameters: [
      .required(
        "script", .choice(Script.allCases.map(\.rawValue)), "the characters to tell apart",
        suggestions: ["\"greek\""])
    ],
    clauses: [
      .optional("size", .integer(8...256), default: "16", "pixels on each side"),
      .optional("classes", .integer(2...200), "how many characters; all when left out"),
      .optional("images", .integer(1...10_000), default: "120", "training images of each class"),
      .optional("seed", .seed, default: "1", "starts the random changes"),
    ],
    result: .object(.dataset),
    examples: [
      CommandExample("dataset greek = glyphs \"greek\" size 16 classes 10", "ten Greek letters")
    ]
  ) { arguments, context in
    guard let script = Script(rawValue: try arguments.text("script")) else {
      throw arguments.error(for: "script", "there is no such script")
    }
    return .object(
      DatasetObject(
        dataset: try Glyphs.dataset(
          script: script, size: try arguments.integer("size"),
          classes: try arguments.ifPresent("classes") { try $0.integer($1) },
          imagesPerClass: try arguments.integer("images"), channels: 1,
          seed: UInt64(try arguments.integer("seed")), supervision: context.supervision)))
  }

  static let digits = CommandDeclaration(
    "digits", group: .data, summary: "makes the dataset of handwritten digits that scikit-learn ships",
    clauses: [.optional("size", .integer(8...256), default: "16", "pixels on each side")],
    result: .object(.dataset),
    examples: [CommandExample("dataset scans = digits size 16", "1,797 scans, enlarged from 8 x 8")]
  ) { arguments, context in
    let size = try arguments.integer("size")
    let scans = try Digits.dataset(dataFolder: context.environment.dataDirectory.path)
    return .object(DatasetObject(dataset: try scans.resized(height: size, width: size)))
  }

  static let files = CommandDeclaration(
    "files", group: .data, summary: "reads a dataset from a folder",
    discussion:
      "The folder holds `train_images.npy`, `train_labels.npy` and the same for `test`, or PNG and JPEG images in "
      + "`train/CLASS/` and `test/CLASS/`, or in `CLASS/` alone, of which a fifth is then held out. Tiny ImageNet's "
      + "splits lie in `10_split/split_0.npz` and so on.",
    parameters: [.required("folder", .path, "where the images are")],
    clauses: [
      .optional("size", .integer(8...512), "pixels on each side, to which the images are brought"),
      .optional("part", .integer(0...9), "the number of a split, for Tiny ImageNet"),
      .optional(
        "images", .integer(1...1_000_000), "training images of each class, the first ones; all when left out"),
      .optional("seed", .seed, default: "1", "chooses what is held out"),
    ],
    result: .object(.dataset),
    examples: [
      CommandExample("dataset cars = files \"data/stanford_cars\" size 64", "the paper's layout"),
      CommandExample("dataset t0 = files \"data/tiny_imagenet\" part 0", "one of ten splits"),
      CommandExample("dataset sketches = files \"data/quickdraw\" size 64 images 20", "as in the paper"),
    ]
  ) { arguments, context in
    do {
      return .object(
        DatasetObject(
          dataset: try Dataset.load(
            folder: try arguments.text("folder"),
            size: try arguments.ifPresent("size") { try $0.integer($1) },
            part: try arguments.ifPresent("part") { try $0.integer($1) },
            imagesPerClass: try arguments.ifPresent("images") { try $0.integer($1) },
            seed: UInt64(try arguments.integer("seed")), supervision: context.supervision)))
    } catch let error as any ExplainedError {
      throw arguments.error(for: "folder", error)
    }
  }

  static let vary = CommandDeclaration(
    "vary", group: .data, summary: "makes a search space like another one, with changes",
    parameters: [.required("space", .object(.space), "the space to start from")],
    clauses: [
      .optional("widths", .integers(1...4096), "full width of each of the four stages"),
      .optional("depth", .integer(0...64), "blocks in each stage of the teacher, beside those of `base`"),
      .optional("students", .range(0...64), "blocks in each stage of a student, beside those of `base`"),
      .optional("base", .integers(0...64), "blocks that each of the four stages has in every network"),
      .optional("ratios", .numbers(nil, 0...1), "allowed fractions of the full width, ending in 1"),
      .optional(
        "expansion", .number(nil, 0.01...4),
        "of bottleneck blocks: their middle width as a fraction of the block's"),
      .optional("stem", .integer(1...4096), "of bottleneck blocks: channels that leave the stem"),
      .optional("size", .integer(8...512), "pixels on each side of the images"),
      .optional(
        "code", .choice(ResNetSpace.Encoding.allCases.map(\.rawValue)), "how architectures are encoded"),
      .optional(
        "ends", .choice(ResNetSpace.FullEnds.allCases.map(\.rawValue)),
        "which stages must end with their full width: every one, as in the paper, or the last alone"),
    ],
    result: .object(.space),
    examples: [
      CommandExample(
        "space small = vary resnet widths 8, 16, 32, 64 depth 3 students 1..3 ratios 0.25, 0.5, 0.75, 1 size 16",
        "a space for small images"),
      CommandExample(
        "space narrow = vary ofa-resnet50 widths 64, 96, 128, 160 base 1, 1, 1, 1 stem 16 size 64",
        "bottleneck blocks for small images"),
    ]
  ) { arguments, context in
    let base: SpaceObject = try arguments.object("space")
    let depth = try arguments.ifPresent("depth") { try $0.integer($1) } ?? base.space.teacherDepth
    let students =
      try arguments.ifPresent("students") { try $0.range($1) }
      ?? base.space.studentDepths.clamped(to: 0...depth)
    let encoding = try arguments.ifPresent("code") { try $0.text($1) }.flatMap(ResNetSpace.Encoding.init)
    var space = try ResNetSpace(
      name: arguments.targetName ?? "a variant of \(base.space.name)",
      widths: try arguments.ifPresent("widths") { try $0.integers($1) } ?? base.space.widths,
      teacherDepth: depth, studentDepths: students,
      ratios: try arguments.ifPresent("ratios") { try $0.numbers($1) } ?? base.space.ratios,
      imageSize: try arguments.ifPresent("size") { try $0.integer($1) } ?? base.space.imageSize,
      encoding: encoding ?? base.space.encoding, kind: try arguments.blockKind(changing: base.space.kind),
      baseDepths: try arguments.ifPresent("base") { try $0.integers($1) } ?? base.space.baseDepths)
    space.fullEnds =
      try arguments.ifPresent("ends") { try $0.text($1) }.flatMap(ResNetSpace.FullEnds.init)
      ?? base.space.fullEnds
    return .object(SpaceObject(space: space))
  }
}

extension Arguments {
  /// - Throws: a diagnostic if basic blocks are to have what only bottleneck blocks have.
  fileprivate func blockKind(changing kind: BlockKind) throws -> BlockKind {
    guard case .bottleneck(var bottleneck) = kind else {
      if let clause = ["expansion", "stem"].first(where: has) {
        throw error(
          for: clause, "only bottleneck blocks have that", advice: "vary ofa-resnet50, whose blocks are such")
      }
      return kind
    }
    bottleneck.expansion = try ifPresent("expansion") { try $0.number($1) } ?? bottleneck.expansion
    bottleneck.stemWidth = try ifPresent("stem") { try $0.integer($1) } ?? bottleneck.stemWidth
    return .bottleneck(bottleneck)
  }
}
