import COneDNN
import Synchronization

/// Convolutions by oneDNN 2.6, the only file that knows it.
///
/// Images stay in the layout NHWC from layer to layer, which oneDNN serves at or near its best speed at all
/// the widths of this program; weights are reordered from whatever strided view they are into the layout that
/// the chosen kernel wants. Prepared kernels are kept, for preparing one costs far more than a small product.
enum OneDNN {
  static func convolve(_ call: ConvolutionCall<Float>, bias: UnsafeMutablePointer<Float>, epilogue: Epilogue)
  {
    precondition(call.product == .forward, "only a forward product has an epilogue")
    let kernel = prepared(
      PreparedConvolution.Key(
        product: call.product, geometry: call.geometry, weightStrides: call.weightStrides, hasBias: true,
        epilogue: epilogue))
    guard let count = kernel.packedCount else {
      return kernel.run(input: call.input, packed: call.weight, output: call.output, bias: bias)
    }
    let packed = TensorStorage<Float>(count: count)
    kernel.pack(call.weight, into: packed.pointer)
    kernel.run(input: call.input, packed: packed.pointer, output: call.output, bias: bias)
  }

  /// The processors that this process may use, which libgomp, the thread library behind oneDNN, can tell.
  static var processors: Int { Int(omp_get_num_procs()) }

  /// What happens to the output of a forward product before it is stored.
  struct Epilogue: Hashable {
    /// Adds what the output buffer already holds.
    var accumulates = false
    /// Takes the positive part at the end.
    var rectifies = false

    static var none: Epilogue { Epilogue() }
  }

  /// - Parameter weightStrides: of the weight that is read; a gradient is written dense.
  static func kernel(
    _ product: ConvolutionProduct, _ geometry: ConvolutionGeometry, weightStrides: [Int]
  ) -> any ConvolutionKernel<Float> {
    prepared(
      PreparedConvolution.Key(
        product: product, geometry: geometry, weightStrides: weightStrides, hasBias: false, epilogue: .none))
  }

  private static let cache = Mutex<[PreparedConvolution.Key: PreparedConvolution]>([:])
  private static let cacheLimit = 4096

  private static func prepared(_ key: PreparedConvolution.Key) -> PreparedConvolution {
    if let known = cache.withLock({ $0[key] }) { return known }
    let fresh = PreparedConvolution(key)
    cache.withLock { cache in
      if cache.count >= cacheLimit { cache.removeAll() }
      cache[key] = fresh
    }
    return fresh
  }
}

/// A convolution kernel and the reorder of its weights, ready to run from any thread.
///
/// Unchecked: all handles are written once in `init`; oneDNN allows concurrent executions of a primitive whose
/// scratchpad is the caller's.
private final class PreparedConvolution: ConvolutionKernel, @unchecked Sendable {
  struct Key: Hashable {
    var product: ConvolutionProduct
    var geometry: ConvolutionGeometry
    var weightStrides: [Int]
    var hasBias: Bool
    var epilogue: OneDNN.Epilogue
  }

  private static let engine: Handle = {
    var engine: dnnl_engine_t?
    check(dnnl_engine_create(&engine, dnnl_cpu, 0), "dnnl_engine_create")
    return Handle(engine)
  }()

  private let product: ConvolutionProduct
  private let kernel: dnnl_primitive_t?
  private let reorder: dnnl_primitive_t?
  private let image: dnnl_memory_desc_t
  private let output: dnnl_memory_desc_t
  private let plainWeight: dnnl_memory_desc_t
  private let packedWeight: dnnl_memory_desc_t
  private let bias: dnnl_memory_desc_t?
  private let scratchpad: dnnl_memory_desc_t
  private let scratchBytes: Int
  /// Streams and memory objects of finished runs, for the next ones.
  private let idle = Mutex<[Execution]>([])

  let packedCount: Int?

