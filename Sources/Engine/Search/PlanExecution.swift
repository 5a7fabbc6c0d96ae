import Synchronization

/// Runs plans: the teacher's weights, the stem's map and the memory that all parts of a pool share.
///
/// Unchecked: `run` gives every step places of its own in the arena, and every worker its own scratch memory; one
/// `run` at a time is up to the owner.
final class PlanExecution: @unchecked Sendable {
  private typealias Convolution = SharedWeightConvolution

  private let teacher: PackedTeacher
  private let imageSize: Int
  private let image: Tensor<Float>
  /// The teacher's stem on the noise; students read its first channels.
  private let stemMap: WorkingMemory
  private var arena: WorkingMemory
  private let workers: [Worker]

  /// Maps of a plan that take more than 16 MiB have left the caches when the next level reads them.
  private static let nearFloats = 1 << 22

  /// - Parameter noise: (1, S, S, 3).
  init(teacher: PackedTeacher, noise: Tensor<Float>, workers: Int) {
    self.teacher = teacher
    imageSize = noise.shape[1]
    arena = WorkingMemory(floats: 0)
    self.workers = (0..<workers).map { _ in Worker() }
    image = noise.contiguous()
    stemMap = WorkingMemory(floats: imageSize * imageSize * Convolution.padded(teacher.stem.outputs))
    runStem(width: teacher.stem.outputs)
  }

  /// The first channels of the stem's map.
  func runStem(width: Int) {
    withExtendedLifetime(image) {
      let places = workers[0].prepare(images: 1, branches: 1, floats: 0)
      places.inputs[0] = UnsafeMutablePointer(mutating: image.base)
      places.outputs[0] = stemMap.base
      Convolution.run(
        teacher.stem,
        from: Convolution.Images(addresses: places.inputs, count: 1, size: imageSize, pixelStride: 3),
        to: [
          Convolution.Branch(
            inputs: 3, outputs: width,
            images: Convolution.Images(
              addresses: places.outputs, count: 1, size: imageSize,
              pixelStride: Convolution.padded(teacher.stem.outputs)))
        ], scratch: workers[0].transforms)
    }
  }

  /// - Parameter done: told the multiply-adds of each step that ended, from any thread.
  /// - Throws: `Cancelled`.
  func run(
    _ plan: EmbeddingPlan, cancellation: CancellationToken, done: @escaping @Sendable (Int) -> Void = { _ in }
  ) throws {
    makeRoom(for: plan)
    for level in plan.levels {
      try Workers.perform(pieces: level.count, workers: workers.count) { worker, piece in
        try cancellation.check()
        self.run(level[piece], of: plan, on: self.workers[worker])
        done(level[piece].multiplyAdds)
      }
    }
  }

  /// The maps of some of the students of the plan that ran last, (n, h, w, channels).
  func maps(_ students: Range<Int>, of plan: EmbeddingPlan) -> Tensor<Float> {
    let block = plan.nodes[plan.leaves[students.lowerBound]].block
    let size = EmbeddingPlan.mapSize(stage: block.stage, imageSize: imageSize)
    let channels = block.outputChannels
    let padded = Convolution.padded(channels)
    return Tensor(shape: [students.count, size, size, channels]) { out in
      for (number, student) in students.enumerated() {
        let map = arena.base + plan.nodes[plan.leaves[student]].place
        for pixel in 0..<size * size {
          (out + (number * size * size + pixel) * channels).update(
            from: map + pixel * padded, count: channels)
        }
      }
    }
  }

  /// With some to spare, so that the next plan, which may need a little more, does not touch new memory; what is to spare
  /// takes none until it is used.
  private func makeRoom(for plan: EmbeddingPlan) {
    guard arena.floats < plan.floats else { return }
    arena = WorkingMemory(floats: plan.floats + plan.floats / 2)
  }

  /// The whole plan on the calling thread.
  func runOnce(_ plan: EmbeddingPlan) {
    makeRoom(for: plan)
    for step in plan.levels.joined() { run(step, of: plan, on: workers[0]) }
  }

  /// One block on one image of any content, on the calling thread.
  func runAlone(_ block: Architecture.Block) {
    let size = EmbeddingPlan.mapSize(stage: block.stage, imageSize: imageSize)
    let inputSize = size * block.stride
    let inputFloats = inputSize * inputSize * Convolution.padded(block.inputChannels)
    let outputFloats = size * size * Convolution.padded(block.outputChannels)
    if arena.floats < inputFloats + outputFloats {
      arena = WorkingMemory(floats: inputFloats + outputFloats)
      arena.base.update(repeating: 0, count: arena.floats)
    }
    let places = workers[0].prepare(images: 1, branches: 1, floats: outputFloats + inputFloats)
    places.inputs[0] = arena.base
    places.outputs[0] = arena.base + inputFloats
    run(
      [block], images: 1, places, inputStride: Convolution.padded(block.inputChannels), isFar: false,
      on: workers[0])
  }

