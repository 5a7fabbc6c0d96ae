/// A graph of operations in ONNX's form (https://onnx.ai/onnx/repo-docs/IR.html; the numbers of the fields are those
/// of onnx.proto).
struct ONNXGraph {
  /// Of the operators used here all are defined, and unchanged, since version 13 of the operator set.
  private static let operatorSet = 13
  private static let irVersion = 8

  enum Attribute {
    case integer(Int)
    case integers([Int])
  }

  private enum ElementType: Int { case float = 1, int64 = 7 }

  private var nodes: [ProtobufMessage] = []
  private var initializers: [ProtobufMessage] = []

  /// Adds an operation and gives back the name of its output, which is also its own.
  mutating func add(
    _ operation: String, _ inputs: [String], named name: String, _ attributes: [(String, Attribute)] = []
  ) -> String {
    var node = ProtobufMessage()
    for input in inputs { node.text(1, input) }
    node.text(2, name)
    node.text(3, name)
    node.text(4, operation)
    for (name, value) in attributes { node.message(5, Self.attribute(name, value)) }
    nodes.append(node)
    return name
  }

  /// Adds a constant array of numbers and gives back its name.
  mutating func constant(_ tensor: Tensor<Float>, named name: String) -> String {
    let values = tensor.scalars.flatMap { withUnsafeBytes(of: $0.bitPattern.littleEndian) { Array($0) } }
    initializers.append(Self.array(name, shape: tensor.shape, type: .float, values: values))
    return name
  }

  /// Adds a constant list of whole numbers and gives back its name.
  mutating func constant(_ integers: [Int], named name: String) -> String {
    let values = integers.flatMap { withUnsafeBytes(of: Int64($0).littleEndian) { Array($0) } }
    initializers.append(Self.array(name, shape: [integers.count], type: .int64, values: values))
    return name
  }

  /// The file: a model that takes `input` and gives `output`; the first axis of both is the batch, of any size.
  func model(
    name: String, description: String, input: (name: String, shape: [Int]),
    output: (name: String, shape: [Int])
  ) -> [UInt8] {
    var graph = ProtobufMessage()
    for node in nodes { graph.message(1, node) }
    graph.text(2, name)
    for initializer in initializers { graph.message(5, initializer) }
    graph.text(10, description)
    graph.message(11, Self.value(input.name, shape: input.shape))
    graph.message(12, Self.value(output.name, shape: output.shape))
    var operators = ProtobufMessage()
    operators.text(1, "")
    operators.integer(2, Self.operatorSet)
    var model = ProtobufMessage()
    model.integer(1, Self.irVersion)
    model.text(2, "dass")
    model.message(7, graph)
    model.message(8, operators)
    return model.bytes
  }

  private static func attribute(_ name: String, _ value: Attribute) -> ProtobufMessage {
    var attribute = ProtobufMessage()
    attribute.text(1, name)
    switch value {
    case .integer(let integer):
      attribute.integer(3, integer)
      attribute.integer(20, 2)
    case .integers(let integers):
      for integer in integers { attribute.integer(8, integer) }
      attribute.integer(20, 7)
    }
    return attribute
  }

  private static func array(
    _ name: String, shape: [Int], type: ElementType, values: [UInt8]
  ) -> ProtobufMessage {
    var tensor = ProtobufMessage()
    for size in shape { tensor.integer(1, size) }
    tensor.integer(2, type.rawValue)
    tensor.text(8, name)
    tensor.data(9, values)
    return tensor
  }

  private static func value(_ name: String, shape: [Int]) -> ProtobufMessage {
    var dimensions = ProtobufMessage()
    var batch = ProtobufMessage()
    batch.text(2, "N")
    dimensions.message(1, batch)
    for size in shape {
      var dimension = ProtobufMessage()
      dimension.integer(1, size)
      dimensions.message(1, dimension)
    }
    var tensor = ProtobufMessage()
    tensor.integer(1, ElementType.float.rawValue)
    tensor.message(2, dimensions)
    var type = ProtobufMessage()
    type.message(1, tensor)
    var value = ProtobufMessage()
    value.text(1, name)
    value.message(2, type)
    return value
  }
}