  init(_ key: Key) {
    let g = key.geometry
    product = key.product
    let engine = Self.engine.pointer
    image = Self.describe(g.inputShape, order: [0, 3, 1, 2])
    output = Self.describe(g.outputShape, order: [0, 3, 1, 2])
    plainWeight = Self.describe(g.weightShape, strides: key.weightStrides)
    let bias = Self.describe([g.outputChannels], strides: [1])
    self.bias = key.hasBias ? bias : nil
    var anyWeight = dnnl_memory_desc_t()
    withDimensions(g.weightShape) {
      Self.check(
        dnnl_memory_desc_init_by_tag(&anyWeight, 4, $0, dnnl_f32, dnnl_format_tag_any),
        "dnnl_memory_desc_init")
    }

    var attributes: dnnl_primitive_attr_t?
    Self.check(dnnl_primitive_attr_create(&attributes), "dnnl_primitive_attr_create")
    defer { dnnl_primitive_attr_destroy(attributes) }
    Self.check(
      dnnl_primitive_attr_set_scratchpad_mode(attributes, dnnl_scratchpad_mode_user),
      "dnnl_set_scratchpad_mode")
    Self.append(key.epilogue, to: attributes)

    let forward = Self.forwardDescription(key, image, anyWeight, bias, output, attributes, engine)
    var description = forward
    if key.product != .forward {
      description = Self.backwardDescription(key, image, anyWeight, output, attributes, engine, hint: forward)
    }
    defer {
      dnnl_primitive_desc_destroy(description)
      if key.product != .forward { dnnl_primitive_desc_destroy(forward) }
    }
    let weightQuery = key.product == .weightGradient ? dnnl_query_diff_weights_md : dnnl_query_weights_md
    packedWeight = Self.query(description, weightQuery)
    scratchpad = Self.query(description, dnnl_query_scratchpad_md)
    scratchBytes = Self.size(scratchpad)
    var kernel: dnnl_primitive_t?
    Self.check(dnnl_primitive_create(&kernel, description), "dnnl_primitive_create")
    self.kernel = kernel

    var (from, to) = (plainWeight, packedWeight)
    if key.product == .weightGradient { swap(&from, &to) }
    guard dnnl_memory_desc_equal(&from, &to) == 0 else {
      reorder = nil
      packedCount = nil
      return
    }
    var reorderDescription: dnnl_primitive_desc_t?
    Self.check(
      dnnl_reorder_primitive_desc_create(&reorderDescription, &from, engine, &to, engine, nil), "dnnl_reorder"
    )
    defer { dnnl_primitive_desc_destroy(reorderDescription) }
    var reorder: dnnl_primitive_t?
    Self.check(dnnl_primitive_create(&reorder, reorderDescription), "dnnl_primitive_create")
    self.reorder = reorder
    packedCount = Self.size(packedWeight) / MemoryLayout<Float>.stride
  }

  deinit {
    dnnl_primitive_destroy(kernel)
    dnnl_primitive_destroy(reorder)
  }

  func pack(_ weight: UnsafePointer<Float>, into packed: UnsafeMutablePointer<Float>) {
    convert(weight, plainWeight, to: packed, packedWeight)
  }

  func unpack(_ packed: UnsafePointer<Float>, into weight: UnsafeMutablePointer<Float>) {
    convert(packed, packedWeight, to: weight, plainWeight)
  }

  private func convert(
    _ source: UnsafePointer<Float>, _ sourceForm: dnnl_memory_desc_t,
    to target: UnsafeMutablePointer<Float>, _ targetForm: dnnl_memory_desc_t
  ) {
    let run = Execution(
      engine: Self.engine.pointer, [(DNNL_ARG_FROM, sourceForm), (DNNL_ARG_TO, targetForm)])
    run.perform(reorder, with: [UnsafeMutableRawPointer(mutating: source), UnsafeMutableRawPointer(target)])
  }

  func run(
    input: UnsafeMutablePointer<Float>, packed: UnsafeMutablePointer<Float>,
    output: UnsafeMutablePointer<Float>
  ) {
    run(input: input, packed: packed, output: output, bias: nil)
  }

  func run(
    input: UnsafeMutablePointer<Float>, packed: UnsafeMutablePointer<Float>,
    output: UnsafeMutablePointer<Float>, bias biasPointer: UnsafeMutablePointer<Float>?
  ) {
    let run = idle.withLock { $0.popLast() } ?? Execution(engine: Self.engine.pointer, arguments)
    let scratch = scratchBytes == 0 ? nil : BufferPool.take(bytes: scratchBytes)
    run.perform(
      kernel,
      with: [
        UnsafeMutableRawPointer(input), UnsafeMutableRawPointer(packed), UnsafeMutableRawPointer(output),
        scratch,
        biasPointer.map { UnsafeMutableRawPointer($0) },
      ])
    if let scratch { BufferPool.giveBack(scratch, bytes: scratchBytes) }
    idle.withLock { $0.append(run) }
  }

