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
      let addresses = workers[0].prepare(images: 1, innerFloats: 0)
      addresses.inputs[0] = UnsafeMutablePointer(mutating: image.base)
      addresses.outputs[0] = stemMap.base
      Convolution.run(
        teacher.stem, inputs: 3, outputs: width,
        from: Convolution.Images(addresses: addresses.inputs, count: 1, size: imageSize, pixelStride: 3),
        to: Convolution.Images(
          addresses: addresses.outputs, count: 1, size: imageSize,
          pixelStride: Convolution.padded(teacher.stem.outputs)),
        adding: nil, scratch: workers[0].transforms)
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
    let addresses = workers[0].prepare(images: 1, innerFloats: outputFloats)
    addresses.inputs[0] = arena.base
    addresses.outputs[0] = arena.base + inputFloats
    run(
      block, count: 1, addresses, inputStride: Convolution.padded(block.inputChannels), on: workers[0])
  }

  private func run(_ step: EmbeddingPlan.Step, of plan: EmbeddingPlan, on worker: Worker) {
    let block = step.block
    let size = EmbeddingPlan.mapSize(stage: block.stage, imageSize: imageSize)
    let count = step.nodes.count
    let addresses = worker.prepare(
      images: count, innerFloats: count * size * size * Convolution.padded(block.outputChannels))
    var inputStride = Convolution.padded(block.inputChannels)
    for (place, node) in step.nodes.enumerated() {
      if let parent = plan.nodes[node].parent {
        addresses.inputs[place] = arena.base + plan.nodes[parent].place
      } else {
        addresses.inputs[place] = stemMap.base
        inputStride = Convolution.padded(teacher.stem.outputs)
      }
      addresses.outputs[place] = arena.base + plan.nodes[node].place
    }
    run(block, count: count, addresses, inputStride: inputStride, on: worker)
  }

  /// conv1, conv2 and the shortcut of one block for some images.
  private func run(
    _ block: Architecture.Block, count: Int, _ places: Worker.Places, inputStride: Int, on worker: Worker
  ) {
    let (first, second) = teacher.weights(for: block)
    let outputSize = EmbeddingPlan.mapSize(stage: block.stage, imageSize: imageSize)
    let outputChannels = Convolution.padded(block.outputChannels)
    for place in 0..<count {
      places.inner[place] = worker.inner.base + place * outputSize * outputSize * outputChannels
    }
    let input = Convolution.Images(
      addresses: places.inputs, count: count, size: outputSize * block.stride, pixelStride: inputStride)
    let inner = Convolution.Images(
      addresses: places.inner, count: count, size: outputSize, pixelStride: outputChannels)
    let output = Convolution.Images(
      addresses: places.outputs, count: count, size: outputSize, pixelStride: outputChannels)
    Convolution.run(
      first, inputs: block.inputChannels, outputs: block.outputChannels, from: input, to: inner, adding: nil,
      scratch: worker.transforms)
    var shortcut = Convolution.Addend(images: input, channels: min(block.inputChannels, block.outputChannels))
    if block.stride == 2 {
      // The shortcut is pooled to where the output goes, and the output added to it.
      Convolution.pool(input, to: output, kept: shortcut.channels, channels: block.outputChannels)
      shortcut.images = output
    }
    Convolution.run(
      second, inputs: block.outputChannels, outputs: block.outputChannels, from: inner, to: output,
      adding: shortcut, scratch: worker.transforms)
  }
}

/// The memory of one worker.
private final class Worker {
  typealias Addresses = UnsafeMutablePointer<UnsafeMutablePointer<Float>?>
  typealias Places = (inputs: Addresses, inner: Addresses, outputs: Addresses)

  /// Transformed tiles: about as much as the second-level cache holds.
  private let transformMemory = WorkingMemory(floats: 1 << 19)
  /// Maps between the two convolutions of a block.
  private(set) var inner = WorkingMemory(floats: 1 << 19)
  private var addresses: Addresses
  private var capacity: Int

  var transforms: SharedWeightConvolution.Scratch {
    SharedWeightConvolution.Scratch(base: transformMemory.base, floats: transformMemory.floats)
  }

  init() {
    capacity = 256
    addresses = .allocate(capacity: 3 * capacity)
  }

  deinit { addresses.deallocate() }

  func prepare(images: Int, innerFloats: Int) -> Places {
    if images > capacity {
      addresses.deallocate()
      capacity = 2 * images
      addresses = .allocate(capacity: 3 * capacity)
    }
    if inner.floats < innerFloats { inner = WorkingMemory(floats: innerFloats) }
    return (addresses, addresses + images, addresses + 2 * images)
  }
}
