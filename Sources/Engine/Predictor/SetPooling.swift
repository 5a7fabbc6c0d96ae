/// Turns a set of vectors into one, whatever the order and the number: two blocks of self-attention, then attention from
/// one learned query, then a linear layer (Lee et al., Set Transformer, ICML 2019, as MetaD2A uses it).
///
/// Heads share the width evenly, scores are divided by the root of the whole width, and nothing is normalized.
struct SetPooling: Sendable {
  /// What the names of its tensors begin with.
  var name: String
  /// Length of the vectors that go in.
  var inputs: Int
  /// Length of those inside, and of the one that comes out.
  var width: Int
  var heads = 4

  private var blocks: [(name: String, inputs: Int)] {
    [("\(name).enc.0.mab", inputs), ("\(name).enc.1.mab", width), ("\(name).dec.0.mab", width)]
  }

  /// Named as in MetaD2A's checkpoints.
  var tensorShapes: [(name: String, shape: [Int])] {
    let attention = blocks.flatMap { block in
      ["fc_q", "fc_k", "fc_v", "fc_o"].flatMap { layer in
        [
          ("\(block.name).\(layer).weight", [width, layer == "fc_o" ? width : block.inputs]),
          ("\(block.name).\(layer).bias", [width]),
        ]
      }
    }
    return attention + [
      ("\(name).dec.0.S", [1, 1, width]), ("\(name).dec.1.weight", [width, width]),
      ("\(name).dec.1.bias", [width]),
    ]
  }

  /// (sets, members, inputs) -> (sets, width)
  func callAsFunction<Scalar>(
    _ sets: Tensor<Scalar>, _ parameters: TensorDictionary<Scalar>
  ) -> Tensor<Scalar> {
    var members = sets
    for block in blocks.prefix(2) { members = attend(members, to: members, block.name, parameters) }
    let query = parameters["\(name).dec.0.S"].broadcast(to: [sets.shape[0], 1, width])
    let pooled = attend(query, to: members, blocks[2].name, parameters)
    return layer(pooled, "\(name).dec.1", parameters).reshaped(to: [sets.shape[0], width])
  }

  /// o = q + softmax(q k^T / sqrt(width)) v a head, then o + relu(W o + b).
  private func attend<Scalar>(
    _ queries: Tensor<Scalar>, to members: Tensor<Scalar>, _ block: String,
    _ parameters: TensorDictionary<Scalar>
  ) -> Tensor<Scalar> {
    let q = split(layer(queries, "\(block).fc_q", parameters))
    let k = split(layer(members, "\(block).fc_k", parameters))
    let v = split(layer(members, "\(block).fc_v", parameters))
    let scores = q.timesEach(k.permuted([0, 2, 1])) / Scalar(Double(width).squareRoot())
    let attended = joined(q + scores.softmax().timesEach(v), sets: queries.shape[0])
    return attended + layer(attended, "\(block).fc_o", parameters).rectified()
  }

  /// A linear layer of every vector.
  private func layer<Scalar>(
    _ vectors: Tensor<Scalar>, _ name: String, _ parameters: TensorDictionary<Scalar>
  ) -> Tensor<Scalar> {
    let (sets, members) = (vectors.shape[0], vectors.shape[1])
    return vectors.reshaped(to: [sets * members, vectors.shape[2]])
      .linear(name, parameters)
      .reshaped(to: [sets, members, width])
  }

  /// (sets, members, width) -> (sets * heads, members, width / heads)
  private func split<Scalar>(_ vectors: Tensor<Scalar>) -> Tensor<Scalar> {
    let (sets, members) = (vectors.shape[0], vectors.shape[1])
    return vectors.reshaped(to: [sets, members, heads, width / heads]).permuted([0, 2, 1, 3])
      .reshaped(to: [sets * heads, members, width / heads])
  }

  private func joined<Scalar>(_ parts: Tensor<Scalar>, sets: Int) -> Tensor<Scalar> {
    let members = parts.shape[1]
    return parts.reshaped(to: [sets, heads, members, width / heads]).permuted([0, 2, 1, 3])
      .reshaped(to: [sets, members, width])
  }
}