  private var arguments: [(Int32, dnnl_memory_desc_t)] {
    let common = [
      (product == .dataGradient ? DNNL_ARG_DIFF_SRC : DNNL_ARG_SRC, image),
      (product == .weightGradient ? DNNL_ARG_DIFF_WEIGHTS : DNNL_ARG_WEIGHTS, packedWeight),
      (product == .forward ? DNNL_ARG_DST : DNNL_ARG_DIFF_DST, output), (DNNL_ARG_SCRATCHPAD, scratchpad),
    ]
    return common + (bias.map { [(DNNL_ARG_BIAS, $0)] } ?? [])
  }

  // MARK: Descriptions

  private static func forwardDescription(
    _ key: Key, _ image: dnnl_memory_desc_t, _ weight: dnnl_memory_desc_t, _ bias: dnnl_memory_desc_t,
    _ output: dnnl_memory_desc_t, _ attributes: dnnl_primitive_attr_t?, _ engine: dnnl_engine_t?
  ) -> dnnl_primitive_desc_t? {
    var (image, weight, bias, output) = (image, weight, bias, output)
    var operation = dnnl_convolution_desc_t()
    // The prop kind of inference allows kernels that keep nothing for a backward pass.
    let kind = key.product == .forward ? dnnl_forward_inference : dnnl_forward_training
    withWindow(key.geometry) { strides, padding, endPadding in
      withUnsafeMutablePointer(to: &bias) { biasPointer in
        check(
          dnnl_convolution_forward_desc_init(
            &operation, kind, dnnl_convolution_direct, &image, &weight, key.hasBias ? biasPointer : nil,
            &output,
            strides, padding, endPadding), "dnnl_convolution_forward_desc_init")
      }
    }
    var description: dnnl_primitive_desc_t?
    check(
      dnnl_primitive_desc_create(&description, &operation, attributes, engine, nil),
      "dnnl_primitive_desc_create")
    return description
  }

  private static func backwardDescription(
    _ key: Key, _ image: dnnl_memory_desc_t, _ weight: dnnl_memory_desc_t, _ output: dnnl_memory_desc_t,
    _ attributes: dnnl_primitive_attr_t?, _ engine: dnnl_engine_t?, hint: dnnl_primitive_desc_t?
  ) -> dnnl_primitive_desc_t? {
    var (image, weight, output) = (image, weight, output)
    var operation = dnnl_convolution_desc_t()
    withWindow(key.geometry) { strides, padding, endPadding in
      if key.product == .dataGradient {
        check(
          dnnl_convolution_backward_data_desc_init(
            &operation, dnnl_convolution_direct, &image, &weight, &output, strides, padding, endPadding),
          "dnnl_convolution_backward_data_desc_init")
      } else {
        check(
          dnnl_convolution_backward_weights_desc_init(
            &operation, dnnl_convolution_direct, &image, &weight, nil, &output, strides, padding, endPadding),
          "dnnl_convolution_backward_weights_desc_init")
      }
    }
    var description: dnnl_primitive_desc_t?
    check(
      dnnl_primitive_desc_create(&description, &operation, attributes, engine, hint),
      "dnnl_primitive_desc_create")
    return description
  }

  private static func append(_ epilogue: OneDNN.Epilogue, to attributes: dnnl_primitive_attr_t?) {
    guard epilogue != .none else { return }
    var operations: dnnl_post_ops_t?
    check(dnnl_post_ops_create(&operations), "dnnl_post_ops_create")
    defer { dnnl_post_ops_destroy(operations) }
    if epilogue.accumulates { check(dnnl_post_ops_append_sum(operations, 1), "dnnl_post_ops_append_sum") }
    if epilogue.rectifies {
      check(
        dnnl_post_ops_append_eltwise(operations, 1, dnnl_eltwise_relu, 0, 0), "dnnl_post_ops_append_eltwise")
    }
    check(dnnl_primitive_attr_set_post_ops(attributes, operations), "dnnl_primitive_attr_set_post_ops")
  }

  /// A dense array given in storage order; `order` lists its axes as oneDNN counts them (N, C, H, W).
  private static func describe(_ shape: [Int], order: [Int]) -> dnnl_memory_desc_t {
    let strides = shape.rowMajorStrides
    return describe(order.map { shape[$0] }, strides: order.map { strides[$0] })
  }