  private func run(_ step: EmbeddingPlan.Step, of plan: EmbeddingPlan, on worker: Worker) {
    let (families, branches) = (step.families, step.blocks.count)
    let size = EmbeddingPlan.mapSize(stage: step.widest.stage, imageSize: imageSize)
    let channels =
      Convolution.padded(step.widest.inputChannels) + Convolution.padded(step.widest.outputChannels)
    let places = worker.prepare(
      images: families, branches: branches, floats: families * size * size * channels)
    var inputStride = Convolution.padded(step.widest.inputChannels)
    for family in 0..<families {
      let nodes = step.nodes[family * branches..<(family + 1) * branches]
      if let parent = plan.nodes[nodes[nodes.startIndex]].parent {
        places.inputs[family] = arena.base + plan.nodes[parent].place
      } else {
        places.inputs[family] = stemMap.base
        inputStride = Convolution.padded(teacher.stem.outputs)
      }
      for (branch, node) in nodes.enumerated() {
        places.outputs[branch * families + family] = arena.base + plan.nodes[node].place
      }
    }
    run(
      step.blocks, images: families, places, inputStride: inputStride, isFar: plan.floats > Self.nearFloats,
      on: worker)
  }

  /// conv1, conv2 and the shortcut of the blocks of a family, the widest last, for some images: conv1 and what conv2 reads for
  /// the widest, the rest for each.
  private func run(
    _ blocks: [Architecture.Block], images count: Int, _ places: Worker.Places, inputStride: Int, isFar: Bool,
    on worker: Worker
  ) {
    let widest = blocks[blocks.count - 1]
    let (first, second) = teacher.weights(for: widest)
    let size = EmbeddingPlan.mapSize(stage: widest.stage, imageSize: imageSize)
    func images(_ addresses: Worker.Addresses, size: Int, pixelStride: Int) -> Convolution.Images {
      Convolution.Images(addresses: addresses, count: count, size: size, pixelStride: pixelStride)
    }
    let innerStride = Convolution.padded(widest.outputChannels)
    let pooledStride = Convolution.padded(widest.inputChannels)
    for place in 0..<count {
      places.inner[place] = worker.maps.base + place * size * size * innerStride
      places.pooled[place] = worker.maps.base + size * size * (count * innerStride + place * pooledStride)
    }
    let input = images(places.inputs, size: size * widest.stride, pixelStride: inputStride)
    let inner = images(places.inner, size: size, pixelStride: innerStride)
    Convolution.run(
      first, from: input,
      to: [Convolution.Branch(inputs: widest.inputChannels, outputs: widest.outputChannels, images: inner)],
      scratch: worker.transforms)
    var shortcut = input
    if widest.stride == 2 {
      shortcut = images(places.pooled, size: size, pixelStride: pooledStride)
      Convolution.pool(input, to: shortcut, channels: widest.inputChannels)
    }
    Convolution.run(
      second, from: inner,
      to: blocks.enumerated().map { branch, block in
        Convolution.Branch(
          inputs: block.outputChannels, outputs: block.outputChannels,
          images: images(
            places.outputs + branch * count, size: size, pixelStride: Convolution.padded(block.outputChannels)
          ),
          addend: Convolution.Addend(
            images: shortcut, channels: min(block.inputChannels, block.outputChannels)), isFar: isFar)
      }, scratch: worker.transforms)
  }
}

/// The memory of one worker.
private final class Worker {
  typealias Addresses = UnsafeMutablePointer<UnsafeMutablePointer<Float>?>
  typealias Places = (inputs: Addresses, inner: Addresses, pooled: Addresses, outputs: Addresses)

  /// Transformed tiles: about as much as the second-level cache holds.
  private let transformMemory = WorkingMemory(floats: 1 << 18)
  /// What lies between the two convolutions of a block, and pooled inputs.
  private(set) var maps = WorkingMemory(floats: 1 << 19)
  private var addresses: Addresses
  private var capacity: Int

  var transforms: SharedWeightConvolution.Scratch {
    SharedWeightConvolution.Scratch(base: transformMemory.base, floats: transformMemory.floats)
  }

  init() {
    capacity = 1024
    addresses = .allocate(capacity: capacity)
  }

  deinit { addresses.deallocate() }

  /// Room for the addresses of `images`, with `branches` outputs each, and for `floats` of maps.
  func prepare(images: Int, branches: Int, floats: Int) -> Places {
    let count = images * (3 + branches)
    if count > capacity {
      addresses.deallocate()
      capacity = 2 * count
      addresses = .allocate(capacity: capacity)
    }
    if maps.floats < floats { maps = WorkingMemory(floats: floats) }
    return (addresses, addresses + images, addresses + 2 * images, addresses + 3 * images)
  }
}
