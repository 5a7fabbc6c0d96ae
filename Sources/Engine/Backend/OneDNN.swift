import COneDNN
import Synchronization

/// Convolutions by oneDNN 2.6, the only file that knows it.
///
/// Images stay in the layout NHWC from layer to layer, which oneDNN serves at or near its best speed at all
/// the widths of this program; weights are reordered from whatever strided view they are into the layout that
/// the chosen kernel wants. Prepared kernels are kept, for preparing one costs far more than a small product.
enum OneDNN {
  static func convolve(_ call: ConvolutionCall<Float>) {
    run(call, bias: nil, epilogue: .none)
  }

  /// What happens to the output of a forward product before it is stored.
  struct Epilogue: Hashable {
    /// Adds what the output buffer already holds.
    var accumulates = false
    /// Takes the positive part at the end.
    var rectifies = false

    static var none: Epilogue { Epilogue() }
  }

  /// output = [rectified] (input * weight + bias [+ output])
  static func convolve(_ call: ConvolutionCall<Float>, bias: UnsafeMutablePointer<Float>, epilogue: Epilogue)
  {
    precondition(call.product == .forward, "only a forward product has an epilogue")
    run(call, bias: bias, epilogue: epilogue)
  }

  private static func run(
    _ call: ConvolutionCall<Float>, bias: UnsafeMutablePointer<Float>?, epilogue: Epilogue
  ) {
    let key = PreparedConvolution.Key(
      product: call.product, geometry: call.geometry, weightStrides: call.weightStrides, hasBias: bias != nil,
      epilogue: epilogue)
    // One thread a call: cores are used by workers above. OpenMP's own threads wait by spinning, which made a
    // training several times slower whenever the machine had anything else to do. The setting is the thread's.
    omp_set_num_threads(1)
    prepared(key).execute(call, bias: bias)
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
private final class PreparedConvolution: @unchecked Sendable {
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

  private let kernel: dnnl_primitive_t?
  private let reorder: dnnl_primitive_t?
  private let image: dnnl_memory_desc_t
  private let output: dnnl_memory_desc_t
  private let plainWeight: dnnl_memory_desc_t
  private let packedWeight: dnnl_memory_desc_t
  private let bias: dnnl_memory_desc_t
  private let scratchpad: dnnl_memory_desc_t

  init(_ key: Key) {
    let g = key.geometry
    let engine = Self.engine.pointer
    image = Self.describe(g.inputShape, order: [0, 3, 1, 2])
    output = Self.describe(g.outputShape, order: [0, 3, 1, 2])
    plainWeight = Self.describe(g.weightShape, strides: key.weightStrides)
    bias = Self.describe([g.outputChannels], strides: [1])
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
    var kernel: dnnl_primitive_t?
    Self.check(dnnl_primitive_create(&kernel, description), "dnnl_primitive_create")
    self.kernel = kernel

    var (from, to) = (plainWeight, packedWeight)
    if key.product == .weightGradient { swap(&from, &to) }
    guard dnnl_memory_desc_equal(&from, &to) == 0 else {
      reorder = nil
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
  }

  deinit {
    dnnl_primitive_destroy(kernel)
    dnnl_primitive_destroy(reorder)
  }

  func execute(_ call: ConvolutionCall<Float>, bias biasPointer: UnsafeMutablePointer<Float>?) {
    let run = Execution(engine: Self.engine.pointer)
    defer { run.finish() }
    let packedBytes = Self.size(packedWeight)
    let scratchBytes = Self.size(scratchpad)
    let packed = reorder == nil ? nil : BufferPool.take(bytes: packedBytes)
    let scratch = scratchBytes == 0 ? nil : BufferPool.take(bytes: scratchBytes)
    defer {
      if let packed { BufferPool.giveBack(packed, bytes: packedBytes) }
      if let scratch { BufferPool.giveBack(scratch, bytes: scratchBytes) }
    }

    let plain = run.memory(plainWeight, call.weight)
    let weight = packed.map { run.memory(packedWeight, $0) } ?? plain
    let source = run.memory(image, call.input)
    let destination = run.memory(output, call.output)
    let scratchMemory = run.memory(scratchpad, scratch)

    switch call.product {
    case .forward:
      if let reorder { run.perform(reorder, [(DNNL_ARG_FROM, plain), (DNNL_ARG_TO, weight)]) }
      var arguments = [
        (DNNL_ARG_SRC, source), (DNNL_ARG_WEIGHTS, weight), (DNNL_ARG_DST, destination),
        (DNNL_ARG_SCRATCHPAD, scratchMemory),
      ]
      if let biasPointer { arguments.append((DNNL_ARG_BIAS, run.memory(bias, biasPointer))) }
      run.perform(kernel, arguments)
    case .dataGradient:
      if let reorder { run.perform(reorder, [(DNNL_ARG_FROM, plain), (DNNL_ARG_TO, weight)]) }
      run.perform(
        kernel,
        [
          (DNNL_ARG_DIFF_SRC, source), (DNNL_ARG_WEIGHTS, weight), (DNNL_ARG_DIFF_DST, destination),
          (DNNL_ARG_SCRATCHPAD, scratchMemory),
        ])
    case .weightGradient:
      run.perform(
        kernel,
        [
          (DNNL_ARG_SRC, source), (DNNL_ARG_DIFF_WEIGHTS, weight), (DNNL_ARG_DIFF_DST, destination),
          (DNNL_ARG_SCRATCHPAD, scratchMemory),
        ])
      if let reorder { run.perform(reorder, [(DNNL_ARG_FROM, weight), (DNNL_ARG_TO, plain)]) }
    }
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

/// One run of a kernel: a stream and the memory objects that live for its duration.
private final class Execution {
  private let engine: dnnl_engine_t?
  private var stream: dnnl_stream_t?
  private var memories: [dnnl_memory_t?] = []

  init(engine: dnnl_engine_t?) {
    self.engine = engine
    PreparedConvolution.check(
      dnnl_stream_create(&stream, engine, dnnl_stream_default_flags.rawValue), "dnnl_stream_create")
    memories.reserveCapacity(6)
  }

  /// Borrows `pointer` for the duration of the run.
  func memory(_ description: dnnl_memory_desc_t, _ pointer: UnsafeMutableRawPointer?) -> dnnl_memory_t? {
    var description = description
    var memory: dnnl_memory_t?
    PreparedConvolution.check(
      dnnl_memory_create(&memory, &description, engine, pointer), "dnnl_memory_create")
    memories.append(memory)
    return memory
  }

  func perform(_ primitive: dnnl_primitive_t?, _ arguments: [(Int32, dnnl_memory_t?)]) {
    let list = arguments.map { dnnl_exec_arg_t(arg: $0.0, memory: $0.1) }
    PreparedConvolution.check(
      dnnl_primitive_execute(primitive, stream, Int32(list.count), list), "dnnl_primitive_execute")
  }

  func finish() {
    PreparedConvolution.check(dnnl_stream_wait(stream), "dnnl_stream_wait")
    for memory in memories { dnnl_memory_destroy(memory) }
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