  private static func describe(_ shape: [Int], strides: [Int]) -> dnnl_memory_desc_t {
    var description = dnnl_memory_desc_t()
    withDimensions(shape) { shapePointer in
      withDimensions(strides) { stridesPointer in
        check(
          dnnl_memory_desc_init_by_strides(
            &description, Int32(shape.count), shapePointer, dnnl_f32, stridesPointer),
          "dnnl_memory_desc_init_by_strides")
      }
    }
    return description
  }

  private static func query(_ description: dnnl_primitive_desc_t?, _ what: dnnl_query_t) -> dnnl_memory_desc_t
  {
    dnnl_primitive_desc_query_md(description, what, 0)?.pointee ?? dnnl_memory_desc_t()
  }

  private static func size(_ description: dnnl_memory_desc_t) -> Int {
    var description = description
    return dnnl_memory_desc_get_size(&description)
  }

  /// A failure here is an error of this program: all sizes were checked before.
  static func check(_ status: dnnl_status_t, _ function: String) {
    precondition(status == dnnl_success, "\(function) of oneDNN failed with status \(status.rawValue)")
  }
}

/// A stream and the memory objects of one run at a time.
///
/// Unchecked: whoever has it is the only one.
private final class Execution: @unchecked Sendable {
  private let stream: dnnl_stream_t?
  private let arguments: [dnnl_exec_arg_t]

  init(engine: dnnl_engine_t?, _ arguments: [(Int32, dnnl_memory_desc_t)]) {
    var stream: dnnl_stream_t?
    PreparedConvolution.check(
      dnnl_stream_create(&stream, engine, dnnl_stream_default_flags.rawValue), "dnnl_stream_create")
    self.stream = stream
    self.arguments = arguments.map { argument, description in
      var description = description
      var memory: dnnl_memory_t?
      PreparedConvolution.check(dnnl_memory_create(&memory, &description, engine, nil), "dnnl_memory_create")
      return dnnl_exec_arg_t(arg: argument, memory: memory)
    }
  }

  /// Borrows the addresses, one an argument, for the duration of the call; further ones are left aside.
  func perform(_ primitive: dnnl_primitive_t?, with addresses: [UnsafeMutableRawPointer?]) {
    for (argument, address) in zip(arguments, addresses) {
      PreparedConvolution.check(
        dnnl_memory_set_data_handle(argument.memory, address), "dnnl_memory_set_data_handle")
    }
    // One thread a call: cores are used by workers above. OpenMP's own threads wait by spinning, which made a
    // training several times slower whenever the machine had anything else to do. The setting is the thread's.
    omp_set_num_threads(1)
    PreparedConvolution.check(
      dnnl_primitive_execute(primitive, stream, Int32(arguments.count), arguments), "dnnl_primitive_execute")
    PreparedConvolution.check(dnnl_stream_wait(stream), "dnnl_stream_wait")
  }

  deinit {
    for argument in arguments { dnnl_memory_destroy(argument.memory) }
    dnnl_stream_destroy(stream)
  }
}

/// A oneDNN engine, which oneDNN allows to be used from all threads.
private final class Handle: @unchecked Sendable {
  let pointer: dnnl_engine_t?
  init(_ pointer: dnnl_engine_t?) { self.pointer = pointer }
}

private func withDimensions(_ values: [Int], _ body: (UnsafePointer<dnnl_dim_t>) -> Void) {
  values.map { dnnl_dim_t($0) }.withUnsafeBufferPointer { buffer in
    if let base = buffer.baseAddress { body(base) }
  }
}

/// Strides, padding at the start, padding at the end (which oneDNN wants exactly as far as the last window).
private func withWindow(
  _ g: ConvolutionGeometry,
  _ body: (UnsafePointer<dnnl_dim_t>, UnsafePointer<dnnl_dim_t>, UnsafePointer<dnnl_dim_t>) -> Void
) {
  let endHeight = (g.outputHeight - 1) * g.stride + g.kernel - g.height - g.padding
  let endWidth = (g.outputWidth - 1) * g.stride + g.kernel - g.width - g.padding
  withDimensions([g.stride, g.stride]) { strides in
    withDimensions([g.padding, g.padding]) { start in
      withDimensions([endHeight, endWidth]) { end in body(strides, start, end) }
    }
  }
}
